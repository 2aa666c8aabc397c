"""One incident, and the people in it: what they write and do, and how one sees what became of it.

It begins on a Monday; days are counted from there. `plot` tells it step by step, the same on each forge; what happens
in the weeks after happens on all forges at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from service.demo.days import Days
from service.document import read
from service.sandbox import Sandbox
from service.sandbox.rows import IssueRow
from service.vocabulary import ColumnLabels, ColumnNames, word_of

PROJECT = "acme/shop"
FREE_TEXT = "Checkout was down for about 40 minutes on Sunday. Rolling back the price service fixed it.\n"
LATE = 14  # the day on which both actions are due, a Monday
LATER = 35  # the day to which the second one's deadline is moved, a Monday too

# What the simulated author writes under each heading; a heading that is not here keeps its prompt.
ANSWERS = {
    "summary": "The checkout returned errors after the price service was deployed; rolling it back ended the outage.",
    "root-cause": "The price service opened a connection for each request and ran out of them.",
    "contributing-factors": "The load test used a tenth of the real traffic, so the limit was never reached.",
    "went-well": "The rollback took four minutes.",
    "went-wrong": "The alert fired eleven minutes after the first failed payment.",
    "lucky": "It was a quiet Sunday.",
    "lessons": "Connection limits belong in the load test.",
    "ongoing": "None known.",
    "links": "- [Trace of a failed checkout](https://traces.example/1)",
    "impact": "1,200 customers could not pay for 40 minutes; no data was lost; the monthly SLA still holds.",
    "detection": "An alert on the error rate paged the on-call engineer.",
}
FIELDS = {
    "Date": "{sunday}",
    "Duration": "40 minutes",
    "Severity": "high",
    "Category": "code",
    "Impact": "1,200 customers could not pay for 40 minutes; no data was lost",
    "Started": "{sunday} 14:03 UTC",
    "Detected": "{sunday} 14:14 UTC",
    "Mitigated": "{sunday} 14:43 UTC",
    "Resolved": "{sunday} 15:10 UTC",
}
TIMELINE = "| 14:03 | Checkout returned errors | alert |\n| 14:43 | The old version was back | deploy log |"
FIRST = "- [ ] Page when the connection pool is 80 % full - @bob - {late} [detection]"
SECOND = "- [ ] Load-test the price service with Sunday's real traffic"


@dataclass(frozen=True)
class Stage:
    """Where the story plays: one project of one forge."""

    sandbox: Sandbox
    forge: str
    days: Days

    @property
    def issues(self) -> list[IssueRow]:
        world = self.sandbox.world
        return list(world.project(self.forge, PROJECT).issues.values())

    @property
    def post_mortem(self) -> IssueRow:
        return min(self.issues, key=lambda issue: issue.number)

    def action(self, words: str) -> IssueRow:
        return next(issue for issue in self.issues if words in issue.title and issue is not self.post_mortem)

    def rewrite(self, issue: IssueRow, actor: str, edit: Callable[[str], str]) -> None:
        """The person opens the editor, changes the text and saves."""
        self.sandbox.world.edit_issue(self.forge, PROJECT, issue.number, actor=actor, body=edit(issue.body))

    def comment(self, issue: IssueRow, actor: str, text: str) -> None:
        self.sandbox.world.comment(self.forge, PROJECT, issue.number, actor=actor, body=text)

    def close(self, issue: IssueRow, actor: str) -> None:
        self.sandbox.world.edit_issue(self.forge, PROJECT, issue.number, actor=actor, state="closed")


@dataclass(frozen=True)
class Step:
    """What people do, and what must be true once the service has answered; `holds` says whether it is.

    `wait`: so many days pass before.
    """

    told: str
    act: Callable[[Stage], None]
    expected: str
    holds: Callable[[Stage], bool]
    wait: int = 0


# --- what people do -------------------------------------------------------------------------------------------


def opens(on: Stage) -> None:
    world = on.sandbox.world
    issue = world.create_issue(on.forge, PROJECT, actor="alice", title="Checkout down on Sunday", body=FREE_TEXT)
    world.add_labels(on.forge, PROJECT, issue.number, actor="alice", names=["post-mortem"])


def nothing(on: Stage) -> None:
    """Nobody does anything: that is the point."""


def written(body: str, days: Days) -> str:
    """The author's text: each prompt answered, in whatever template is there. The incident was on the Sunday before."""
    document = read(body, today=days.day(0))
    lines = body.split("\n")
    for section in sorted(document.sections, key=lambda each: each.start, reverse=True):
        if section.id == "timeline":
            lines[_table_end(lines, section.body) : _table_end(lines, section.body)] = TIMELINE.split("\n")
        elif section.id == "actions":
            lines[section.body : section.body] = ["", FIRST.format(late=days.day(LATE)), SECOND]
        elif section.id in ANSWERS:
            lines[section.body : section.body] = ["", ANSWERS[section.id]]
    return "\n".join(_with_fields(lines, days.day(0) - timedelta(days=1)))


def _table_end(lines: list[str], start: int) -> int:
    """The line after the header of the first table below `start`."""
    rule = next(index for index in range(start, len(lines)) if lines[index].lstrip().startswith(("|-", "| -", "|:")))
    return rule + 1


def _with_fields(lines: list[str], sunday: date) -> Iterator[str]:
    for line in lines:
        name = next((name for name in FIELDS if f"**{name}:**" in line), None)
        yield line if name is None else f"{line.partition(':**')[0]}:** {FIELDS[name].format(sunday=sunday)}"


def finishes(on: Stage) -> None:
    action = on.action("Page when")
    on.rewrite(action, "bob", _defined)
    on.close(action, "bob")


def _defined(body: str) -> str:
    start = body.index("## Definition of done")
    end = body.index("\n", start) + 1
    return f"{body[:end]}\n- [x] It was seen to work in a drill\n{body[end:]}"


def completes(on: Stage) -> None:
    on.rewrite(on.post_mortem, "alice", _reviewed)
    on.close(on.post_mortem, "alice")


def _reviewed(body: str) -> str:
    story, heading, points = body.partition("## Final review")
    return story + heading + points.replace("- [ ] ", "- [x] ")


# --- what must be true ----------------------------------------------------------------------------------------


def says(on: Stage, words: str, issue: IssueRow | None = None) -> bool:
    """Whether our account has said this on the issue (the post-mortem, unless another is given)."""
    comments = (issue or on.post_mortem).comments
    return any(words in comment.body for comment in comments if comment.author == "closeout-bot")


def second(on: Stage) -> IssueRow:
    return on.action("Load-test")


def reminders(on: Stage) -> tuple[int, int]:
    """Of the second action: how many stand, and how many are folded."""
    said = [comment.body for comment in second(on).comments if "topic=nudge:" in comment.body]
    folded = sum("<details>" in body for body in said)
    return len(said) - folded, folded


def column(on: Stage) -> str | None:
    """Where the board shows it: in a project's column, or in the list its label stands for; Closed is Complete."""
    world, issue = on.sandbox.world, on.post_mortem
    [board] = world.boards_of(world.project(on.forge, PROJECT))
    shown = world.column_of(issue, board)
    if on.forge == "gitlab":
        return "complete" if issue.state == "closed" else shown and word_of(ColumnLabels(), shown)
    return shown and word_of(ColumnNames(), shown)


def headings(on: Stage) -> list[str]:
    return [line for line in on.post_mortem.body.split("\n") if line.startswith("#")]
