"""What happens: the steps of the story, and what must be true after each of them."""

from __future__ import annotations

from dataclasses import dataclass

from service.demo.story import (
    FREE_TEXT,
    LATE,
    LATER,
    SECOND,
    Step,
    column,
    completes,
    finishes,
    headings,
    nothing,
    opens,
    reminders,
    says,
    second,
    written,
)
from service.policy import FILES

STEPS: tuple[Step, ...] = (
    Step(
        "alice opens an issue in two sentences and labels it post-mortem.",
        opens,
        "the template is there around her words, with labels, a card in Draft and one status comment",
        lambda on: (
            FREE_TEXT.strip() in on.post_mortem.body
            and len(headings(on)) > 5
            and column(on) == "draft"
            and says(on, "can close")
        ),
    ),
    Step(
        "It is late. alice closes it as it is.",
        lambda on: on.close(on.post_mortem, "alice"),
        "it is open again, and one comment says what is missing",
        lambda on: on.post_mortem.state == "open" and says(on, "@alice: thank you for closing the loop"),
    ),
    Step(
        "Next morning she writes the story, and two actions: one with owner and date, one without.",
        lambda on: on.rewrite(on.post_mortem, "alice", lambda body: written(body, on.days)),
        "the first action is an issue of its own, the second is asked about, the card is in Actions Created",
        lambda on: (
            len(on.issues) == 2
            and says(on, "no owner")
            and "severity-high" in on.post_mortem.labels
            and column(on) == "actions_created"
        ),
    ),
    Step(
        "bob takes the second action, with a date, in the same line.",
        lambda on: on.rewrite(
            on.post_mortem, "bob", lambda body: body.replace(SECOND, f"{SECOND} - @bob - {on.days.day(LATE)}")
        ),
        "it becomes an issue too, and both lines name theirs",
        lambda on: len(on.issues) == 3 and on.post_mortem.body.count(" (#") == 2,
    ),
    Step(
        "alice calls the team together for Wednesday, with a command.",
        lambda on: on.comment(on.post_mortem, "alice", f"/pm schedule {on.days.day(2)} 15:00 Europe/Berlin @bob @eve"),
        "the agenda is there with its clock set, and an invitation for everybody's calendar",
        lambda on: says(on, "| 15:15 | 20 | Root cause") and says(on, "/calendar/meetings/"),
    ),
    Step(
        "bob closes his first action before its definition of done says anything.",
        lambda on: on.close(on.action("Page when"), "bob"),
        "it is open again, with the fix",
        lambda on: on.action("Page when").state == "open" and says(on, "criterion", on.action("Page when")),
    ),
    Step(
        "bob writes what done means, ticks it, and closes his first action again.",
        finishes,
        "it stays closed, and its line is ticked with the date",
        lambda on: "- [x] Page when" in on.post_mortem.body and on.action("Page when").state == "closed",
    ),
    Step(
        "alice ticks the final review and closes the post-mortem. The second action has two weeks left.",
        completes,
        "it stays closed: every action has its issue, its owner and its day",
        lambda on: (
            on.post_mortem.state == "closed"
            and says(on, "Closed, with its follow-through in place")
            and column(on) == "complete"
        ),
    ),
)

# What becomes of it when nobody thinks of it any more.
WEEKS: tuple[Step, ...] = (
    Step(
        "Two weeks pass. The day of the second action has come, and it is still open.",
        nothing,
        "bob is reminded, once, with every way out",
        lambda on: reminders(on) == (1, 0) and says(on, "@bob: this action is due", second(on)),
        wait=LATE,
    ),
    Step(
        "Three working days more.",
        nothing,
        "the overdue label is on; the next reminder stands, and the one before it is folded",
        lambda on: reminders(on) == (1, 1) and "overdue" in second(on).labels,
        wait=3,
    ),
    Step(
        "A week after its day.",
        nothing,
        "now alice, whose post-mortem it is, hears of it too: one reminder at a time, each of them once",
        lambda on: reminders(on) == (1, 2) and says(on, "@bob, @alice: this action was due", second(on)),
        wait=4,
    ),
    Step(
        "bob answers: the vendor ships next month, and he says so with a command.",
        lambda on: on.comment(second(on), "bob", f"/pm extend {on.days.day(LATER)} the vendor ships next month"),
        "the deadline has moved in issue and post-mortem, the label is off, the reminders begin anew",
        lambda on: (
            reminders(on) == (0, 3)
            and "overdue" not in second(on).labels
            and f"@bob - {on.days.day(LATER)}" in on.post_mortem.body
        ),
    ),
    Step(
        "A month after the close.",
        nothing,
        "a follow-up review is opened for alice: completed is not the same as effective",
        lambda on: on.action("Follow-up review").assignees == ["alice"] and len(on.issues) == 4,
        wait=9,
    ),
    Step(
        "And another week. The new deadline has passed as well.",
        nothing,
        "bob is reminded of the new one",
        lambda on: reminders(on) == (1, 3) and "overdue" in second(on).labels,
        wait=8,
    ),
)


@dataclass(frozen=True)
class Plot:
    """What is played: `steps` on one forge after the other, `weeks` on all of them at once."""

    steps: tuple[Step, ...] = STEPS
    weeks: tuple[Step, ...] = WEEKS
    forges: tuple[str, ...] = tuple(FILES)
