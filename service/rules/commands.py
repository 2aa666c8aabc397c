"""A `/pm` line in a comment has its effect once, and its author gets an answer.

Why: people are in the issue already; a word there beats a tool they have to find first.

Remedy: begin a line with `/pm help` to see what can be asked for here. A mistake is answered with the right form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

from pydantic import Field

from service import document
from service.case import Case
from service.command import REPLY, Asked, Command, Mistaken
from service.decisions import extend, snooze, wont_do
from service.marks import put_on, take_off
from service.meetings import attended, schedule, unschedule
from service.model import (
    Acknowledge,
    AddLabels,
    Comment,
    Override,
    Permission,
    Remember,
    RemoveLabels,
    Say,
    SetBody,
    Track,
    Verdict,
)
from service.rules import ACTION_ITEM, POST_MORTEM, Example, Options, Rule
from service.vocabulary import CATEGORIES, SEVERITIES, Strict, word_of
from service.wording import quoted


class CommandsOptions(Options):
    needs: Permission = Field(
        Permission.TRIAGE,
        description="The permission that changing commands need; the issue's author and an item's owner have it too.",
    )
    override_needs: Permission = Field(Permission.MAINTAIN, description="The permission that `/pm override` needs.")
    disabled: tuple[str, ...] = Field((), description="Commands that are switched off, such as `override`.")


def check(case: Case, options: CommandsOptions) -> Iterator[Verdict]:
    """One comment at a time, oldest first: each sees what the one before it did."""
    comment = next(iter(pending(case)), None)
    if comment is None:
        return
    yield Acknowledge(case.issue.ref, comment.id)
    answers: list[str] = []
    for _, words in document.command_lines(comment.body):
        try:
            for verdict in _follow(case, options, comment, words):
                if isinstance(verdict, Say):
                    answers.append(verdict.text)
                    wants_points = verdict.findings is None
                    if wants_points:
                        answers.append("")
                else:
                    yield verdict
                    case = _remembering(case, verdict)
        except Mistaken as mistake:
            answers.append(f"@{comment.author}: {mistake}")
    seen = {c.id for c in case.snapshot.comments}
    answered = tuple(i for i in case.state.answered if i in seen)
    yield Remember({"answered": (*answered, comment.id)})
    if answers:
        yield Say(f"{REPLY}{comment.id}", "\n\n".join(a for a in answers if a), None if "" in answers else ())


def _remembering(case: Case, verdict: Verdict) -> Case:
    """What the next line of the same comment finds remembered."""
    if not isinstance(verdict, Remember):
        return case
    return replace(case, snapshot=replace(case.snapshot, state=replace(case.state, **verdict.values)))


def pending(case: Case) -> tuple[Comment, ...]:
    """Comments of people that hold a command which has had no effect yet."""
    return tuple(
        comment
        for comment in case.snapshot.comments
        if comment.topic is None
        and comment.author != case.snapshot.viewer
        and comment.id not in case.state.answered
        and document.command_lines(comment.body)
    )


def _follow(case: Case, options: CommandsOptions, comment: Comment, words: str) -> Iterator[Verdict]:
    name, *rest = words.split() or ["help"]
    enabled = [key for key in COMMANDS if key not in options.disabled and _fits(COMMANDS[key], case)]
    command = COMMANDS[name.lower()] if name.lower() in enabled else None
    if command is None:
        close = get_close_matches(name.lower(), enabled, n=1)
        hint = f" Did you mean `/pm {close[0]}`?" if close else ""
        raise Mistaken(f"there is no command {quoted(name)}.{hint} `/pm help` lists what there is.")
    if not _may(case, options, command, comment):
        needed = options.override_needs if command.override else options.needs
        raise Mistaken(
            f"`/pm {name.lower()}` needs {needed} permission in this project. Please ask somebody who has it."
        )
    if case.state.paused and name.lower() not in {"resume", "help", "why"}:
        raise Mistaken("Closeout is paused here. `/pm resume` wakes it.")
    yield from command.effect(case, Asked(comment, tuple(rest), offered(case, options, comment)))


def _fits(command: Command, case: Case) -> bool:
    return command.free or case.kind in command.about


def _may(case: Case, options: CommandsOptions, command: Command, comment: Comment) -> bool:
    if command.free:
        return True
    permission = comment.permission or Permission.NONE
    if command.override:
        return permission.allows(options.override_needs)
    theirs = {case.issue.author, *(case.issue.assignees if case.kind == "action-item" else ())}
    return permission.allows(options.needs) or comment.author in theirs


# --- what each command does -----------------------------------------------------------------------------------


def _help(case: Case, asked: Asked) -> Iterator[Verdict]:  # noqa: ARG001 - every effect has this shape
    lines = [f"- `/pm {usage}`: {meaning}" for usage, meaning in asked.offered.items()]
    yield Say("help", "Begin a line of a comment with one of these:\n\n" + "\n".join(lines))


def _why(case: Case, asked: Asked) -> Iterator[Verdict]:  # noqa: ARG001 - every effect has this shape
    what = "post-mortem" if case.kind == "post-mortem" else "action item"
    yield Say("why", f"What stands between this {what} and its close:", None)


def _review(case: Case, asked: Asked) -> Iterator[Verdict]:
    if case.state.review:
        raise Mistaken("the review was asked for already.")
    yield Remember({"review": True})
    yield Say("review", f"@{asked.comment.author} says that this post-mortem is ready for review. Still open:", None)


def _severity(case: Case, asked: Asked) -> Iterator[Verdict]:
    yield from _set_word(case, asked, "severity", SEVERITIES)


def _category(case: Case, asked: Asked) -> Iterator[Verdict]:
    yield from _set_word(case, asked, "category", CATEGORIES)


def _set_word(case: Case, asked: Asked, field: str, known: tuple[str, ...]) -> Iterator[Verdict]:
    word = asked.rest.lower().removeprefix(f"{field}-")
    if word not in known:
        given = quoted(asked.rest) if asked.rest else "nothing"
        raise Mistaken(f"{given} is no {field} here. Write `/pm {field}` and one of {', '.join(known)}.")
    names: Strict = getattr(case.vocabulary.labels, field)
    others = frozenset(label for label in case.issue.labels if word_of(names, label) not in {None, word})
    if others:
        yield RemoveLabels(case.issue.ref, others)
    if word not in case.words_on(names):
        yield AddLabels(case.issue.ref, frozenset({str(getattr(names, word))}))
    body = document.set_field(case.document, field, word)
    if body != case.issue.body:
        yield SetBody(case.issue.ref, case.issue.body, body)
    yield Remember({field: word})


def _template(case: Case, asked: Asked) -> Iterator[Verdict]:
    names = sorted(name for name, template in case.templates.items() if template.purpose == "post-mortem")
    if asked.rest not in names:
        raise Mistaken(f"there is no template {quoted(asked.rest)}. There are: {', '.join(names)}.")
    yield Remember({"pinned": asked.rest})


def _actions(case: Case, asked: Asked) -> Iterator[Verdict]:  # noqa: ARG001 - every effect has this shape
    yield Remember({"spawn": True})


def _drop(case: Case, asked: Asked) -> Iterator[Verdict]:
    number, *reason = asked.words or ("",)
    wanted = number if "#" in number else f"#{number}"
    tracked = next((item for item in case.state.items if item.ref == wanted), None)
    if tracked is None:
        known = ", ".join(item.ref for item in case.state.items) or "none yet"
        there = f"{quoted(number)} is no action of this post-mortem (there is {known})"
        raise Mistaken(f"{there}. Write `/pm drop`, the action's issue number, and the reason.")
    if not reason:
        raise Mistaken(f"please say why: `/pm drop {wanted} <reason>`. The reason stays on record.")
    yield Track(replace(tracked, dropped=" ".join(reason)))


def _override(case: Case, asked: Asked) -> Iterator[Verdict]:
    if not asked.words:
        raise Mistaken("please say why: `/pm override <reason>`. The reason stays on record.")
    made = Override(asked.comment.author, asked.comment.created_at or case.now, asked.rest)
    yield Remember({"overrides": (*case.state.overrides, made)})
    yield Say(
        "override",
        f"@{made.by} decided that this post-mortem may close as it is: {quoted(made.reason)}. "
        "The decision is on record; it may be closed now.",
    )


def _pause(case: Case, asked: Asked) -> Iterator[Verdict]:  # noqa: ARG001 - every effect has this shape
    """The label is written this once: it tells people, the audit, and the ladders of a post-mortem's action items."""
    yield from put_on(case, case.vocabulary.paused_label)
    yield Remember({"paused": True})


def _resume(case: Case, asked: Asked) -> Iterator[Verdict]:  # noqa: ARG001 - every effect has this shape
    yield from take_off(case, case.vocabulary.paused_label)
    yield Remember({"paused": False})


COMMANDS: dict[str, Command] = {
    "help": Command("help", "shows what can be asked for here", _help, free=True),
    "why": Command("why", "lists what still blocks closing, and the fix for each", _why, free=True),
    "review": Command("review", "says that the text is ready for review", _review),
    "severity": Command("severity critical|high|medium|low", "sets the severity in text and label", _severity),
    "category": Command(f"category {'|'.join(CATEGORIES)}", "sets the category in text and label", _category),
    "template": Command("template NAME", "adds the missing sections of another template", _template),
    "actions": Command("actions", "creates the issues of all complete action items now", _actions),
    "drop": Command("drop #N <reason>", "takes an action off the list, with its reason on record", _drop),
    "override": Command("override <reason>", "lets it close with open points (maintainers)", _override, override=True),
    "schedule": Command(
        "schedule 2026-03-02 15:00 Europe/Berlin @login",
        "posts the agenda of the meeting, with its clock set",
        schedule,
    ),
    "unschedule": Command("unschedule", "calls the meeting off", unschedule),
    "attended": Command("attended @login", "records who was at the meeting", attended),
    "extend": Command("extend 2026-04-01 <reason>", "moves the deadline, on record", extend, ACTION_ITEM),
    "snooze": Command("snooze 2w <reason>", "no reminders for so long, on record", snooze, ACTION_ITEM),
    "wont-do": Command("wont-do <reason>", "closes it as not planned, on record", wont_do, ACTION_ITEM),
    "pause": Command("pause", "Closeout leaves this issue alone", _pause, POST_MORTEM | ACTION_ITEM),
    "resume": Command("resume", "Closeout looks after it again", _resume, POST_MORTEM | ACTION_ITEM),
}


def offered(case: Case, options: CommandsOptions, comment: Comment) -> dict[str, str]:
    """Usage and meaning of each command that is enabled, of use in this state, and this person's to give."""
    fitting = [name for name in COMMANDS if name not in options.disabled and _fits(COMMANDS[name], case)]
    names = [name for name in fitting if _may(case, options, COMMANDS[name], comment)]
    if case.state.paused:
        names = [name for name in names if name in {"help", "why", "resume"}]
    else:
        names = [name for name in names if name != "resume"]
    return {COMMANDS[name].usage: COMMANDS[name].meaning for name in names}


RULE = Rule(
    id="commands",
    about=POST_MORTEM | ACTION_ITEM,
    options=CommandsOptions,
    check=check,
    stage="asks",
    doc=__doc__,
    examples=(Example("no command, nothing to do", "", frozenset({"post-mortem"})),),
)
