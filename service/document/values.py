"""What a field's text means: dates, durations, severities and moments, in one of four states."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

from service.document.blanks import bare, is_not_applicable, is_placeholder
from service.document.dates import Problem, find_dates, read_date
from service.document.fields import Place
from service.document.moments import find_clock, read_duration, read_moment
from service.document.parts import Field, FieldState, FieldValue

SEVERITIES = ("critical", "high", "medium", "low")
CATEGORIES = ("infrastructure", "code", "process", "external", "security")
MOMENTS = ("started", "detected", "mitigated", "resolved")
_SEVERITY_WORDS = {
    "critical": "critical", "crit": "critical", "blocker": "critical", "catastrophic": "critical", "major": "high",
    "high": "high", "severe": "high", "medium": "medium", "moderate": "medium", "minor": "low", "low": "low",
    "trivial": "low", "negligible": "low",
}  # fmt: skip
_LEVELS = {"0": "critical", "1": "critical", "2": "high", "3": "medium", "4": "low", "5": "low"}
_SEVERITY = re.compile(
    rf"(?<![\w])(?:(?P<word>{'|'.join(_SEVERITY_WORDS)})|(?:sev(?:erity)?[ -]?|s|p)(?P<level>[0-5]))(?!\w)",
    re.IGNORECASE,
)
_CATEGORY_WORDS = {
    "infrastructure": "infrastructure", "infra": "infrastructure", "hardware": "infrastructure",
    "network": "infrastructure", "code": "code", "software": "code", "bug": "code", "software bug": "code",
    "process": "process", "external": "external", "third party": "external", "third-party": "external",
    "vendor": "external", "security": "security",
}  # fmt: skip
_ADVICE_SEVERITY = "write one of critical, high, medium, low"


def read_fields(found: Iterable[Place], today: date) -> dict[str, Field]:
    """One field a name: the first with a value, else the first that is written at all. The date comes first, because
    a bare time of day needs it.
    """
    grouped: dict[str, list[Place]] = {}
    for place in found:
        grouped.setdefault(place.name, []).append(place)
    fields = {
        name: _best(_read(p, today, None, None) for p in grouped[name]) for name in grouped if name not in MOMENTS
    }
    day = fields["date"].value if "date" in fields else None
    last: datetime | None = None
    for name in MOMENTS:
        if name in grouped:
            fields[name] = _best(_read(p, today, day if isinstance(day, date) else None, last) for p in grouped[name])
            value = fields[name].value
            last = value if isinstance(value, datetime) else last
    return fields


_RANK = {FieldState.RECORDED: 0, FieldState.INVALID: 1, FieldState.NOT_APPLICABLE: 2, FieldState.PENDING: 3}


def _best(fields: Iterable[Field]) -> Field:
    return min(fields, key=lambda field: _RANK[field.state])


def _read(place: Place, today: date, day: date | None, last: datetime | None) -> Field:
    name, raw = place.name, place.raw
    if is_placeholder(raw) or (name in _CHOICES and _is_choice_list(raw, _CHOICES[name])):
        return Field(name, FieldState.PENDING, raw=raw, line=place.line)
    if is_not_applicable(raw):
        return Field(name, FieldState.NOT_APPLICABLE, raw=raw, line=place.line)
    value = read_moment(raw, today, day, last) if name in MOMENTS else _READERS.get(name, _words)(raw, today)
    if isinstance(value, Problem):
        return Field(name, FieldState.INVALID, raw=raw, reason=value.reason, line=place.line)
    return Field(name, FieldState.RECORDED, value, raw, line=place.line)


def _is_choice_list(raw: str, choices: tuple[str, ...]) -> bool:
    """`critical / high / medium / low`: the template's question, not yet an answer."""
    words = set(re.findall(r"[a-z]+", raw.casefold()))
    return len(words & set(choices)) >= 3


_CHOICES = {"severity": SEVERITIES, "category": CATEGORIES}


def _date(raw: str, today: date) -> FieldValue | Problem:
    exact = read_date(raw, today)
    if not isinstance(exact, Problem):
        return exact
    clock = find_clock(raw)
    found = [d for d in find_dates(raw, today) if d.firm]
    days = {d.value for d in found if isinstance(d.value, date)}
    troubled = next((d.value for d in found if isinstance(d.value, Problem)), None)
    if troubled is not None:
        return troubled
    return min(days) if days and (len(days) == 1 or clock is not None or _is_range(raw)) else exact


def _is_range(raw: str) -> bool:
    return re.search(r"\s(?:-|–|—|to|until)\s", raw) is not None


def _deadline(raw: str, today: date) -> FieldValue | Problem:
    exact = read_date(raw, today)
    if not isinstance(exact, Problem):
        return exact
    found = next(iter(find_dates(raw, today)), None)
    return exact if found is None else found.value


def _severity(raw: str, _: date) -> FieldValue | Problem:
    found = [
        (m["level"] and _LEVELS[m["level"]]) or _SEVERITY_WORDS[m["word"].lower()] for m in _SEVERITY.finditer(raw)
    ]
    if not found:
        return Problem(f"“{_short(raw)}” is no severity; {_ADVICE_SEVERITY}")
    if len(set(found)) > 1 and not re.match(r"\W*[\w-]+[ ]?\d?\W+\(", raw):
        return Problem(f"“{_short(raw)}” names more than one severity; {_ADVICE_SEVERITY}")
    return found[0]


def _category(raw: str, _: date) -> FieldValue | Problem:
    words = bare(raw).casefold().split("::")[-1]
    if words in _CATEGORY_WORDS:
        return _CATEGORY_WORDS[words]
    named = {word for word in re.findall(r"[a-z]+", words) if word in CATEGORIES}
    return named.pop() if len(named) == 1 else words


def _owner(raw: str, _: date) -> FieldValue | Problem:
    return bare(raw).lstrip("@") if raw.count("@") < 2 else bare(raw)


def _words(raw: str, _: date) -> FieldValue | Problem:
    return raw


def _duration(raw: str, _: date) -> FieldValue | Problem:
    return read_duration(raw)


_READERS: Mapping[str, Callable[[str, date], FieldValue | Problem]] = {
    "date": _date,
    "duration": _duration,
    "severity": _severity,
    "category": _category,
    "deadline": _deadline,
    "owner": _owner,
    "created": _words,
}


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
