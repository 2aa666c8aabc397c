"""Checks exchanges against an OpenAPI 3.0 document, lazily: a schema is read when an exchange needs it.

Problems are sentences. Beyond the document's letter, a key that a schema does not list is a problem too where the
schema lists any: most published schemas forget `additionalProperties`, and a misspelt key would pass unseen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeAlias, cast
from urllib.parse import unquote, urlsplit

from jsonschema import Draft4Validator, FormatChecker
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT4

from tests.contracts.exchange import Exchange

Json: TypeAlias = Any
_HERE = "urn:openapi"
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One documented call: its path template, its pointer in the document and what that says."""

    method: str
    template: str
    pointer: str
    spec: Mapping[str, Json]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.template}"


class OpenApi:
    """A document, and the questions a contract test has for it."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        self._document = document
        registry: Registry[Json] = Registry().with_resource(_HERE, DRAFT4.create_resource(document))
        self._registry = registry

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The documented operation for a raw request path, and what its placeholders stand for."""
        for pattern, operation in self._patterns.get(method.lower(), ()):
            if found := pattern.fullmatch(path):
                names = re.findall(r"\{([^}]+)\}", operation.template)
                return operation, dict(zip(names, map(unquote, found.groups()), strict=True))
        return None

    def request_problems(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        """What is wrong with a request's query and body."""
        yield from self._query_problems(operation, exchange)
        if not exchange.request_body:
            body = self._resolved(operation.spec.get("requestBody", {}))
            if body.get("required") and exchange.method not in {"GET", "DELETE"}:
                yield "a body is required"
            return
        pointer = self._content_pointer(f"{operation.pointer}/requestBody")
        if pointer is None:
            if exchange.request_json not in ({}, None):
                yield "a body is sent where none is documented"
            return
        yield from self._value_problems(pointer, exchange.request_json, "body")

    def reply_problems(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        """What is wrong with a reply whose status the operation documents."""
        pointer = self._content_pointer(f"{operation.pointer}/responses/{exchange.status}")
        if pointer is None:
            if exchange.reply_body.strip() and exchange.status < 300:
                yield f"{exchange.status} is documented without a body"
            return
        if not exchange.reply_type.endswith("json"):
            yield f"the reply is {exchange.reply_type or 'of no type'}, not JSON"
            return
        yield from self._value_problems(pointer, exchange.reply_json, "reply")

    def documents_status(self, operation: Operation, status: int) -> bool:
        responses = operation.spec.get("responses", {})
        return str(status) in responses or "default" in responses

    def schema_problems(self, pointer: str, value: Json) -> Iterator[str]:
        """What is wrong with a value that should match the schema at a JSON pointer such as `/components/schemas/issue`."""
        yield from self._value_problems(pointer, value, "value")

    # --- parts ------------------------------------------------------------------------------------------------

    @cached_property
    def _patterns(self) -> Mapping[str, list[tuple[re.Pattern[str], Operation]]]:
        """By method; templates with fewer placeholders first, so that `/issues/comments` wins over `/issues/{n}`."""
        table: dict[str, list[tuple[re.Pattern[str], Operation]]] = {}
        for template, methods in sorted(self._document["paths"].items(), key=lambda row: row[0].count("{")):
            for method in _METHODS & methods.keys():
                pointer = f"/paths/{template.replace('~', '~0').replace('/', '~1')}/{method}"
                operation = Operation(method, template, pointer, methods[method])
                table.setdefault(method, []).append((self._pattern(operation), operation))
        return table

    def _pattern(self, operation: Operation) -> re.Pattern[str]:
        long = {p["name"] for p in self._parameters(operation) if p.get("x-multi-segment")}
        parts = re.split(r"\{([^}]+)\}", operation.template)
        texts = [
            re.escape(part) if i % 2 == 0 else ("(.+)" if part in long else "([^/]+)") for i, part in enumerate(parts)
        ]
        return re.compile("".join(texts))

    def _parameters(self, operation: Operation) -> list[Mapping[str, Json]]:
        return [self._resolved(parameter) for parameter in operation.spec.get("parameters", ())]

    def _query_problems(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        known = {p["name"].removesuffix("[]"): p for p in self._parameters(operation) if p["in"] == "query"}
        for name, values in exchange.query.items():
            parameter = known.get(name.removesuffix("[]"))
            if parameter is None:
                yield f"query: {name!r} is not documented"
                continue
            value = _from_query(values, self._resolved(parameter["schema"]))
            yield from _messages(self._validator(parameter["schema"]), value, f"query {name}")
        yield from (
            f"query: {name!r} is required"
            for name, p in known.items()
            if p.get("required") and name not in exchange.query
        )

    def _content_pointer(self, pointer: str) -> str | None:
        """Where the JSON schema of a request body or response is; None where it documents no JSON."""
        at = self._at(pointer)
        if at is None:
            return None
        while "$ref" in at:
            pointer = at["$ref"].removeprefix("#")
            at = self._at(pointer) or {}
        kind = next((kind for kind in at.get("content", {}) if kind.endswith("json")), None)
        if kind is None or "schema" not in at["content"][kind]:
            return None
        return f"{pointer}/content/{kind.replace('/', '~1')}/schema"

    def _at(self, pointer: str) -> Mapping[str, Json] | None:
        node: Json = self._document
        for part in pointer.strip("/").split("/"):
            node = node.get(part.replace("~1", "/").replace("~0", "~"))
            if node is None:
                return None
        return cast("Mapping[str, Json]", node)

    def _resolved(self, node: Mapping[str, Json]) -> Mapping[str, Json]:
        while "$ref" in node:
            node = self._at(node["$ref"].removeprefix("#")) or {}
        return node

    def _validator(self, schema: Mapping[str, Json]) -> Validator:
        return cast("Validator", _OAS30(_absolute(schema), registry=self._registry, format_checker=_FORMATS))

    def _value_problems(self, pointer: str, value: Json, what: str) -> Iterator[str]:
        yield from _messages(self._validator({"$ref": f"#{pointer}"}), value, what)
        yield from self._unknown_keys({"$ref": f"#{pointer}"}, value, what)

    def _unknown_keys(self, schema: Mapping[str, Json], value: Json, what: str) -> Iterator[str]:
        """Keys of an object, or of the objects in an array, that no branch of the schema lists."""
        if isinstance(value, list):
            items = [branch["items"] for branch in self._branches(schema) if "items" in branch]
            for row in value if len(items) == 1 else ():
                yield from self._unknown_keys(items[0], row, f"{what}[]")
            return
        if not isinstance(value, dict):
            return
        branches = list(self._branches(schema))
        if any(branch.get("additionalProperties") not in (None, False) for branch in branches):
            return
        listed = {name for branch in branches for name in branch.get("properties", {})}
        if listed:
            yield from (f"{what}: {name!r} is not documented" for name in sorted(value.keys() - listed))

    def _branches(self, schema: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
        schema = self._resolved(schema)
        yield schema
        for keyword in ("allOf", "anyOf", "oneOf"):
            for branch in schema.get(keyword, ()):
                yield from self._branches(branch)


# --- OpenAPI 3.0's dialect of JSON Schema ---------------------------------------------------------------------

_Check: TypeAlias = Callable[[Validator, Json, Json, Mapping[str, Json]], Iterator[Any] | None]


def _nullable(keyword: str) -> _Check:
    """The keyword's own check, passed by null where the schema says `nullable: true`."""
    check = Draft4Validator.VALIDATORS[keyword]

    def checked(validator: Validator, value: Json, instance: Json, schema: Mapping[str, Json]) -> Iterator[Any]:
        if instance is None and schema.get("nullable"):
            return
        yield from check(validator, value, instance, schema) or ()

    return checked


_FORMATS = FormatChecker(formats=())
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@_FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(_RFC3339.fullmatch(value)) and datetime.fromisoformat(value).tzinfo is not None


@_FORMATS.checks("uri", raises=ValueError)
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


_KEYWORDS = {keyword: _nullable(keyword) for keyword in ("type", "enum", "allOf", "anyOf", "oneOf")}
_OAS30 = extend(Draft4Validator, _KEYWORDS)  # type: ignore[no-untyped-call]  # jsonschema leaves it untyped


def _absolute(schema: Json) -> Json:
    """The schema with its references pointing into the registered document."""
    if isinstance(schema, dict):
        return {
            key: f"{_HERE}{value}" if key == "$ref" and str(value).startswith("#") else _absolute(value)
            for key, value in schema.items()
        }
    return [_absolute(row) for row in schema] if isinstance(schema, list) else schema


def _messages(validator: Validator, value: Json, what: str) -> Iterator[str]:
    for error in validator.iter_errors(value):
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
        yield f"{what}{where}: {error.message[:300]}"


def _from_query(values: tuple[str, ...], schema: Mapping[str, Json]) -> Json:
    """A query's text as the type its schema asks for."""
    text = values[-1]
    match schema.get("type"):
        case "array":
            return list(values) if len(values) > 1 else text.split(",")
        case "integer" if re.fullmatch(r"-?\d+", text):
            return int(text)
        case "boolean" if text in {"true", "false"}:
            return text == "true"
        case _:
            return text
