"""From findings to words on a page: the status comment, messages, terminal text and JSON. The only place that lays
out words; what is said stands in the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, get_args

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.calendar import on_the_clock
from service.case import Case
from service.hidden import STATUS, state_block, topic_marker
from service.model import Change, CreateActionItem, Decision, EnsureComment, EnsureLabel, Finding, Plan, Say, SetBody
from service.wording import plain, times

_FOLD = "<details><summary>"
_FOOTER = "_Closeout keeps this comment up to date. `/pm help` in a comment shows what you can ask for._"


# --- comments -------------------------------------------------------------------------------------------------


def message(say: Say, findings: Iterable[Finding]) -> str:
    """A message of its own, with the points it lists."""
    lines = [topic_marker(say.topic), say.text]
    points = list(_points(findings))
    if points:
        lines += ["", *points]
    elif say.findings is None:
        lines += ["", "Nothing is missing."]
    return "\n".join(lines) + "\n"


def folded(body: str, title: str) -> str:
    """An earlier message of ours, shut but complete. Folding twice is folding once."""
    marker, _, words = body.partition("\n")
    if words.startswith(_FOLD):
        return body
    return f"{marker}\n{_FOLD}{title}</summary>\n\n{words.strip()}\n\n</details>\n"


def status(case: Case, findings: tuple[Finding, ...]) -> str:
    """The comment that is edited in place: where it stands, what still blocks closing, what was decided."""
    parts = [topic_marker(STATUS), f"### {_headline(case, findings)}", *_blocking(findings), *_advice(findings)]
    parts += [*_actions(case), *_reviews(case), *_meetings(case), *_decisions(case), _FOOTER]
    return "\n\n".join(parts) + "\n\n" + state_block(case.state) + "\n"


def _headline(case: Case, findings: tuple[Finding, ...]) -> str:
    blockers = sum(f.level == "blocks" for f in findings)
    if case.state.paused:
        return "Closeout is paused here"
    if any(f.rule == "closure" and f.level == "skipped" for f in findings):
        return "May close by a maintainer's decision"
    if case.issue.state == "closed" and not blockers:
        return "Closed, with its follow-through in place" if case.kind == "post-mortem" else "Done"
    if not blockers:
        return "Ready to close"
    return f"{blockers} {'thing' if blockers == 1 else 'things'} before this can close"


def _blocking(findings: tuple[Finding, ...]) -> Iterator[str]:
    blockers = [f for f in findings if f.level == "blocks"]
    if blockers:
        yield "\n".join(_points(blockers))
    skipped = [f for f in findings if f.level in {"skipped", "error"}]
    if skipped:
        yield "\n".join(_points(skipped))


def _points(findings: Iterable[Finding]) -> Iterator[str]:
    """One bullet each: where, what, how to put it right, whose it is.

    What is said of one place shares a bullet, and so do places of which the same is said.
    """
    by_place: dict[tuple[str, tuple[str, ...]], list[Finding]] = {}
    for finding in findings:
        by_place.setdefault((finding.where or finding.message, finding.who), []).append(finding)
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (_, who), found in by_place.items():
        said = " ".join(dict.fromkeys(f.message for f in found))
        fixes = " ".join(dict.fromkeys(f.fix for f in found if f.fix))
        alike.setdefault((f"{said} {fixes}".strip(), who), []).append(found[0].where)
    for (words, who), places in alike.items():
        where = ", ".join(f"**{place}**" for place in places if place)
        names = f" ({', '.join(f'`{name}`' for name in who)})" if who else ""
        yield f"- {where}{names}: {words}" if where else f"- {words}{names}"


def _advice(findings: tuple[Finding, ...]) -> Iterator[str]:
    advice = [f for f in findings if f.level == "advises"]
    if advice:
        yield "\n".join(
            [
                f"<details><summary>Suggestions ({len(advice)}); none of them blocks closing</summary>",
                "",
                *_points(advice),
                "",
                "</details>",
            ]
        )


def _actions(case: Case) -> Iterator[str]:
    children = list(case.children.values())
    if children:
        closed = [child for child in children if child.state == "closed"]
        given_up = sum(case.given_up(child) for child in closed)
        more = f", {given_up} will not be done" if given_up else ""
        yield f"Action items: {len(closed) - given_up} of {len(children)} done{more}."


def _reviews(case: Case) -> Iterator[str]:
    if case.state.reviews:
        yield f"Follow-up reviews: {', '.join(review.ref for review in case.state.reviews)}."


def _meetings(case: Case) -> Iterator[str]:
    for meeting in case.state.meetings:
        at = f"{on_the_clock(meeting.at, meeting.zone):%Y-%m-%d %H:%M %Z}"
        if meeting.off:
            yield f"Meeting: {at}, called off by `{plain(meeting.off)}`."
            continue
        people = ", ".join(f"`{plain(name)}`" for name in meeting.attended or meeting.invited)
        verb = "attended by" if meeting.attended else "with"
        yield f"Meeting: {at}{f', {verb} {people}' if people else ''}."


def _decisions(case: Case) -> Iterator[str]:
    lines = [
        f"- `{made.by}` let it close with open points on {made.at.date()}: {plain(made.reason)}"
        for made in case.state.overrides
    ]
    lines += [
        f"- {item.ref} was dropped: {plain(item.dropped)}" for item in case.state.items if item.dropped is not None
    ]
    lines += [f"- The deadline of {item.ref} was moved {times(item.slips)}." for item in case.state.items if item.slips]
    lines += [f"- {_decided(made)}: {plain(made.reason)}" for made in case.state.decisions]
    lines += [f"- {told.at.date()}: a reminder went out by message ({_step(told.step)})." for told in case.state.told]
    if lines:
        yield "\n".join(["On record:", *lines])


def _step(name: str) -> str:
    deadline, _, step = name.rpartition(":")
    return f"due {deadline}" if step == "due" else f"{step}, due {deadline}"


def _decided(made: Decision) -> str:
    moved = f"deadline moved from {made.before} to {made.until}" if made.before else f"deadline set to {made.until}"
    what = {"snooze": f"no reminders before {made.until}", "extend": moved, "wont-do": "it will not be done"}
    return f"{made.at.date()}, `{made.by}`: {what[made.what]}"


# --- terminal and JSON ----------------------------------------------------------------------------------------


def terminal(plan: Plan) -> RenderableType:
    """A plan as a person reads it in a terminal: what was found, and what would change and why."""
    parts: list[RenderableType] = [Text(str(plan.ref), style="bold")]
    if plan.findings:
        parts.append(_findings_table(plan.findings))
    if plan.changes:
        parts.append(_changes_table(plan))
    else:
        parts.append(Text("Nothing to change.", style="green"))
    if plan.revisit_at is not None:
        parts.append(Text(f"To be looked at again at {plan.revisit_at.isoformat(timespec='seconds')}."))
    return Group(*parts)


_STYLES = {"blocks": "red", "advises": "yellow", "error": "bold red", "skipped": "dim", "done": "green"}


def _findings_table(findings: tuple[Finding, ...]) -> Table:
    table = Table(
        "level", "rule", "where", "what", "how to put it right", box=None, header_style="bold", padding=(0, 1)
    )
    for f in findings:
        table.add_row(Text(f.level, style=_STYLES[f.level]), f.rule, Text(f.where), Text(f.message), Text(f.fix))
    return table


def _changes_table(plan: Plan) -> Table:
    table = Table("change", "issue", "what", "why", box=None, header_style="bold", padding=(0, 1))
    for change, reason in zip(plan.changes, plan.reasons, strict=True):
        table.add_row(type(change).__name__, str(change.ref), Text(describe(change)), reason)
    return table


def describe(change: Change) -> str:
    """A change in a few words."""
    match change:
        case SetBody(base=base, body=body):
            return _line_counts(base, body)
        case EnsureLabel(label=label):
            return label.name
        case CreateActionItem(title=title, project=project):
            return f"{title!r} in {project}"
        case EnsureComment(topic=topic):
            return topic
        case _:
            rest = [getattr(change, f.name) for f in fields(change) if f.name != "ref"]
            return ", ".join(_words(value) for value in rest)


def _line_counts(base: str, body: str) -> str:
    before, after = base.splitlines(), body.splitlines()
    kept = set(before)
    added = sum(line not in kept for line in after)
    gone = sum(line not in set(after) for line in before)
    return f"{added} lines written, {gone} replaced"


def _words(value: object) -> str:
    if isinstance(value, (set, frozenset)):
        return ", ".join(sorted(map(str, value)))
    return str(value)


def to_json(value: Any) -> Any:
    """Plans, findings and changes as plain JSON data; a change says its kind under `change`."""
    if is_dataclass(value) and not isinstance(value, type):
        data = {f.name: to_json(getattr(value, f.name)) for f in fields(value)}
        return {"change": type(value).__name__, **data} if isinstance(value, get_args(Change)) else data
    if isinstance(value, (set, frozenset)):
        return sorted(to_json(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
