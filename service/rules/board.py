"""A post-mortem's card is in the column that its state has reached, or in the earlier one a person chose.

Why: the board is how a team sees at a glance which post-mortems are stuck.

Remedy: the card follows from Draft to Review, Actions Created and In Progress; a closed one is Complete. Move a card
back and it stays there until the state moves on. A card moved ahead of its state is moved back, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from service.case import Case
from service.model import AddLabels, EnsureLabel, MoveCard, Remember, RemoveLabels, Say, Verdict
from service.rules import ACTION_ITEM, POST_MORTEM, Example, Options, Rule
from service.vocabulary import COLUMNS, word_of


class BoardOptions(Options):
    project: int | None = Field(
        None,
        description="GitHub: the number of the organisation's project. Without it, columns are those of the only "
        "project the issue is on, or labels.",
    )


def check(case: Case, options: BoardOptions) -> Iterator[Verdict]:
    if case.kind == "action-item":
        yield from _action_item(case, options)
        return
    if case.state.template is None or case.closed_before_adoption:
        return
    project = _project(case, options)
    current = _on_labels(case) if project is None else _on_project(case, project)
    furthest = reached(case)
    wanted = _wanted(case, current, furthest)
    if current is not None and COLUMNS.index(current) > COLUMNS.index(wanted) and current != case.state.column:
        yield _moved_back(case, current, wanted)
    if project is None:
        yield from _labelled(case, wanted)
    elif current != wanted:
        yield MoveCard(case.issue.ref, project, str(getattr(case.vocabulary.columns, wanted)))
    held = furthest if wanted != furthest else None
    if (case.state.column, case.state.held) != (wanted, held):
        yield Remember({"column": wanted, "held": held})


def _action_item(case: Case, options: BoardOptions) -> Iterator[Verdict]:
    """An action item is on the policy's project too; where its card goes from there is people's business.

    A card without a column was added and not yet placed: by us, cut short, or by the project's own automation.
    """
    named = options.project is not None and case.snapshot.capabilities.project_board and case.issue.key is not None
    placed = any(card.project == options.project and card.column is not None for card in case.issue.cards)
    if named and case.issue.state == "open" and not placed:
        yield MoveCard(case.issue.ref, int(options.project or 0), case.vocabulary.columns.actions_created)


def _project(case: Case, options: BoardOptions) -> int | None:
    """The policy's project; without one, the only board the issue is on, if it has our columns."""
    if not case.snapshot.capabilities.project_board:
        return None
    if options.project is not None or len(case.issue.cards) != 1:
        return options.project
    [card] = case.issue.cards
    return card.project if card.column and word_of(case.vocabulary.columns, card.column) else None


def reached(case: Case) -> str:
    """The furthest column the post-mortem's state allows."""
    if case.issue.state == "closed":
        return "complete"
    children = tuple(case.children.values())
    if children:
        return "in_progress" if any(child.state == "closed" for child in children) else "actions_created"
    return "review" if case.state.review or not case.missing_sections else "draft"


def _wanted(case: Case, current: str | None, furthest: str) -> str:
    """The column a person chose, if the state has come that far; it holds until the state moves on."""
    last = case.state.column
    if current is None or current == last:
        return current if current is not None and case.state.held == furthest else furthest
    return current if COLUMNS.index(current) <= COLUMNS.index(furthest) else furthest


def _on_project(case: Case, project: int) -> str | None:
    column = next((card.column for card in case.issue.cards if card.project == project), None)
    return word_of(case.vocabulary.columns, column) if column is not None else None


def _column_labels(case: Case) -> tuple[str, ...]:
    """The columns that are labels: all but Complete where the forge itself shows closed issues as a column."""
    return COLUMNS[:-1] if case.snapshot.capabilities.closed_is_a_column else COLUMNS


def _on_labels(case: Case) -> str | None:
    """The column label on the issue; of several the one that is not ours, for that is what a person just did."""
    on = [word for word in case.words_on(case.vocabulary.labels.column) if word in _column_labels(case)]
    return next((word for word in on if word != case.state.column), on[0] if on else None)


def _labelled(case: Case, wanted: str) -> Iterator[Verdict]:
    names, ref = case.vocabulary.labels.column, case.issue.ref
    for column in _column_labels(case):
        label = case.vocabulary.column_label(column)
        if not case.exists(label):
            yield EnsureLabel(ref, label)
    if wanted in _column_labels(case) and wanted not in case.words_on(names):
        yield AddLabels(ref, frozenset({str(getattr(names, wanted))}))
    others = frozenset(label for label in case.issue.labels if word_of(names, label) not in {None, wanted})
    if others:
        yield RemoveLabels(ref, others)


def _moved_back(case: Case, current: str, wanted: str) -> Say:
    names = case.vocabulary.columns
    needs = {
        "review": "its required sections to be written, or the command `/pm review`",
        "actions_created": "at least one action item with its issue",
        "in_progress": "at least one action item that is done",
        "complete": "the post-mortem to be closed, and the close to pass its checks",
    }
    ahead, back = getattr(names, current), getattr(names, wanted)
    return Say(
        f"moved-back:{current}",
        f"The card was moved to **{ahead}**, and it is back in **{back}**: {ahead} needs {needs.get(current, 'more')}.",
        None,
    )


RULE = Rule(
    id="board",
    about=POST_MORTEM | ACTION_ITEM,
    options=BoardOptions,
    check=check,
    stage="judges",
    doc=__doc__,
    examples=(Example("a new post-mortem is a draft", "", frozenset({"post-mortem"}), changes=("AddLabels",)),),
)
