"""A strict reading of iCalendar by RFC 5545 that knows nothing of the library which writes it.

It takes what the project writes, events without recurrence, and refuses whatever the grammar does not allow:
https://www.rfc-editor.org/rfc/rfc5545#section-3.1 (lines), #section-3.3 (values), #section-3.6 (components).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

_NAME = r"[A-Za-z0-9-]+"
_SAFE = r'[^\x00-\x08\x0a-\x1f\x7f";:,]*'
_QUOTED = r'"[^\x00-\x08\x0a-\x1f\x7f"]*"'
_LINE = re.compile(
    rf"(?P<name>{_NAME})(?P<params>(?:;{_NAME}=(?:{_QUOTED}|{_SAFE})(?:,(?:{_QUOTED}|{_SAFE}))*)*)"
    r":(?P<value>[^\x00-\x08\x0a-\x1f\x7f]*)"
)
_TEXT = re.compile(r"(?:[^\\;,]|\\[\\;,nN])*")
_ESCAPED = re.compile(r"\\(.)")
_PERIOD = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"]+")
_KINDS = {
    "VERSION": "text", "PRODID": "text", "METHOD": "text", "NAME": "text", "X-WR-CALNAME": "text",
    "REFRESH-INTERVAL": "duration", "X-PUBLISHED-TTL": "duration",
    "UID": "text", "SUMMARY": "text", "DESCRIPTION": "text", "STATUS": "text", "TRANSP": "text",
    "SEQUENCE": "integer", "DTSTAMP": "utc", "DTSTART": "moment", "DURATION": "duration", "URL": "uri", "ORGANIZER": "uri",
    "TZID": "text", "TZOFFSETFROM": "offset", "TZOFFSETTO": "offset", "STANDARD DTSTART": "local",
}  # fmt: skip
_CLOCK = {"offset": r"[+-]\d{4}", "local": r"\d{8}T\d{6}"}
_EVENT_MUST = {"UID", "DTSTAMP", "DTSTART", "ORGANIZER"}  # the last by RFC 5546, for what is published
_STATUS = {"CONFIRMED", "CANCELLED", "TENTATIVE"}


class NotCalendar(Exception):
    """It breaks a rule of the standard; `str()` says which, and where."""


@dataclass
class Component:
    name: str
    values: dict[str, object] = field(default_factory=dict)
    parts: list[Component] = field(default_factory=list)

    def __getitem__(self, name: str) -> object:
        return self.values[name]

    @property
    def events(self) -> list[Component]:
        return [part for part in self.parts if part.name == "VEVENT"]


def read(data: bytes) -> Component:
    """The calendar in it. Raises `NotCalendar`."""
    stack = [Component("")]
    for line in _lines(data):
        found = _LINE.fullmatch(line)
        _hold(found is not None, f"no content line: {line!r}")
        assert found is not None
        name = found["name"].upper()
        if name == "BEGIN":
            stack.append(Component(found["value"].upper()))
        elif name == "END":
            closed = stack.pop()
            _hold(closed.name == found["value"].upper(), f"{closed.name} is ended as {found['value']}")
            stack[-1].parts.append(closed)
        else:
            _hold(name not in stack[-1].values, f"{name} twice")
            own = f"{stack[-1].name} {name}"
            stack[-1].values[name] = _value(own if own in _KINDS else name, found["params"], found["value"])
    _hold(len(stack) == 1 and [part.name for part in stack[0].parts] == ["VCALENDAR"], "not one whole VCALENDAR")
    _complete(stack[0].parts[0])
    return stack[0].parts[0]


def _lines(data: bytes) -> list[str]:
    """Unfolded. Every physical line ends with CRLF and has at most 75 octets without it."""
    _hold(data.endswith(b"\r\n"), "the last line does not end")
    physical = data[:-2].split(b"\r\n")
    for line in physical:
        _hold(b"\n" not in line and b"\r" not in line, f"a bare CR or LF: {line!r}")
        _hold(len(line) <= 75, f"{len(line)} octets: {line!r}")
        _hold(line.strip() != b"", "an empty line")
    return re.sub(rb"\r\n[ \t]", b"", data[:-2]).decode("utf-8").split("\r\n")


def _value(name: str, params: str, value: str) -> object:
    _hold(name in _KINDS, f"{name} is not expected")
    match _KINDS[name]:
        case "text":
            _hold(_TEXT.fullmatch(value) is not None, f"{name}: not escaped: {value!r}")
            return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
        case "integer":
            _hold(re.fullmatch(r"\d{1,10}", value) is not None and int(value) < 2**31, f"{name}: no integer")
            return int(value)
        case "duration":
            found = _PERIOD.fullmatch(value)
            _hold(found is not None and any(found.groups()), f"{name}: no duration: {value}")
            hours, minutes, seconds = (int(part or 0) for part in (found.groups() if found else ()))
            return timedelta(hours=hours, minutes=minutes, seconds=seconds)
        case "uri":
            _hold(_URI.fullmatch(value) is not None, f"{name}: no URI: {value!r}")
            return value
        case "offset" | "local" as kind:
            _hold(re.fullmatch(_CLOCK[kind], value) is not None, f"{name}: {value}")
            return value
        case kind:
            return _moment(name, params, value, day_too=kind == "moment")


def _moment(name: str, params: str, value: str, *, day_too: bool) -> datetime | date:
    if day_too and params == ";VALUE=DATE":
        return datetime.strptime(value, "%Y%m%d").replace(tzinfo=UTC).date()
    _hold(params == "" and re.fullmatch(r"\d{8}T\d{6}Z", value) is not None, f"{name}: not in UTC: {params}:{value}")
    return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _complete(calendar: Component) -> None:
    _hold(calendar.values.get("VERSION") == "2.0" and bool(calendar.values.get("PRODID")), "VERSION 2.0 and PRODID")
    _hold(calendar.values.get("METHOD") == "PUBLISH", "METHOD")
    _hold(calendar.parts, "no component")
    events = [part for part in calendar.parts if part.name != "VTIMEZONE"]
    for event in events:
        _hold(event.name == "VEVENT" and not event.parts, f"{event.name} is not expected")
        _hold(event.values.keys() >= _EVENT_MUST, f"missing: {_EVENT_MUST - event.values.keys()}")
        _hold(event.values.get("STATUS") in _STATUS, "STATUS")
        _hold("mailto:" not in str(event.values.get("ORGANIZER")).lower(), "nobody here has an e-mail address")
    names = [event["UID"] for event in events]
    _hold(len(set(names)) == len(names), "a UID twice")


def _hold(held: object, sentence: str) -> None:
    if not held:
        raise NotCalendar(sentence)
