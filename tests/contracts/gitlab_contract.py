"""Is this a request GitLab documents, and is this a reply GitLab would send?

Answers are lists of sentences; an empty list means nothing is wrong. The data, its source and the relaxations are
described in `tests/contracts/gitlab/README.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from jsonschema import Draft202012Validator, ValidationError

from tests.contracts.gitlab_schemas import FORMATS, document, reply_schema, request_schema

PAGING = frozenset({"page", "per_page", "pagination", "cursor", "id_after"})
FILE = "/api/v4/projects/{id}/repository/files/{file_path}"
NOTES = "/api/v4/projects/{id}/issues/{noteable_id}/notes"
LISTS = "/api/v4/projects/{id}/boards/{board_id}/lists"
ONE_OBJECT = ("/user", "/metadata", "/version", "/self", "/raw")
# Documented by GitLab, but absent from the machine-readable source.
UNDESCRIBED = re.compile(
    r"(GET /api/v4/users/\d+|(GET|POST) .*/discussions|GET .*/issues_statistics|POST /api/v4/markdown)"
)
COERCED = {"integer": r"-?\d+", "boolean": r"true|false|1|0|t|f|yes|no|on|off", "number": r"-?\d+(\.\d+)?"}


class Operation(NamedTuple):
    method: str
    template: str
    values: dict[str, str]
    declared: dict[str, Any]


def check_request(method: str, path: str, query: Mapping[str, object], json_body: object) -> list[str]:
    """`path` as sent, percent-encoded, with anything before `/api/v4`; `query` holds strings or lists of strings."""
    if UNDESCRIBED.fullmatch(f"{method.upper()} {_api_path(path)}"):
        return []
    operation = _find(method, path)
    if operation is None:
        return [f"GitLab documents no {method.upper()} {_api_path(path)}."]
    return [
        *_path_problems(operation),
        *_query_problems(operation, query),
        *_body_problems(operation, json_body),
    ]


def check_reply(method: str, path: str, status: int, body: object) -> list[str]:
    """`body` is the parsed JSON, or the text where the reply is not JSON; None or "" for an empty one."""
    operation = _find(method, path)
    if operation is None or UNDESCRIBED.fullmatch(f"{method.upper()} {_api_path(path)}"):
        return []
    if 300 <= status < 400:
        return []  # a project that moved
    if status >= 400:
        return _error_problems(body)
    if status not in _successes(operation):
        return [f"{operation.method} {operation.template} does not answer {status}."]
    if status in {202, 204}:
        return [f"{status} has no entity, but got {body!r}."] if status == 204 and body else []
    return _entity_problems(operation, status, body)


def _api_path(path: str) -> str:
    return path[path.find("/api/v4") :].split("?", maxsplit=1)[0].rstrip("/")


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    """Literal segments win over parameters: `members/all` before `members/{user_id}`."""
    templates = sorted(document()["paths"], key=lambda t: (t.count("{"), t))
    return [(re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", t)), t) for t in templates]


def _find(method: str, path: str) -> Operation | None:
    for pattern, template in _templates():
        found = pattern.fullmatch(_api_path(path))
        declared = document()["paths"][template].get(method.lower())
        if found and declared:
            return Operation(method.upper(), template, {k: unquote(v) for k, v in found.groupdict().items()}, declared)
    return None


def _path_problems(operation: Operation) -> Iterator[str]:
    for parameter in operation.declared.get("parameters", ()):
        if parameter["in"] == "path":
            value = operation.values[parameter["name"]]
            yield from (f"path {parameter['name']}: {p}" for p in _text_problems(parameter["schema"], value))


def _query_problems(operation: Operation, query: Mapping[str, object]) -> Iterator[str]:
    declared = {p["name"]: p for p in operation.declared.get("parameters", ()) if p["in"] == "query"}
    sent = {name.removesuffix("[]"): value for name, value in query.items()}
    for name, value in sent.items():
        if name not in declared and not (name in PAGING and _answers_list(operation)):
            yield f"query {name}: {operation.method} {operation.template} has no such parameter."
        schema = declared[name]["schema"] if name in declared else {}
        yield from (f"query {name}: {p}" for p in _text_problems(schema, value))
    if str(sent.get("per_page", "1")).isdigit() and int(str(sent.get("per_page", "1"))) > 100:
        yield "query per_page: at most 100 are given, more is cut silently."
    yield from (f"query {n}: is required." for n, p in declared.items() if p["required"] and n not in sent)


def _text_problems(schema: Mapping[str, Any], value: object) -> Iterator[str]:
    """Query and path values are text; what their declared type coerces is fine."""
    if "oneOf" in schema:
        if all(list(_text_problems(s, value)) for s in schema["oneOf"]):
            yield f"{value!r} is none of the allowed kinds."
        return
    if schema.get("type") == "array":
        many = value if isinstance(value, list) else str(value).split(",")
        for item in many:
            yield from _text_problems(schema.get("items", {}), item)
        return
    pattern = COERCED.get(schema.get("type", ""))
    if pattern and not re.fullmatch(pattern, str(value), re.IGNORECASE):
        yield f"{value!r} is not {'an integer' if schema['type'] == 'integer' else 'a ' + schema['type']}."
    elif "enum" in schema and str(value) not in map(str, schema["enum"]):
        yield f"{value!r} is not one of {', '.join(map(repr, schema['enum']))}."
    elif not FORMATS.conforms(value, schema.get("format", "")):
        yield f"{value!r} is not a {schema['format']}."


def _body_problems(operation: Operation, body: object) -> Iterator[str]:
    schema = request_schema(operation.declared, is_file=operation.template == FILE)
    if schema is None:
        if body:
            yield f"{operation.method} {operation.template} takes no body."
        return
    yield from _problems(schema, {} if body is None else body)
    fields = body if isinstance(body, dict) else {}
    if operation.method == "PUT" and not fields:
        yield f"{operation.method} {operation.template} needs at least one field."
    owners = fields.keys() & {"label_id", "milestone_id", "iteration_id", "assignee_id"}
    if operation.method == "POST" and operation.template == LISTS and len(owners) != 1:
        yield "a board list is for exactly one of label_id, milestone_id, iteration_id, assignee_id."


def _entity_problems(operation: Operation, status: int, body: object) -> list[str]:
    schema = reply_schema(operation.declared, status)
    if schema is None or operation.template.endswith("/raw"):
        return []
    if not _answers_list(operation) or operation.method != "GET":
        return _problems(schema, body)
    if not isinstance(body, list):
        return [f"{operation.template} answers a list, but got {type(body).__name__}."]
    is_list = schema.get("type") == ["array", "null"]
    item = {**schema["items"], "components": schema["components"]} if is_list else schema
    return [f"[{n}] {p}" for n, row in enumerate(body) for p in _problems(item, row)]


def _answers_list(operation: Operation) -> bool:
    return operation.method == "GET" and not operation.template.endswith(("}", *ONE_OBJECT))


def _successes(operation: Operation) -> set[int]:
    declared = {int(s) for s in operation.declared["responses"] if s.startswith("2")}
    if operation.method == "DELETE":
        return declared | {204}
    return declared | {202} if (operation.method, operation.template) == ("POST", NOTES) else declared


def _error_problems(body: object) -> list[str]:
    if isinstance(body, str) or (isinstance(body, dict) and body.keys() & {"message", "error"}):
        return []
    return [f"an error says `message` or `error`, or is plain text, but got {body!r}."]


def _problems(schema: Mapping[str, Any], value: object) -> list[str]:
    validator = Draft202012Validator(schema, format_checker=FORMATS)
    errors: list[ValidationError] = sorted(validator.iter_errors(value), key=lambda e: e.json_path)
    return [f"{e.json_path}: {e.message}" for e in errors]
