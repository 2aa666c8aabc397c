"""An action item's people hear of its deadline in good time, and more of them the longer it has passed.

Why: reminders that end when the incident is over, or come five at a time, are how promises are forgotten.

Remedy: each step of the ladder is said once for each deadline, on a working day outside quiet hours: in a comment of
its own, while the one before is folded, in the audit's summary, or by message (`how`). Do it, hand it over, or comment
`/pm extend`, `/pm snooze` or `/pm wont-do`.
Deadlines that move again and again earn the item the label `slipping`: make it smaller, or decide against it.
`/pm pause` silences the issue it is said on, and on a post-mortem its action items too, until `/pm resume`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pydantic import Field, field_validator

from service.case import Case
from service.ladder import LADDER, NUDGE, Rung, Standing, Step, rests, sleeping, standing, told, underway
from service.marks import put_on
from service.model import Finding, Fold, Remember, Revisit, Say, Tell, Verdict
from service.rules import ACTION_ITEM, Example, Options, Rule
from service.timeboxes import Planned
from service.wording import plain, quoted, times

_MORE = 14  # days; the example of an extension


class EscalationOptions(Options):
    steps: tuple[Step, ...] = Field(
        LADDER,
        description="The ladder; each step happens once for each deadline. `offset`: days after it, below 0 before; "
        "`days`: `calendar` or `business`; `tell`: `owner`, `post-mortem-owner`, `team-lead`, a login, a team, or a "
        "channel such as `route:oncall`; `how`: `comment` on the item, `digest` (the audit's summary), or "
        "`notification` (a message, and a comment where no route takes it).",
    )

    @field_validator("steps")
    @classmethod
    def _each_once(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        names = [step.name for step in steps]
        doubled = next((name for name in names if names.count(name) > 1), None)
        if doubled is not None:
            raise ValueError(f"there are two steps {doubled}, and one is taken: name everybody in its `tell`")
        return steps

    extensions: int = Field(
        2,
        ge=1,
        description="From so many extensions on, advice says that the plan needs another look, and each puts on the "
        "label `slipping`.",
    )
    snoozes: int = Field(3, ge=1, description="From so many snoozes on, the same.")
    planned: Planned = Field(Planned(), description="Whether items in a current milestone or iteration are left alone.")


def check(case: Case, options: EscalationOptions) -> Iterator[Verdict]:
    now = standing(case, options.steps, options.planned)
    if now.next_at is not None:
        yield Revisit(now.next_at)
    yield from _advice(case, options)
    if case.issue.state == "open":
        yield from _slipping(case, options)
        yield from _waits(case, options)
        yield from _reminders(case, now)


def _slipping(case: Case, options: EscalationOptions) -> Iterator[Verdict]:
    """A listing shows the label, and neither comments nor decisions. Each extension puts it on once: who takes it off
    by hand has had another look. It stays on a closed item, whose close may yet be undone.
    """
    moved = _made(case, "extend")
    if moved >= options.extensions and moved > case.state.slipping:
        yield from put_on(case, case.vocabulary.slipping_label)
        yield Remember({"slipping": moved})


def _made(case: Case, what: str) -> int:
    return sum(decision.what == what for decision in case.state.decisions)


def _waits(case: Case, options: EscalationOptions) -> Iterator[Finding]:
    if case.deadline is not None and rests(case) and case.snapshot.parent is not None:
        named = case.ref_text(case.snapshot.parent.ref)
        yield Finding("escalation", "skipped", f"No reminders while its post-mortem {named} is paused.")
    turn = underway(case, options.planned)
    if turn is not None and case.deadline is not None:
        named = f"the {turn.box.kind} {quoted(turn.box.title)}" if turn.box.title else f"an {turn.box.kind}"
        yield Finding("escalation", "skipped", f"No reminders before {named} is over, on {turn.last}.")


def _reminders(case: Case, now: Standing) -> Iterator[Verdict]:
    rung = now.rung
    is_said = rung is not None and _is_taken(case, rung)
    if rung is not None and rung.step.how != "digest" and not is_said:
        opens = case.calendar.opens(case.now)
        is_said = opens <= case.now
        yield _reminder(case, rung) if is_said else Revisit(opens)
    for comment in case.snapshot.comments:
        topic = comment.topic or ""
        is_of_now = case.deadline is not None and topic.startswith(f"{NUDGE}{case.deadline}:")
        has_passed = is_said and rung is not None and topic != rung.topic
        if topic.startswith(NUDGE) and (has_passed or not is_of_now):
            yield Fold(topic, "An earlier reminder")


def _is_taken(case: Case, rung: Rung) -> bool:
    """The tracker remembers: a comment of ours, or, of a message, the hidden state."""
    is_told = any(one.step == rung.name for one in case.state.told)
    return is_told or case.snapshot.comment(rung.topic) is not None


def _reminder(case: Case, rung: Rung) -> Verdict:
    said = Say(rung.topic, _words(case, rung))
    return Tell(rung.name, said) if rung.step.how == "notification" else said


def _advice(case: Case, options: EscalationOptions) -> Iterator[Verdict]:
    """What moves again and again is too large, in the wrong hands, or not wanted."""
    moved, slept = _made(case, "extend"), _made(case, "snooze")
    said = [f"Its deadline was moved {times(moved)}."] if moved >= options.extensions else []
    said += [f"It was snoozed {times(slept)}."] if slept >= options.snoozes else []
    if said and case.issue.state == "open":
        fix = "Make it smaller, hand it over, or decide that it will not be done: `/pm wont-do <reason>`."
        yield Finding("escalation", "advises", " ".join(said), where="Deadline", fix=fix, who=case.owners)
    nap = sleeping(case)
    if nap is not None and case.issue.state == "open":
        yield Finding("escalation", "skipped", f"No reminders before {nap.until}: {plain(nap.reason)}")


# --- the words ------------------------------------------------------------------------------------------------


def _words(case: Case, rung: Rung) -> str:
    names = ", ".join(_call(case, rung.step, name) for name in told(case, rung.step))
    later = case.calendar.working_day(case.calendar.shifted(rung.deadline, _MORE))
    return "\n".join(
        [
            f"{f'{names}: ' if names else ''}{_what(rung.step, rung.deadline)} Whichever of these fits puts it right:",
            "",
            "- It is done: tick what holds in its definition of done, and close it.",
            f"- It takes longer: `/pm extend {later} <reason>`.",
            "- It has to wait: `/pm snooze 2w <reason>`; nobody is reminded meanwhile.",
            "- Somebody else does it: assign them.",
            "- It is not needed any more: `/pm wont-do <reason>`.",
        ]
    )


def _what(step: Step, deadline: date) -> str:
    """Said of the deadline, not of today: a step that comes late must still be true."""
    if step.offset > 0:
        return f"this action was due on {deadline} and is still open. Plans change, and that is fine."
    return f"this action is due on {deadline}."


def _call(case: Case, step: Step, name: str) -> str:
    """Who is named by the policy or assigned, and whom the forge would let be, is called; another owner is named: a
    name in a text must not make us call out to everybody.
    """
    if name not in case.owners or name in {who.removeprefix("@") for who in step.people}:
        return f"@{name}"
    may = name in case.issue.assignees or bool(case.snapshot.people.get(name))
    return f"@{name}" if may else f"`{plain(name)}`"


_LABELS = frozenset({"type-action-item"})

RULE = Rule(
    id="escalation",
    about=ACTION_ITEM,
    options=EscalationOptions,
    check=check,
    stage="judges",
    doc=__doc__,
    examples=(
        Example(
            "a week past its deadline",
            "**Owner:** @bob\n**Deadline:** 2026-02-20\n",
            _LABELS,
            changes=("EnsureComment",),
        ),
        Example("due in a month", "**Owner:** @bob\n**Deadline:** 2026-04-01\n", _LABELS),
    ),
)
