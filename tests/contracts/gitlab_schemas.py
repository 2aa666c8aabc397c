"""GitLab's declared schemas turned into JSON Schema, with the relaxations of `tests/contracts/gitlab/README.md`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import FormatChecker

Schema = dict[str, Any]

PLURALS = frozenset(
    {
        "assignees",
        "reviewers",
        "suggestions",
        "identities",
        "scim_identities",
        "shared_projects",
        "projects",
        "custom_attributes",
    }
)
COMMA_LISTS = frozenset({"labels", "add_labels", "remove_labels"})
DATES = frozenset({"due_date", "start_date"})  # plain strings in the source, YYYY-MM-DD in its prose
NULLABLE_KEYWORDS = frozenset({"type", "enum", "format"})
FORMATS = FormatChecker(formats=())
# GitLab's other document, openapi_v2.yaml, describes the JSON body of a file commit.
FILE_COMMIT: Schema = {
    "type": "object",
    "required": ["branch", "commit_message", "content"],
    "additionalProperties": False,
    "properties": {
        **{n: {"type": "string"} for n in ("branch", "commit_message", "content", "author_email", "author_name")},
        **{n: {"type": "string"} for n in ("start_branch", "last_commit_id", "file_path")},
        "encoding": {"enum": ["text", "base64"]},
        "execute_filemode": {"type": "boolean"},
    },
}


@FORMATS.checks("date")
def is_date(value: object) -> bool:
    """An empty string clears a date."""
    return value == "" or not isinstance(value, str) or _parses(date.fromisoformat, value, r"\d{4}-\d\d-\d\d")


@FORMATS.checks("date-time")
def is_time(value: object) -> bool:
    return not isinstance(value, str) or _parses(
        datetime.fromisoformat, value, r"\d{4}-\d\d-\d\d[T ].*(Z|[+-]\d\d:?\d\d)"
    )


def _parses(read: Any, value: str, pattern: str) -> bool:
    try:
        return bool(re.fullmatch(pattern, value) and read(value))
    except ValueError:
        return False


@cache
def document() -> Schema:
    read: Schema = json.loads((Path(__file__).parent / "gitlab" / "operations.json").read_text(encoding="utf-8"))
    return read


def request_schema(declared: Mapping[str, Any], *, is_file: bool) -> Schema | None:
    """The body's schema, or None for an operation that takes none."""
    if "requestBody" not in declared:
        return None
    if is_file:
        return FILE_COMMIT
    return _rooted(_media(declared["requestBody"]), "request")


def reply_schema(declared: Mapping[str, Any], status: int) -> Schema | None:
    """The entity's schema, or None where the source declares none."""
    response = declared["responses"].get(str(status), {})
    return _rooted(_media(response), "reply") if response.get("content") else None


def _media(part: Mapping[str, Any]) -> Schema:
    schema: Schema = next(iter(part["content"].values()))["schema"]
    return schema


def _rooted(schema: Schema, side: str) -> Schema:
    relaxed = _reply(schema) if side == "reply" else _request(schema)
    return {**relaxed, "components": {"schemas": _components(side)}}


@cache
def _components(side: str) -> Schema:
    relax = _reply if side == "reply" else _request
    return {name: relax(schema) for name, schema in document()["components"]["schemas"].items()}


def _reply(schema: Schema, name: str = "") -> Schema:
    if "$ref" in schema:
        one: Schema = {"if": {"type": "null"}, "else": {"$ref": schema["$ref"]}}
        return {"type": ["array", "null"], "items": one} if name in PLURALS | {"labels"} else one
    if name == "labels":  # names, or objects where `with_labels_details` asks for them
        return {"type": ["array", "null"], "items": {"type": ["string", "object"]}}
    if name == "expires_at":  # a day, whatever the source says
        return {"type": ["string", "null"]}
    relaxed = {k: v for k, v in schema.items() if k not in NULLABLE_KEYWORDS}
    if "properties" in schema:
        relaxed["properties"] = {n: _reply(s, n) for n, s in schema["properties"].items()}
        relaxed["additionalProperties"] = False
    if "items" in schema:
        relaxed["items"] = _reply(schema["items"])
    if "enum" in schema:
        relaxed["enum"] = [*schema["enum"], None]
    return relaxed | _reply_type(schema)


def _reply_type(schema: Schema) -> Schema:
    kind = schema.get("type")
    if kind == "string" and "enum" not in schema and "format" not in schema:
        return {"type": ["string", "number", "boolean", "null"]}
    typed: Schema = {"type": [kind, "null"]} if kind else {}
    return typed | ({"format": schema["format"]} if "format" in schema else {})


def _request(schema: Schema, name: str = "", *, required: bool = False) -> Schema:
    if "$ref" in schema:
        return schema
    relaxed = {k: v for k, v in schema.items() if k not in {"nullable", "type"}}
    if "properties" in schema:
        needed = schema.get("required", ())
        relaxed["properties"] = {n: _request(s, n, required=n in needed) for n, s in schema["properties"].items()}
        relaxed["additionalProperties"] = False
    for key in ("oneOf", "anyOf"):
        if key in schema:
            relaxed[key] = [_request(s) for s in schema[key]]
    if "items" in schema:
        relaxed["items"] = _request(schema["items"])
    if schema.get("nullable") and "enum" in schema and not required:
        relaxed["enum"] = [*schema["enum"], None]
    if name in DATES:
        relaxed["format"] = "date"
    kinds = _request_kinds(schema, name, required=required)
    return relaxed | ({"type": kinds} if kinds else {})


def _request_kinds(schema: Schema, name: str, *, required: bool) -> list[str]:
    kinds = [schema["type"]] if "type" in schema else []
    if name in COMMA_LISTS or (schema.get("type") == "array" and not required):
        kinds.append("string")
    return [*kinds, "null"] if kinds and schema.get("nullable") and not required else kinds
