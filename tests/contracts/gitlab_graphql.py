"""GitLab's GraphQL, as far as it is known: documents are held against `gitlab/workitem-subset.graphql`.

GitLab publishes no schema file of its current release, so the subset is put together from an older published one and
from clients in use; the file says which fact comes from where.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_schema, get_operation_ast, parse, validate
from graphql.execution.values import get_variable_values

from tests.contracts.exchange import Exchange

SUBSET = Path(__file__).parent / "gitlab" / "workitem-subset.graphql"
MAX_QUERY = 10_000  # characters: https://docs.gitlab.com/api/graphql/#limits


@cache
def schema() -> GraphQLSchema:
    return build_schema(SUBSET.read_text(encoding="utf-8"))


def check_document(document: str, variables: Mapping[str, Any] | None = None) -> list[str]:
    """What is wrong with a document, and with its variables' values where they are given."""
    try:
        parsed = parse(document)
    except GraphQLError as error:
        return [error.message]
    problems = [error.message for error in validate(schema(), parsed)]
    if len(document) > MAX_QUERY:
        problems.append(f"the query has {len(document)} characters, more than GitLab's {MAX_QUERY}")
    operation = get_operation_ast(parsed)
    if problems or variables is None or operation is None:
        return problems
    coerced = get_variable_values(schema(), operation.variable_definitions or (), dict(variables))
    return [error.message for error in coerced] if isinstance(coerced, list) else []


def check(exchange: Exchange) -> Iterator[str]:
    """What is wrong with an exchange of the GraphQL API."""
    try:
        sent, got = exchange.request_json, exchange.reply_json
    except ValueError as error:
        yield f"not JSON: {error}"
        return
    yield from check_document(sent["query"], sent.get("variables") or {})
    if exchange.status == 200 and not {"data", "errors"} & got.keys():
        yield "the reply has neither data nor errors"
