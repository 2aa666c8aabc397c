"""From a notice to words: the only place that lays them out. Plain text, short, and about the work, not the people.

What people wrote is repeated so that it reads the same and sets nothing off: it mentions nobody, links nothing behind
other words, and no service takes it for markup of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias, assert_never

from service.model import Notice
from service.settings import Wording
from service.store.outbox import Letter
from service.wording import plain, shortened

Messages: TypeAlias = Mapping[str, Wording]  # by kind
_JOINER = "\u2060"  # takes no room
# Signs that a service reads as markup, links or mentions, and others that look like them.
_HARMLESS = str.maketrans("<>`*~[]|\\", "‹›'∗∼［］¦＼")
_WAYS_OUT = "Done? Close it with its proof. Otherwise it can be moved, put to sleep, handed over or let go."
_PLACE = re.compile(r"\{(\w+)\}")
_TITLE = 120
_LINE = 300


def letter(notice: Notice, route: str, messages: Messages | None = None) -> Letter:
    """The notice in the installation's words where it has chosen some for the kind."""
    usual = Letter(notice.key, route, notice.kind, _title(notice), "\n".join(_lines(notice)))
    return worded(usual, messages or {}, _parts(notice))


def worded(usual: Letter, messages: Messages, parts: Mapping[str, str] | None = None) -> Letter:
    """The letter with its placeholders filled in, once: braces in people's words stay what they are.

    A line of nothing but placeholders that are all empty is left out.
    """
    wording = messages.get(usual.kind)
    if wording is None:
        return usual
    values = {"heading": usual.title, "text": usual.text, **(parts or {})}
    lines = (_filled(line, values) for line in wording.text.splitlines())
    text = "\n".join(line for line in lines if line is not None).strip()
    title = " ".join((_filled(wording.title, values) or "").split())
    return replace(usual, title=title or usual.title, text=text or usual.text)


def _filled(line: str, values: Mapping[str, str]) -> str | None:
    made = _PLACE.sub(lambda found: values.get(found[1], found[0]), line)
    return None if _PLACE.search(line) and not made.strip() else made


def _parts(notice: Notice) -> Mapping[str, str]:
    return {
        "opening": _opening(notice),
        "points": "\n".join(f"• {said(point)}" for point in notice.points),
        "facts": " · ".join(_facts(notice)),
        "url": notice.url,
        "title": said(notice.title, _TITLE),
        "issue": notice.ref.seen_from(""),
        "project": notice.ref.project,
        "severity": notice.severity or "",
        "owners": ", ".join(said(name) for name in notice.owners),
        "teams": ", ".join(said(name) for name in notice.teams),
        "told": ", ".join(said(name) for name in notice.told),
        "due": str(notice.due) if notice.due else "",
    }


def said(text: str, limit: int = _LINE) -> str:
    """A person's words on one line, harmless to every service."""
    text = shortened(plain(text), limit).translate(_HARMLESS)
    text = re.sub(rf"@(?!{_JOINER})", f"@{_JOINER}", text)
    text = re.sub(r"&(?=#?\w+;)", "＆", text)
    text = re.sub(r"(?<!\w)_|_(?!\w)", "＿", text)
    return re.sub(r"^(?=[#+=-]|\d+[.)])", _JOINER, text)


def _title(notice: Notice) -> str:
    name = f"{said(notice.title, _TITLE)} ({notice.ref.seen_from('')})"
    match notice.kind:
        case "opened":
            return f"Post-mortem opened: {name}"
        case "review":
            return f"Ready for review: {name}"
        case "refused":
            return f"Open again, with a few points left: {name}"
        case "completed":
            return f"Lessons learned: {name}"
        case "due":
            return f"Due on {notice.due}: {name}"
        case "overdue":
            return f"Past its deadline: {name}"
        case _:
            assert_never(notice.kind)


def _lines(notice: Notice) -> Iterator[str]:
    yield _opening(notice)
    yield from (f"• {said(point)}" for point in notice.points)
    facts = list(_facts(notice))
    if facts:
        yield " · ".join(facts)
    if notice.url:
        yield notice.url


def _facts(notice: Notice) -> Iterator[str]:
    if notice.severity:
        yield f"Severity: {notice.severity}"
    if notice.owners:
        yield f"Owner: {', '.join(said(name) for name in notice.owners)}"
    others = [said(name) for name in notice.told if name not in notice.owners]
    if others:
        yield f"For: {', '.join(others)}"


def _opening(notice: Notice) -> str:
    match notice.kind:
        case "opened":
            return "A post-mortem was opened. Whoever was there, or knows something, is welcome to add to it."
        case "review":
            return "The text is written. Please read it while memories are fresh."
        case "refused":
            missing = ". What is missing:" if notice.points else "."
            return f"It was closed and is open again, so that nothing agreed is lost{missing}"
        case "completed":
            how = (
                "was closed by a maintainer's decision, with points still open" if notice.by_decision else "is complete"
            )
            return f"The post-mortem {how}. {'What we learned:' if notice.points else 'It is worth reading.'}"
        case "due":
            return f"This action is due on {notice.due}. {_WAYS_OUT}"
        case "overdue":
            return f"This action was due on {notice.due} and is still open. {_WAYS_OUT}"
        case _:
            assert_never(notice.kind)


def summary(opening: str, points: Iterable[str], closing: str = "") -> str:
    """A line of counts, one for each point, and what to do next."""
    return "\n".join([opening, *(f"• {point}" for point in points), *([closing] if closing else [])])
