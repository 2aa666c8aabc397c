"""Carrying steps out: each by itself, so that one that is refused does not stop the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

from service.providers.base import Forbidden, NotFound, ProviderError, Rejected
from service.providers.setup import Board, ProjectSetup, Proposal
from service.setup import files
from service.setup.steps import (
    Action,
    AddColumns,
    ChangeWebhook,
    CreateBoard,
    CreateLabel,
    CreateWebhook,
    DeleteBoard,
    DeleteLabel,
    DeleteWebhook,
    Propose,
    Step,
)
from service.setup.wanted import Wanted

Result: TypeAlias = Literal["done", "refused", "failed", "left"]  # failed: no answer, worth another try


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step; `said` is the new request's address, or why it did not work."""

    step: Step
    result: Result
    said: str = ""


class Crew:
    """Acts on one project."""

    def __init__(self, setup: ProjectSetup, project: str, wanted: Wanted) -> None:
        self._setup = setup
        self._project = project
        self._wanted = wanted
        self._board: Board | None = None  # made by a step before

    def carry_out(self, steps: Iterable[Step]) -> Iterator[Outcome]:
        """Each step's outcome as soon as it is there."""
        for step in steps:
            yield Outcome(step, "left") if step.action is None else self._tried(step, step.action)

    def _tried(self, step: Step, action: Action) -> Outcome:
        try:
            return Outcome(step, "done", self._act(action))
        except (Forbidden, NotFound, Rejected) as error:
            return Outcome(step, "refused", str(error))
        except ProviderError as error:
            return Outcome(step, "failed", str(error))

    def _act(self, action: Action) -> str:
        setup, project = self._setup, self._project
        match action:
            case CreateLabel(label=label):
                setup.create_label(project, label)
            case CreateBoard(title=title, columns=columns):
                self._board = setup.create_board(project, title, columns)
                return self._board.url
            case AddColumns(board=board, columns=columns):
                setup.add_columns(project, board, columns)
            case CreateWebhook(wanted=wanted):
                setup.create_webhook(project, wanted)
            case ChangeWebhook(webhook=webhook, wanted=wanted):
                setup.change_webhook(project, webhook, wanted)
            case Propose():
                return self._propose(action)
            case DeleteLabel(name=name):
                setup.delete_label(project, name)
            case DeleteBoard(board=board):
                setup.delete_board(project, board)
            case DeleteWebhook(webhook=webhook):
                setup.delete_webhook(project, webhook)
            case _:
                assert_never(action)
        return ""

    def _propose(self, action: Propose) -> str:
        kind = self._wanted.kind
        made = self._board.number if self._board is not None and kind == "github" else action.board
        texts = files.texts(kind, action.paths, self._wanted.vocabulary, made)
        body = files.request_body(kind, action.paths)
        return self._setup.propose(self._project, Proposal(files.BRANCH, files.TITLE, body, texts)).url
