"""A read replica that lags behind: what is read there is as old as the world was before the last write."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from flask import Request

if TYPE_CHECKING:
    from service.sandbox.world import World

Rows: TypeAlias = dict[str, Any]
_LASTING = frozenset({"lock", "clock", "courier", "url", "_seed"})  # no rows; the same through all states


def rows_of(world: World) -> Rows:
    """All that the world holds now, for itself. Guard it, and what is done with it, with the world's lock."""
    return copy.deepcopy({name: value for name, value in vars(world).items() if name not in _LASTING})


@contextmanager
def showing(world: World, rows: Rows) -> Iterator[None]:
    """Inside, the world is as these rows say."""
    now = dict(vars(world))
    vars(world).update(rows)
    try:
        yield
    finally:
        vars(world).update(now)


def writes(request: Request) -> bool:
    """A POST to GraphQL writes where its document is a mutation."""
    if request.method in ("GET", "HEAD") or not request.path.endswith("/graphql"):
        return request.method not in ("GET", "HEAD")
    asked = request.get_json(silent=True)
    return isinstance(asked, dict) and str(asked.get("query", "")).lstrip().startswith("mutation")
