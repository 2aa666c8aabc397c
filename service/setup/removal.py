"""Undoing a set-up, as steps: pure. What people use, and what may not be ours, stays, and the step says why."""

from __future__ import annotations

from collections.abc import Iterator

from service.model import Label
from service.providers.setup import Board
from service.setup.seen import Seen, Unseen
from service.setup.steps import DeleteBoard, DeleteLabel, DeleteWebhook, Step, fitting
from service.setup.wanted import BOARD_TITLE, Wanted
from service.wording import counted


def decide(seen: Seen, wanted: Wanted) -> tuple[Step, ...]:
    return (*_webhook(seen, wanted), *_board(seen, wanted), *_labels(seen, wanted), *_files(seen, wanted))


def _webhook(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    target = wanted.choice.webhook
    if target is None:
        yield Step("=", "webhook", "any", "say which with --webhook URL to have it removed")
        return
    if isinstance(seen.webhooks, Unseen):
        yield Step("!", "webhook", target.url, seen.webhooks.why)
        return
    yield from (
        Step("-", "webhook", hook.url, "", DeleteWebhook(hook)) for hook in seen.webhooks if hook.url == target.url
    )


def _board(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    if isinstance(seen.boards, Unseen):
        yield Step("!", "board", "cannot be seen", seen.boards.why)
        return
    board = fitting(seen.boards, wanted)
    if board is None:
        return
    name = f"{board.title} (#{board.number})"
    reason = _why_keep(board, wanted)
    yield Step("=", "board", name, reason) if reason else Step("-", "board", name, "", DeleteBoard(board))


def _why_keep(board: Board, wanted: Wanted) -> str:
    if board.cards:
        return f"stays: it holds {counted(board.cards, 'card')}"
    if board.title != BOARD_TITLE or not board.marked:
        return "stays: it was not made by set-up"
    if board.columns != wanted.columns:
        return "stays: somebody changed its columns"
    return ""


def _labels(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    if isinstance(seen.labels, Unseen):
        yield Step("!", "labels", "cannot be seen", seen.labels.why)
        return
    there = {each.label.name.casefold(): each for each in seen.labels}
    for label in wanted.labels:
        found = there.get(label.name.casefold())
        if found is None:
            continue
        reason = "stays: it is the group's" if found.inherited else _why_keep_label(found.label, label, seen)
        name = found.label.name
        yield Step("=", "label", name, reason) if reason else Step("-", "label", name, "", DeleteLabel(name))


def _why_keep_label(found: Label, ours: Label, seen: Seen) -> str:
    if found.name in seen.used_labels:
        return "stays: issues carry it"
    if (found.name, found.color.lower(), found.description) != (ours.name, ours.color, ours.description):
        return "stays: it looks different from what set-up makes"
    return ""


def _files(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    if isinstance(seen.files, Unseen):
        return
    there = [path for path in wanted.paths if seen.files.texts.get(path) is not None]
    yield from (Step("=", "file", path, "stays: delete it with a request of your own") for path in there)
    request = seen.files.request
    if request is not None and request.state == "open":
        yield Step("!", "request", request.url, "close it, and delete its branch")
