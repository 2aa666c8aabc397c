"""GraphQL over HTTP: limits, execution, and the shape of errors. https://docs.gitlab.com/api/graphql/#limits"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from service.sandbox.gitlab import graphql_files, work_item_changes, work_items
from service.sandbox.gitlab.call import Call
from service.sandbox.gitlab.graphql_schema import SDL

MAX_QUERY = 10_000
MAX_COMPLEXITY = 250


@cache
def schema() -> GraphQLSchema:
    return build_schema(SDL)


def answer(call: Call, query: str, variables: Mapping[str, Any], operation: str) -> dict[str, Any]:
    """`{"data": …}`, `{"errors": …}`, or both."""
    if len(query) > MAX_QUERY:
        return {"errors": [{"message": "Query too large"}]}
    try:
        document = parse(query)
    except GraphQLError as problem:
        return {"errors": [problem.formatted]}
    problems = validate(schema(), document)
    if problems:
        return {"errors": [problem.formatted for problem in problems]}
    score = complexity(document)
    if score > MAX_COMPLEXITY:
        words = f"Query has complexity of {score}, which exceeds max complexity of {MAX_COMPLEXITY}"
        return {"errors": [{"message": words}]}
    found = work_items.root(call) | work_item_changes.root(call) | graphql_files.root(call)
    found["queryComplexity"] = {"limit": MAX_COMPLEXITY, "score": score}
    result = execute_sync(schema(), document, found, variable_values=dict(variables), operation_name=operation or None)
    return dict(result.formatted)


def complexity(document: DocumentNode) -> int:
    """One for each field, fragments spread. GitLab's own sum also weighs connections by rules it does not publish."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    return sum(_weight(operation.selection_set, fragments) for operation in operations)


def _weight(selected: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    total = 0
    for node in selected.selections if selected else ():
        if isinstance(node, FragmentSpreadNode):
            total += _weight(fragments[node.name.value].selection_set, fragments)
        else:
            inner = getattr(node, "selection_set", None)
            total += isinstance(node, FieldNode) + _weight(inner, fragments)
    return total
