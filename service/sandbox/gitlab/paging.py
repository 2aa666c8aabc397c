"""Offset and keyset pagination with GitLab's headers. https://docs.gitlab.com/api/rest/#pagination"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from service.sandbox.gitlab.call import Call, Problem, Reply, bad_parameter

Row = TypeVar("Row")

MAX_PER_PAGE = 100
MAX_OFFSET = 50_000
MAX_COUNTED = 10_000


def page(call: Call, rows: Sequence[Row], shape: Callable[[Row], Any], *, most: int = MAX_PER_PAGE) -> Reply:
    """The page asked for. `X-Total` and `X-Total-Pages` are left out past 10,000 rows."""
    if call.text("pagination") == "keyset":
        raise Problem(405, {"error": "Keyset pagination is not yet available for this type of request"})
    number, size = max(1, call.number("page", 1)), _size(call, most)
    if (number - 1) * size > MAX_OFFSET:
        raise Problem(405, {"error": f"Offset pagination has a maximum allowed offset of {MAX_OFFSET} for requests"})
    pages = max(1, -(-len(rows) // size))
    links = {"first": 1, "last": pages, "prev": number - 1, "next": number + 1}
    shown = {rel: n for rel, n in links.items() if 1 <= n <= pages}
    headers = {
        "Link": ", ".join(f'<{_link(call, page=n, per_page=size)}>; rel="{rel}"' for rel, n in shown.items()),
        "X-Page": str(number),
        "X-Per-Page": str(size),
        "X-Next-Page": str(shown.get("next", "")),
        "X-Prev-Page": str(shown.get("prev", "")),
    }
    if len(rows) <= MAX_COUNTED:
        headers |= {"X-Total": str(len(rows)), "X-Total-Pages": str(pages)}
    return Reply([shape(row) for row in rows[(number - 1) * size : number * size]], headers=headers)


def keyset(call: Call, rows: Sequence[Row], shape: Callable[[Row], Any], key: Callable[[Row], list[Any]]) -> Reply:
    """Rows after the cursor. `rows` are sorted; `key` tells where a row stands and is what a cursor holds."""
    size, after = _size(call, MAX_PER_PAGE), call.text("cursor")
    start = _position(rows, key, after) if after else 0
    shown = rows[start : start + size]
    more = len(rows) > start + size
    cursor = _encode(key(shown[-1])) if shown and more else ""
    headers = {"X-Per-Page": str(size), "X-Next-Cursor": cursor}
    if cursor:
        headers["Link"] = f'<{_link(call, cursor=cursor, per_page=size)}>; rel="next"'
    return Reply([shape(row) for row in shown], headers=headers)


def _size(call: Call, most: int) -> int:
    return min(most, max(1, call.number("per_page", 20)))


def _link(call: Call, **changed: object) -> str:
    query = {name: value for name, value in call.params.items() if name not in {"page", "private_token"}}
    return f"{call.url}?{urlencode(query | changed, doseq=True)}"


def _encode(key: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _position(rows: Sequence[Row], key: Callable[[Row], list[Any]], cursor: str) -> int:
    """Just past the cursor's row; rows that moved away since are found by their id, the key's last part."""
    try:
        wanted = json.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError):
        raise bad_parameter("cursor is invalid") from None
    keys = [key(row) for row in rows]
    if wanted in keys:
        return keys.index(wanted) + 1
    descending = len(keys) > 1 and keys[0] > keys[-1]
    return sum((k > wanted) if descending else (k < wanted) for k in keys)
