"""What Closeout writes for itself into its own comments: a topic marker, and the sync state as a hidden block.

Both are HTML comments, which GitHub and GitLab keep and do not show. They are believed only in comments that our
own account wrote (a provider checks the author), because anybody can type the same characters.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from service.model import Decision, ItemState, Meeting, Override, ReviewState, SyncState, Told

VERSION = 1
STATUS = "status"  # the topic of the one comment that is kept up to date and holds the state
_TOPIC = re.compile(r"\A<!-- closeout:comment topic=(?P<topic>\S+) -->")
_END = "<!-- closeout:end -->"
_STATE = re.compile(r"^<!-- closeout:state (?P<json>\{.*\}) -->\s*$", re.MULTILINE)


def topic_marker(topic: str) -> str:
    """The first line of a comment of ours. A topic has no spaces: `status`, `refused:2026-03-01T10:00:00Z`."""
    return f"<!-- closeout:comment topic={topic} -->"


def topic_of(body: str) -> str | None:
    """The topic of a comment body that our account wrote, or None where it carries no marker."""
    found = _TOPIC.match(body)
    return found["topic"] if found else None


def issue_marker(topic: str) -> str:
    """The line by which an issue of ours on this topic is found again."""
    return f"<!-- closeout:issue topic={topic} -->"


def is_issue_on(topic: str, body: str) -> bool:
    """Whether a body that our account wrote is that of our issue on this topic."""
    return issue_marker(topic) in body.splitlines()


def region(topic: str, body: str) -> str:
    """What our part of the issue on this topic says; empty where it is not there, or was torn."""
    _, begin, rest = body.partition(issue_marker(topic))
    text, end, _ = rest.partition(_END)
    return text.strip().replace("\r\n", "\n") if begin and end else ""


def with_region(topic: str, body: str, text: str) -> str:
    """The body with our part saying `text`, which is not blank.

    What people wrote before and after it stays, be our part torn or gone.
    """
    if text.strip() == region(topic, body):
        return body
    head, begin, rest = body.partition(issue_marker(topic))
    _, end, tail = rest.partition(_END)
    ours = f"{issue_marker(topic)}\n{text.strip()}\n{_END}"
    if not begin:
        return f"{ours}\n\n{body}" if body.strip() else ours
    return f"{head}{ours}{tail}" if end else f"{head}{ours}\n{rest}"


def state_block(state: SyncState) -> str:
    """One line that `state_of` reads back to an equal value; nothing in it can end the HTML comment early."""
    data = {"v": VERSION, **{k: v for k, v in asdict(state).items() if v not in (None, (), False)}}
    text = json.dumps(data, default=_plain, separators=(",", ":"), ensure_ascii=False)
    return f"<!-- closeout:state {text.replace('>', chr(92) + 'u003e').replace('--', '-' + chr(92) + 'u002d')} -->"


def state_of(body: str) -> SyncState:
    """The state a comment of ours holds. A damaged or foreign block reads as the empty state: what it would have
    remembered is then worked out anew from the tracker itself.
    """
    found = _STATE.search(body)
    if found is None:
        return SyncState()
    try:
        return _decode(json.loads(found["json"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return SyncState()


def _plain(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _decode(data: dict[str, Any]) -> SyncState:
    return SyncState(
        template=data.get("template"),
        pinned=data.get("pinned"),
        severity=data.get("severity"),
        category=data.get("category"),
        column=data.get("column"),
        held=data.get("held"),
        items=tuple(_item(row) for row in data.get("items", ())),
        answered=tuple(str(i) for i in data.get("answered", ())),
        overrides=tuple(
            Override(row["by"], datetime.fromisoformat(row["at"]), row["reason"]) for row in data.get("overrides", ())
        ),
        decisions=tuple(_decision(row) for row in data.get("decisions", ())),
        reviews=tuple(ReviewState(row["key"], row["ref"]) for row in data.get("reviews", ())),
        meetings=tuple(_meeting(row) for row in data.get("meetings", ())),
        told=tuple(Told(row["step"], datetime.fromisoformat(row["at"])) for row in data.get("told", ())),
        slipping=int(data.get("slipping", 0)),
        overridden=bool(data.get("overridden", False)),
        paused=bool(data.get("paused", False)),
        review=bool(data.get("review", False)),
        spawn=bool(data.get("spawn", False)),
        adopted=bool(data.get("adopted", False)),
    )


def _decision(row: dict[str, Any]) -> Decision:
    return Decision(
        what=row["what"],
        by=row["by"],
        at=datetime.fromisoformat(row["at"]),
        reason=row["reason"],
        until=_day(row.get("until")),
        before=_day(row.get("before")),
    )


def _meeting(row: dict[str, Any]) -> Meeting:
    return Meeting(
        at=datetime.fromisoformat(row["at"]),
        zone=row["zone"],
        by=row["by"],
        invited=tuple(row.get("invited", ())),
        attended=tuple(row.get("attended", ())),
        key=row.get("key", ""),
        agenda=row.get("agenda", ""),
        sequence=int(row.get("sequence", 0)),
        changed_at=datetime.fromisoformat(row["changed_at"]) if row.get("changed_at") else None,
        off=row.get("off", ""),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _item(row: dict[str, Any]) -> ItemState:
    return ItemState(
        key=row["key"],
        ref=row["ref"],
        text=row["text"],
        title=row.get("title", ""),
        owners=tuple(row.get("owners", ())),
        assigned=tuple(row.get("assigned", ())),
        due=_day(row.get("due")),
        done=bool(row.get("done", False)),
        dropped=row.get("dropped"),
        slips=int(row.get("slips", 0)),
        dated=bool(row.get("dated", False)),
    )
