"""The words of messages, as an installation may choose them: a template for each kind, in CLOSEOUT_CONFIG's file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict

from service.settings.values import RouteKind, Wording

_WHOLE = ("heading", "text")
_OF_AN_ISSUE = (
    *("opening", "points", "facts", "url"),
    *("title", "issue", "project", "severity", "owners", "teams", "told", "due"),
)
_NAMED = re.compile(r"\{(\w*)\}")


class WordingEntry(BaseModel):
    """A template as it is written; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    title: str = "{heading}"
    text: str = "{text}"


def placeholders(kind: RouteKind) -> tuple[str, ...]:
    """What `{…}` may stand in the templates of this kind: the usual words, and of an issue its parts."""
    return _WHOLE if kind in {"audit", "weekly"} else (*_WHOLE, *_OF_AN_ISSUE)


def messages_of(entries: Mapping[RouteKind, WordingEntry], where: str, problems: list[str]) -> dict[str, Wording]:
    """Adds a sentence to `problems` for each placeholder that there is not."""
    for kind, entry in entries.items():
        for part in ("title", "text"):
            problems += _unknown(getattr(entry, part), kind, f"{where}.{kind}.{part}")
    return {kind: Wording(title=entry.title, text=entry.text) for kind, entry in entries.items()}


def _unknown(template: str, kind: RouteKind, where: str) -> Iterator[str]:
    known = placeholders(kind)
    for name in dict.fromkeys(_NAMED.findall(template)):
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            meant = f"did you mean {{{close[0]}}}?" if close else f"there are: {', '.join(known)}"
            yield f"{where}: unknown placeholder {{{name}}} ({meant})"
