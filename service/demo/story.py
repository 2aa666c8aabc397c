"""One incident's life, as the people in it act: the same on each forge, told step by step.

It begins on a Monday; days are counted from there. What happens in the weeks after happens on all forges at once.
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


def steps() -> Iterator[Step]:
    yield Step(
        "alice opens an issue in two sentences and labels it post-mortem.",
        _opens,
        "the template is there around her words, with labels, a card in Draft and one status comment",
        lambda on: (
            FREE_TEXT.strip() in on.post_mortem.body
            and len(_headings(on)) > 5
            and _column(on) == "draft"
            and _says(on, "can close")
        ),
    )
    yield Step(
        "It is late. alice closes it as it is.",
        lambda on: on.close(on.post_mortem, "alice"),
        "it is open again, and one comment says what is missing",
        lambda on: on.post_mortem.state == "open" and _says(on, "@alice: thank you for closing the loop"),
    )
    yield Step(
        "Next morning she writes the story, and two actions: one with owner and date, one without.",
        lambda on: on.rewrite(on.post_mortem, "alice", lambda body: written(body, on.days)),
        "the first action is an issue of its own, the second is asked about, the card is in Actions Created",
        lambda on: (
            len(on.issues) == 2
            and _says(on, "no owner")
            and "severity-high" in on.post_mortem.labels
            and _column(on) == "actions_created"
        ),
    )
    yield Step(
        "bob takes the second action, with a date, in the same line.",
        lambda on: on.rewrite(
            on.post_mortem, "bob", lambda body: body.replace(SECOND, f"{SECOND} - @bob - {on.days.day(LATE)}")
        ),
        "it becomes an issue too, and both lines name theirs",
        lambda on: len(on.issues) == 3 and on.post_mortem.body.count(" (#") == 2,
    )
    yield Step(
        "alice calls the team together for Wednesday, with a command.",
        lambda on: on.comment(on.post_mortem, "alice", f"/pm schedule {on.days.day(2)} 15:00 Europe/Berlin @bob @eve"),
        "the agenda is there with its clock set, and an invitation for everybody's calendar",
        lambda on: _says(on, "| 15:15 | 20 | Root cause") and _says(on, "/calendar/meetings/"),
    )
    yield Step(
        "bob closes his first action before its definition of done says anything.",
        lambda on: on.close(on.action("Page when"), "bob"),
        "it is open again, with the fix",
        lambda on: on.action("Page when").state == "open" and _says(on, "criterion", on.action("Page when")),
    )
    yield Step(
        "bob writes what done means, ticks it, and closes his first action again.",
        _finishes,
        "it stays closed, and its line is ticked with the date",
        lambda on: "- [x] Page when" in on.post_mortem.body and on.action("Page when").state == "closed",
    )
    yield Step(
        "alice ticks the final review and closes the post-mortem. The second action has two weeks left.",
        _completes,
        "it stays closed: every action has its issue, its owner and its day",
        lambda on: (
            on.post_mortem.state == "closed"
            and _says(on, "Closed, with its follow-through in place")
            and _column(on) == "complete"
        ),
    )


def weeks() -> Iterator[Step]:
    """What becomes of it when nobody thinks of it any more."""
    yield Step(
        "Two weeks pass. The day of the second action has come, and it is still open.",
        _nothing,
        "bob is reminded, once, with every way out",
        lambda on: _reminders(on) == (1, 0) and _says(on, "@bob: this action is due", _second(on)),
        wait=LATE,
    )
    yield Step(
        "Three working days more.",
        _nothing,
        "the overdue label is on; the next reminder stands, and the one before it is folded",
        lambda on: _reminders(on) == (1, 1) and "overdue" in _second(on).labels,
        wait=3,
    )
    yield Step(
        "A week after its day.",
        _nothing,
        "now alice, whose post-mortem it is, hears of it too: one reminder at a time, each of them once",
        lambda on: _reminders(on) == (1, 2) and _says(on, "@bob, @alice: this action was due", _second(on)),
        wait=4,
    )
    yield Step(
        "bob answers: the vendor ships next month, and he says so with a command.",
        lambda on: on.comment(_second(on), "bob", f"/pm extend {on.days.day(LATER)} the vendor ships next month"),
        "the deadline has moved in issue and post-mortem, the label is off, the reminders begin anew",
        lambda on: (
            _reminders(on) == (0, 3)
            and "overdue" not in _second(on).labels
            and f"@bob - {on.days.day(LATER)}" in on.post_mortem.body
        ),
    )
    yield Step(
        "A month after the close.",
        _nothing,
        "a follow-up review is opened for alice: completed is not the same as effective",
        lambda on: on.action("Follow-up review").assignees == ["alice"] and len(on.issues) == 4,
        wait=9,
    )
    yield Step(
        "And another week. The new deadline has passed as well.",
        _nothing,
        "bob is reminded of the new one",
        lambda on: _reminders(on) == (1, 3) and "overdue" in _second(on).labels,
        wait=8,
    )


# --- what people do -------------------------------------------------------------------------------------------


def _opens(on: Stage) -> None:
    world = on.sandbox.world
    issue = world.create_issue(on.forge, PROJECT, actor="alice", title="Checkout down on Sunday", body=FREE_TEXT)
    world.add_labels(on.forge, PROJECT, issue.number, actor="alice", names=["post-mortem"])


def _nothing(on: Stage) -> None:
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


def _finishes(on: Stage) -> None:
    action = on.action("Page when")
    on.rewrite(action, "bob", _defined)
    on.close(action, "bob")


def _defined(body: str) -> str:
    start = body.index("## Definition of done")
    end = body.index("\n", start) + 1
    return f"{body[:end]}\n- [x] It was seen to work in a drill\n{body[end:]}"


def _completes(on: Stage) -> None:
    on.rewrite(on.post_mortem, "alice", _reviewed)
    on.close(on.post_mortem, "alice")


def _reviewed(body: str) -> str:
    story, heading, points = body.partition("## Final review")
    return story + heading + points.replace("- [ ] ", "- [x] ")


# --- what must be true ----------------------------------------------------------------------------------------


def _says(on: Stage, words: str, issue: IssueRow | None = None) -> bool:
    """Whether our account has said this on the issue (the post-mortem, unless another is given)."""
    comments = (issue or on.post_mortem).comments
    return any(words in comment.body for comment in comments if comment.author == "closeout-bot")


def _second(on: Stage) -> IssueRow:
    return on.action("Load-test")


def _reminders(on: Stage) -> tuple[int, int]:
    """Of the second action: how many stand, and how many are folded."""
    said = [comment.body for comment in _second(on).comments if "topic=nudge:" in comment.body]
    folded = sum("<details>" in body for body in said)
    return len(said) - folded, folded


def _column(on: Stage) -> str | None:
    """Where the board shows it: in a project's column, or in the list its label stands for; Closed is Complete."""
    world, issue = on.sandbox.world, on.post_mortem
    [board] = world.boards_of(world.project(on.forge, PROJECT))
    shown = world.column_of(issue, board)
    if on.forge == "gitlab":
        return "complete" if issue.state == "closed" else shown and word_of(ColumnLabels(), shown)
    return shown and word_of(ColumnNames(), shown)


def _headings(on: Stage) -> list[str]:
    return [line for line in on.post_mortem.body.split("\n") if line.startswith("#")]
