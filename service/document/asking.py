"""What a document asks a provider to look up."""

from __future__ import annotations

from datetime import date

from service.document.marks import MENTION, NOBODY, bare_login
from service.document.parts import Dialect
from service.document.reading import read
from service.document.words import DEFAULT_DIALECT
from service.model import IssueRef

_ANY_DAY = date(2000, 1, 1)  # owners and references do not depend on the day


def mentions(text: str, *, dialect: Dialect = DEFAULT_DIALECT) -> frozenset[str]:
    """Every login or team that the action items and Owner fields name, without `@`: who might have to be assigned."""
    doc = read(text, today=_ANY_DAY, dialect=dialect)
    found = {name for item in doc.items for name in item.owners}
    found |= {item.owner_text for item in doc.items if bare_login(item.owner_text.lower())}
    for place in doc.places:
        if place.name == "owner":
            found |= set(MENTION.findall(place.raw)) or ({place.raw} if bare_login(place.raw.lower()) else set())
    return frozenset(name for name in found if name.lower() not in NOBODY)


def references(text: str, home: IssueRef, *, dialect: Dialect = DEFAULT_DIALECT) -> tuple[IssueRef, ...]:
    """The issues that the action items name, each once, in order."""
    doc = read(text, today=_ANY_DAY, dialect=dialect, home=home)
    return tuple(dict.fromkeys(ref for item in doc.items for ref in item.refs))
