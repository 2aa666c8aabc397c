"""Appointments as iCalendar: https://www.rfc-editor.org/rfc/rfc5545, published as RFC 5546 section 3.2.1 has it.

Times are in UTC, which every calendar shows on its owner's clock, whatever becomes of summer time. Nobody is an
attendee: that takes an e-mail address, and a forge gives none; who was invited stands in the description.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event, Timezone, TimezoneStandard, vCalAddress, vDuration, vText

from service.model import Appointment

_REFRESH = timedelta(hours=1)
_ESCAPES = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"})


class _Text(vText):
    r"""Words as section 3.3.11 has them written. The library would take the `\N` of a `C:\New` for a line's end."""

    def to_ical(self) -> bytes:
        return self.translate(_ESCAPES).encode()


def calendar(entries: Iterable[Appointment], *, publisher: str, name: str = "") -> bytes:
    """A whole file. `publisher`: the service's own address, as the organizer that a published calendar has to name.

    `name` is what a calendar that is subscribed to is called.
    """
    made = Calendar()
    made.add("VERSION", "2.0")
    made.add("PRODID", "-//Closeout//Post-mortem follow-through//EN")
    made.add("METHOD", "PUBLISH")
    if name:
        made.add("NAME", _Text(name))  # https://www.rfc-editor.org/rfc/rfc7986
        made.add("X-WR-CALNAME", _Text(name))
        made.add("REFRESH-INTERVAL", _REFRESH, parameters={"VALUE": "DURATION"})
        made.add("X-PUBLISHED-TTL", vDuration(_REFRESH))
    parts = [_event(entry, publisher) for entry in entries]
    for part in parts or (_clock(),):
        made.add_component(part)
    text: bytes = made.to_ical()
    return text


def _clock() -> Timezone:
    """Stands in a calendar in which nothing is: section 3.6 wants at least one component, and this shows nothing."""
    standard = TimezoneStandard()
    standard.add("DTSTART", datetime(1970, 1, 1))  # noqa: DTZ001 - local time, by section 3.6.5
    standard.add("TZOFFSETFROM", timedelta())
    standard.add("TZOFFSETTO", timedelta())
    made = Timezone()
    made.add("TZID", "Etc/UTC")
    made.add_component(standard)
    return made


def _event(entry: Appointment, publisher: str) -> Event:
    made = Event()
    made.add("UID", f"{entry.id}@closeout")
    made.add("DTSTAMP", entry.changed_at)
    made.add("SEQUENCE", entry.sequence)
    made.add("STATUS", "CANCELLED" if entry.off else "CONFIRMED")
    made.add("SUMMARY", _Text(entry.summary))
    organizer = vCalAddress(publisher)
    organizer.params["CN"] = "Closeout"
    made.add("ORGANIZER", organizer)
    made.add("DTSTART", entry.begins)
    if entry.minutes:
        made.add("DURATION", timedelta(minutes=entry.minutes))
    else:
        made.add("TRANSP", "TRANSPARENT")  # a day on which something is due is no day on which nobody has time
    if entry.text:
        made.add("DESCRIPTION", _Text(entry.text))
    if entry.url:
        made.add("URL", entry.url)
    return made
