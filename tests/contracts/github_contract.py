"""GitHub's own word on its API: every request and reply is held against its OpenAPI document, and every GraphQL
document against its public schema, both from npm and written by nobody here.

Answers are lists of sentences; an empty list means nothing is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    extend_schema,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from tests.contracts.exchange import Exchange
from tests.contracts.openapi30 import OpenApi, Operation
from tests.external import packages

REST = "/api/v3"
GRAPHQL = "/api/graphql"

# Statuses that GitHub answers on any call, whatever the document lists for it: refused or missing credentials, rate
# limits, trouble on its side (https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api), and
# redirects (https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects).
ANYWHERE = frozenset({301, 302, 307, 401, 403, 404, 429, 500, 502, 503, 504})

# Fields that GitHub documents and that the npm schema, older than the REST document, does not have yet.
# https://docs.github.com/graphql/reference/objects#issue
NEWER = """
extend type Issue { issueFieldValues(after: String, before: String, first: Int, last: Int): IssueFieldValueConnection }
type IssueFieldValueConnection { nodes: [IssueFieldValue] totalCount: Int! }
union IssueFieldValue = IssueFieldDateValue | IssueFieldSingleSelectValue | IssueFieldTextValue
interface IssueFieldCommon { name: String! }
type IssueFieldDate implements IssueFieldCommon { id: ID! name: String! fullDatabaseId: BigInt }
type IssueFieldSingleSelect implements IssueFieldCommon { id: ID! name: String! fullDatabaseId: BigInt }
type IssueFieldText implements IssueFieldCommon { id: ID! name: String! fullDatabaseId: BigInt }
union IssueFields = IssueFieldDate | IssueFieldSingleSelect | IssueFieldText
type IssueFieldDateValue { id: ID! value: String! field: IssueFields }
type IssueFieldSingleSelectValue { id: ID! value: String! field: IssueFields }
type IssueFieldTextValue { id: ID! value: String! field: IssueFields }
"""


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A mismatch that is the document's fault, with the reason to believe so."""

    operation: str
    problem: str  # a regular expression that the whole sentence matches
    reason: str


FALSE_ALARMS = (
    FalseAlarm(
        "(POST|PUT) /repos/{owner}/{repo}/issues/{issue_number}/labels",
        r"body: \[.*\] is not valid under any of the given schemas",
        "the description of `labels` permits a bare array, which PyGithub sends and GitHub takes; the schema forgot it",
    ),
)


def check(exchange: Exchange) -> list[str]:
    """What is wrong with an exchange of the REST or the GraphQL API; its path ends in the API's own path."""
    if GRAPHQL in exchange.path:
        return [f"{exchange}: {problem}" for problem in _graphql_problems(exchange)]
    return [*check_request(exchange), *check_reply(exchange)]


def check_request(exchange: Exchange) -> list[str]:
    """What is wrong with a REST request."""
    found = openapi().find(exchange.method, _rest_path(exchange))
    if found is None:
        return [f"{exchange}: GitHub documents no such call"]
    operation, _ = found
    try:
        problems = list(openapi().request_problems(operation, exchange))
    except ValueError as error:
        problems = [f"the body is not JSON: {error}"]
    return _told(exchange, operation, problems)


def check_reply(exchange: Exchange) -> list[str]:
    """What is wrong with a REST reply; nothing is said of a reply to a call that is not documented."""
    found = openapi().find(exchange.method, _rest_path(exchange))
    if found is None:
        return []
    operation, _ = found
    try:
        problems = list(_reply_problems(operation, exchange))
    except ValueError as error:
        problems = [f"the reply is not JSON: {error}"]
    return _told(exchange, operation, problems)


def check_graphql(document: str, variables: Mapping[str, Any] | None = None) -> list[str]:
    """What is wrong with a GraphQL document, and with the values of its variables where they are given."""
    problems, operation = _read_document(document)
    if problems or variables is None or operation is None:
        return list(problems)
    return list(_variable_problems(operation, dict(variables)))


@lru_cache(maxsize=500)
def _read_document(document: str) -> tuple[tuple[str, ...], OperationDefinitionNode | None]:
    """The same few documents are sent again and again."""
    try:
        parsed = parse(document)
    except GraphQLError as error:
        return (error.message,), None
    return tuple(error.message for error in validate(schema(), parsed)), get_operation_ast(parsed)


def check_webhook(event: str, payload: Mapping[str, Any]) -> list[str]:
    """What is wrong with the body of a webhook, by GitHub's own description of the event."""
    name = "-".join(part.replace("_", "-") for part in (event, payload.get("action")) if part)
    pointer = f"/x-webhooks/{name}/post/requestBody/content/application~1json/schema"
    if name not in document()["x-webhooks"]:
        return [f"GitHub documents no webhook {name}"]
    return [f"{name}: {problem}" for problem in openapi().schema_problems(pointer, payload)]


# --- the published material, read once a test run -------------------------------------------------------------


@cache
def document() -> Mapping[str, Any]:
    found: Mapping[str, Any] = packages.json_file("@octokit/openapi", "generated", "api.github.com.json")
    return found


@cache
def openapi() -> OpenApi:
    return OpenApi(document())


@cache
def published_schema() -> GraphQLSchema:
    """The schema as published. Validating it takes long and is not ours to do."""
    return build_schema(packages.file("@octokit/graphql-schema", "schema.graphql").read_text(), assume_valid=True)


@cache
def schema() -> GraphQLSchema:
    """The published schema with the newer fields that GitHub documents."""
    return extend_schema(published_schema(), parse(NEWER), assume_valid=True)


# --- parts ----------------------------------------------------------------------------------------------------


def _rest_path(exchange: Exchange) -> str:
    _, found, path = exchange.path.partition(REST)
    return path if found else exchange.path


def _reply_problems(operation: Operation, exchange: Exchange) -> Iterator[str]:
    if openapi().documents_status(operation, exchange.status):
        if not _is_raw(exchange):
            yield from openapi().reply_problems(operation, exchange)
        return
    if _is_unchanged(exchange):
        return
    if exchange.status not in ANYWHERE:
        yield f"the status {exchange.status} is not documented"
        return
    if exchange.reply_body:
        yield from openapi().schema_problems("/components/schemas/basic-error", exchange.reply_json)


def _is_unchanged(exchange: Exchange) -> bool:
    """Every read may be conditional: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api"""
    is_asked = exchange.method == "GET" and "if-none-match" in exchange.request_headers
    return is_asked and exchange.status == 304


def _is_raw(exchange: Exchange) -> bool:
    """Whether the request asked for a file's own bytes, which no schema describes."""
    return exchange.status == 200 and "raw" in exchange.request_headers.get("accept", "")


def _told(exchange: Exchange, operation: Operation, problems: list[str]) -> list[str]:
    return [f"{exchange}: {problem}" for problem in problems if not _is_false_alarm(operation, problem)]


def _is_false_alarm(operation: Operation, problem: str) -> bool:
    return any(
        re.fullmatch(alarm.operation.replace("{", r"\{"), str(operation)) and re.fullmatch(alarm.problem, problem)
        for alarm in FALSE_ALARMS
    )


def _graphql_problems(exchange: Exchange) -> list[str]:
    try:
        sent, got = exchange.request_json, exchange.reply_json
    except ValueError as error:
        return [f"not JSON: {error}"]
    problems = check_graphql(sent["query"], sent.get("variables") or {})
    if exchange.status == 200 and not {"data", "errors"} & got.keys():
        problems.append("the reply has neither data nor errors")
    return problems


def _variable_problems(operation: OperationDefinitionNode, values: dict[str, Any]) -> Iterator[str]:
    coerced = get_variable_values(schema(), operation.variable_definitions or (), values)
    if isinstance(coerced, list):
        yield from (error.message for error in coerced)
    declared = {definition.variable.name.value for definition in operation.variable_definitions or ()}
    yield from (f"the variable ${name} is not declared" for name in sorted(values.keys() - declared))
