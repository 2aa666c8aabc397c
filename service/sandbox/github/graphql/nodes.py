"""What a node is here: a mapping from field names to values, or to functions that GraphQL calls for them."""

from __future__ import annotations

from typing import Any, TypeAlias

Node: TypeAlias = dict[str, Any]


class Refusal(Exception):
    """An error under `errors`, with GitHub's `type`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
