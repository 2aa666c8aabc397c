"""GitHub's GraphQL endpoint. Answers are 200 with `data` and `errors`, as GitHub gives them.

https://docs.github.com/graphql/guides/forming-calls-with-graphql
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify
from graphql import DocumentNode, GraphQLError, GraphQLSchema, build_schema, execute_sync, parse, validate

from service.sandbox.github.call import Call, Problem, current
from service.sandbox.github.graphql.acting import mutation_root
from service.sandbox.github.graphql.nodes import Refusal
from service.sandbox.github.graphql.reading import query_root
from service.sandbox.rows import Missing
from service.sandbox.world import World

FEATURES = ("sub_issues", "projects", "issue_fields")
_SDL = (Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8")
_UNKNOWN_FIELD = re.compile(r"Cannot query field '(?P<field>\w+)' on type '(?P<type>\w+)'")
_KINDS = {401: "FORBIDDEN", 403: "FORBIDDEN", 404: "NOT_FOUND", 410: "NOT_FOUND", 422: "UNPROCESSABLE"}


def blueprint(world: World) -> Blueprint:
    """`POST /graphql`; 404 on a server without GraphQL."""
    routes = Blueprint("graphql", __name__)

    @routes.post("/graphql")
    def answer() -> Response:
        call = current()
        if not world.features["github"].graphql:
            raise Problem(404, "Not Found")
        if call.caller.login is None:
            raise Problem(401, "This endpoint requires you to be authenticated.")
        asked = call.body()
        query, variables = asked.get("query"), asked.get("variables") or {}
        if not isinstance(query, str) or not isinstance(variables, dict):
            raise Problem(400, "A query attribute must be specified and must be a string.")
        return jsonify(run(call, query, variables, asked.get("operationName")))

    return routes


def run(call: Call, query: str, variables: dict[str, Any], operation: str | None) -> dict[str, Any]:
    """The whole answer. A document that does not parse or fit the schema has no `data` at all."""
    features = call.world.features["github"]
    known = schema(frozenset(name for name in FEATURES if getattr(features, name)))
    document, problems = _read(known, query)
    if document is None:
        return {"errors": [_told(problem) for problem in problems]}
    root = query_root(call) | mutation_root(call)
    result = execute_sync(known, document, root, call, variables, operation)
    data = {"data": result.data} if result.data is not None or not result.errors else {"data": None}
    return data | ({"errors": [_told(error) for error in result.errors]} if result.errors else {})


@lru_cache(maxsize=8)
def schema(features: frozenset[str]) -> GraphQLSchema:
    """The schema of a server with just these features."""
    off = tuple(f"# {name}" for name in FEATURES if name not in features)
    return build_schema("\n".join(line for line in _SDL.splitlines() if not line.endswith(off or ("\0",))))


@lru_cache(maxsize=256)
def _read(known: GraphQLSchema, query: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    try:
        document = parse(query)
    except GraphQLError as problem:
        return None, (problem,)
    problems = tuple(validate(known, document))
    return (None, problems) if problems else (document, ())


def _told(error: GraphQLError) -> dict[str, Any]:
    """An error as GitHub words it: `type` for refusals, `extensions.code` for documents that do not fit."""
    where = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    base = {"path": list(error.path or ()), "locations": where}
    cause = error.original_error
    if isinstance(cause, Refusal):
        return {"type": cause.kind, **base, "message": str(cause)}
    if isinstance(cause, Problem):
        return {"type": _KINDS.get(cause.status, "UNPROCESSABLE"), **base, "message": _sentence(cause)}
    if isinstance(cause, Missing):
        return {"type": "NOT_FOUND", **base, "message": str(cause)}
    if found := _UNKNOWN_FIELD.search(error.message):
        extensions = {"code": "undefinedField", "typeName": found["type"], "fieldName": found["field"]}
        message = f"Field '{found['field']}' doesn't exist on type '{found['type']}'"
        return {**base, "extensions": extensions, "message": message}
    return {**base, "message": error.message}


def _sentence(problem: Problem) -> str:
    details = [error["message"] for error in problem.errors if "message" in error]
    return "; ".join(details) or problem.message
