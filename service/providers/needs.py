"""What an account may need on a forge, as values: documents, the App manifest and checks are made from them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """One permission, under the forge's own name. `key` and `level` are those of an App's manifest, where there is one.

    `setup`: only `closeout setup` needs it, and a person's own token will do for that.
    """

    name: str
    level: str
    why: str
    key: str = ""
    setup: bool = False
