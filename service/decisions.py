"""What people decide about an action item by command: more time, peace for a while, or that it will not be done.

Each has to say why, and stays on record in the item's status comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from service import document
from service.case import Case
from service.command import Asked, Mistaken
from service.marks import put_on
from service.model import CloseAsNotPlanned, Decision, Say, SetBody, SetDue, Verdict
from service.wording import quoted

LONGEST_NAP = 92  # days: what sleeps longer than a quarter is not planned, or has another deadline
_SPAN = re.compile(r"(?P<count>[1-9]\d{0,3})(?P<unit>d|w|m|days?|weeks?|months?)", re.IGNORECASE)
_DAYS = {"d": 1, "w": 7, "m": 30}


def snooze(case: Case, asked: Asked) -> Iterator[Verdict]:
    """No reminders until then. It ends by itself; the deadline stays what it is."""
    _is_open(case)
    length, reason = _split(asked, "snooze 2w <reason>")
    today = case.calendar.day(asked.comment.created_at or case.now)
    until = _later(length, today)
    if until is None or until <= today or until > today + timedelta(days=LONGEST_NAP):
        raise Mistaken(
            f"write how long, at most {LONGEST_NAP} days, such as `/pm snooze 2w <reason>` or `3d`, or a date."
        )
    yield Decision("snooze", asked.comment.author, _when(case, asked), reason, until)
    yield Say("snooze", f"@{asked.comment.author}: nobody is reminded of this before {until}.")


def _later(text: str, today: date) -> date | None:
    span = _SPAN.fullmatch(text)
    if span is not None:
        return today + timedelta(days=int(span["count"]) * _DAYS[span["unit"][0].lower()])
    found = document.read_date(text, today)
    return found if isinstance(found, date) else None


def extend(case: Case, asked: Asked) -> Iterator[Verdict]:
    """Another deadline, in the forge's field and in the text, wherever the item has one."""
    _is_open(case)
    written, reason = _split(asked, "extend 2026-04-01 <reason>")
    today, before = case.calendar.day(case.now), case.deadline
    until = document.read_date(written, today)
    if not isinstance(until, date):
        raise Mistaken(until.reason)
    if until <= max(before or until.min, today):
        than = f"the deadline it has ({before})" if before is not None and before >= today else "today"
        raise Mistaken(f"{until} is not later than {than}. To make it earlier, edit it in place.")
    body = document.set_field(case.document, "deadline", until.isoformat())
    in_field = case.snapshot.keeps_due(case.issue)
    if not in_field and body == case.issue.body:
        raise Mistaken(f"there is no place for it yet. Add the line `**Deadline:** {until}` to the description.")
    if in_field:
        yield SetDue(case.issue.ref, until)
    if body != case.issue.body:
        yield SetBody(case.issue.ref, case.issue.body, body)
    yield Decision("extend", asked.comment.author, _when(case, asked), reason, until, before)
    yield Say("extend", f"@{asked.comment.author}: the deadline is {until} now; reminders begin anew.")


def wont_do(case: Case, asked: Asked) -> Iterator[Verdict]:
    """Closed as not planned. The label says so too: a forge may have no such reason, and then nothing else would."""
    if not asked.words:
        raise Mistaken("please say why: `/pm wont-do <reason>`. The reason stays on record.")
    if case.issue.state == "closed" and not case.given_up(case.issue):
        raise Mistaken("this is closed already. Reopen it first if it was not done.")
    yield from put_on(case, case.vocabulary.wont_do_label)
    yield CloseAsNotPlanned(case.issue.ref)
    yield Decision("wont-do", asked.comment.author, _when(case, asked), asked.rest)
    yield Say("wont-do", f"@{asked.comment.author} decided that this will not be done: {quoted(asked.rest)}.")


def _is_open(case: Case) -> None:
    if case.issue.state == "closed":
        raise Mistaken("this is closed: there is nothing to put off.")


def _split(asked: Asked, form: str) -> tuple[str, str]:
    """The first word, and the reason behind it."""
    first, *rest = asked.words or ("",)
    if not first or not rest:
        raise Mistaken(f"please say until when and why: `/pm {form}`. The reason stays on record.")
    return first, " ".join(rest)


def _when(case: Case, asked: Asked) -> datetime:
    return asked.comment.created_at or case.now
