"""From what is there and what is wanted to steps: pure. A step is a line of the plan, and what it does if anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from service.model import Label
from service.policy import FILES
from service.providers.setup import Board, WantedWebhook, Webhook
from service.setup.files import BRANCH
from service.setup.seen import Files, Seen, Unseen
from service.setup.wanted import BOARD_TITLE, Wanted

Mark: TypeAlias = Literal["+", "~", "=", "-", "!"]


@dataclass(frozen=True, slots=True)
class CreateLabel:
    label: Label


@dataclass(frozen=True, slots=True)
class CreateBoard:
    title: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddColumns:
    board: Board
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreateWebhook:
    wanted: WantedWebhook


@dataclass(frozen=True, slots=True)
class ChangeWebhook:
    webhook: Webhook
    wanted: WantedWebhook


@dataclass(frozen=True, slots=True)
class Propose:
    """These files are proposed. `board` is the number that the policy names; that of a board made just before wins."""

    paths: tuple[str, ...]
    board: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteLabel:
    name: str


@dataclass(frozen=True, slots=True)
class DeleteBoard:
    board: Board


@dataclass(frozen=True, slots=True)
class DeleteWebhook:
    webhook: Webhook


Action: TypeAlias = (
    CreateLabel
    | CreateBoard
    | AddColumns
    | CreateWebhook
    | ChangeWebhook
    | Propose
    | DeleteLabel
    | DeleteBoard
    | DeleteWebhook
)


@dataclass(frozen=True, slots=True)
class Step:
    mark: Mark
    kind: str
    name: str
    detail: str = ""
    action: Action | None = None


def decide(seen: Seen, wanted: Wanted, *, events: frozenset[str], adds_columns: bool) -> tuple[Step, ...]:
    """`events` and `adds_columns` are the forge's own, as `ProjectSetup` tells them."""
    return (
        *_labels(seen, wanted),
        *_board(seen, wanted, adds_columns=adds_columns),
        *_webhook(seen, wanted, events),
        *_files(seen, wanted),
    )


# --- labels ---------------------------------------------------------------------------------------------------


def _labels(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    if isinstance(seen.labels, Unseen):
        yield Step("!", "labels", "cannot be seen", seen.labels.why)
        return
    there = {each.label.name.casefold() for each in seen.labels}
    for label in wanted.labels:
        if label.name.casefold() in there:
            yield Step("=", "label", label.name)
        else:
            yield Step("+", "label", label.name, label.description, CreateLabel(label))


# --- the board ------------------------------------------------------------------------------------------------


def _board(seen: Seen, wanted: Wanted, *, adds_columns: bool) -> Iterator[Step]:
    if not wanted.choice.board:
        return
    if isinstance(seen.boards, Unseen):
        yield Step("!", "board", "cannot be seen", seen.boards.why)
        return
    board = fitting(seen.boards, wanted)
    if board is None and wanted.project is not None:
        detail = f"the policy names the project number {wanted.project}, and there is none that our account may see"
        yield Step("!", "board", f"number {wanted.project}", detail)
    elif board is None:
        yield Step("+", "board", BOARD_TITLE, _new_board(wanted), CreateBoard(BOARD_TITLE, wanted.columns))
    else:
        yield _on_board(board, lacking(board, wanted.columns), adds_columns=adds_columns)


def _new_board(wanted: Wanted) -> str:
    columns = f"columns {', '.join(wanted.columns)}"
    if wanted.kind == "gitlab":
        return columns
    return f'{columns}; then turn off its workflow "Item closed", which knows no column Done any more'


def _on_board(board: Board, missing: tuple[str, ...], *, adds_columns: bool) -> Step:
    name = f"{board.title} (#{board.number})"
    if not missing:
        return Step("=", "board", name)
    if adds_columns:
        return Step("~", "board", name, f"add {_listed(missing)}", AddColumns(board, missing))
    how = (
        f"add {_listed(missing)} to the field Status at {board.url} by hand: written from outside, every option would "
        "be a new one and every card would lose its column"
    )
    return Step("!", "board", name, how)


def fitting(boards: Sequence[Board], wanted: Wanted) -> Board | None:
    """The policy's board; without one the first that has every column, else the first with our title."""
    if wanted.project is not None:
        return next((board for board in boards if board.number == wanted.project), None)
    whole = (board for board in boards if not lacking(board, wanted.columns))
    named = (board for board in boards if board.title.casefold() == BOARD_TITLE.casefold())
    return next(whole, None) or next(named, None)


def lacking(board: Board, columns: Sequence[str]) -> tuple[str, ...]:
    there = {column.casefold() for column in board.columns}
    return tuple(column for column in columns if column.casefold() not in there)


# --- the webhook ----------------------------------------------------------------------------------------------


def _webhook(seen: Seen, wanted: Wanted, events: frozenset[str]) -> Iterator[Step]:
    target = wanted.choice.webhook
    if target is None:
        return
    if isinstance(seen.webhooks, Unseen):
        yield Step("!", "webhook", target.url, f"{seen.webhooks.why}; or add it by hand, for {_listed(sorted(events))}")
        return
    there = next((hook for hook in seen.webhooks if hook.url == target.url), None)
    if there is None:
        yield Step("+", "webhook", target.url, f"events {_listed(sorted(events))}", CreateWebhook(target))
        return
    missing = sorted(events - there.events)
    reasons = [*there.faults, *([f"lacks {_listed(missing)}"] if missing else [])]
    if wanted.choice.send_secret:
        reasons.append("the secret is sent again")
    if reasons:
        yield Step("~", "webhook", target.url, "; ".join(reasons), ChangeWebhook(there, target))
    else:
        yield Step("=", "webhook", target.url)


# --- files ----------------------------------------------------------------------------------------------------


def _files(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    if isinstance(seen.files, Unseen):
        yield Step("!", "files", ", ".join(wanted.paths), seen.files.why)
        return
    there = [path for path in wanted.paths if seen.files.texts.get(path) is not None]
    yield from (Step("=", "file", path) for path in there)
    yield from _unnamed_board(seen, wanted, seen.files)
    missing = tuple(path for path in wanted.paths if path not in there)
    yield from _proposal(seen, wanted, seen.files, missing)


def _proposal(seen: Seen, wanted: Wanted, files: Files, missing: tuple[str, ...]) -> Iterator[Step]:
    request = files.request
    if request is not None and request.state == "closed":
        again = (
            f"request {request.url} was closed without a merge; delete the branch {BRANCH} to have it proposed again"
        )
        yield from (Step("!", "file", path, again) for path in missing)
        return
    for path in missing:
        if path in files.proposed and request is not None:
            yield Step("=", "file", path, f"proposed in {request.url}")
    new = tuple(path for path in missing if path not in files.proposed)
    if new:
        is_open = request is not None and request.state == "open"
        where = f"added to {request.url}" if request and is_open else f"in a request from the branch {BRANCH}"
        yield Step("+", "file", _listed(new), where, Propose(new, _number(seen, wanted)))


def _number(seen: Seen, wanted: Wanted) -> int | None:
    """The board that the policy should name; only GitHub's has to be named."""
    if wanted.kind == "gitlab" or isinstance(seen.boards, Unseen) or not wanted.choice.board:
        return None
    board = fitting(seen.boards, wanted)
    return board.number if board is not None else None


def _unnamed_board(seen: Seen, wanted: Wanted, files: Files) -> Iterator[Step]:
    """A policy that is there is its team's to write, so the board is only pointed out."""
    path = FILES[wanted.kind]
    if wanted.kind == "gitlab" or not wanted.choice.board or wanted.project is not None:
        return
    if files.texts.get(path) is not None:
        number = _number(seen, wanted)
        which = number if number is not None else "the new board's number"
        yield Step("!", "file", path, f"name the board in it, under rules: `board: {{project: {which}}}`")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
