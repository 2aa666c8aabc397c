"""Connections: GitHub's pages by cursor, forwards and backwards."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from service.sandbox.github.graphql.nodes import Node, Refusal

Row = TypeVar("Row")


def connection(name: str, rows: Sequence[Row], shape: Callable[[Row], Node], page: dict[str, Any]) -> Node:
    """One page of a connection. Raises Refusal without `first` or `last`, or with one over 100."""
    first, last = page.get("first"), page.get("last")
    _check(name, first, last)
    start, end = 0, len(rows)
    if page.get("after"):
        start = _position(page["after"]) + 1
    if page.get("before"):
        end = min(end, _position(page["before"]))
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    shown = [(index, shape(row)) for index, row in enumerate(rows[start:end], start)]
    return {
        "nodes": [node for _, node in shown],
        "edges": [{"cursor": _cursor(index), "node": node} for index, node in shown],
        "totalCount": len(rows),
        "pageInfo": {
            "hasNextPage": end < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": _cursor(start) if shown else None,
            "endCursor": _cursor(end - 1) if shown else None,
        },
    }


def _check(name: str, first: int | None, last: int | None) -> None:
    if first is None and last is None:
        text = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise Refusal("MISSING_PAGINATION_BOUNDARIES", text)
    for size in (first, last):
        if size is not None and not 0 <= size <= 100:
            text = f"Requesting {size} records on the `{name}` connection exceeds the limit of 100 records."
            raise Refusal("EXCESSIVE_PAGINATION", text)


def _cursor(index: int) -> str:
    return base64.b64encode(f"cursor:v2:{index}".encode()).decode()


def _position(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("cursor:v2:"))
    except (binascii.Error, ValueError) as problem:
        raise Refusal("INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor.") from problem
