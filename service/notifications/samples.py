"""Invented messages, to see how they look where they arrive."""

from __future__ import annotations

from datetime import date

from service.model import IssueRef, Notice, NoticeKind
from service.notifications.letters import Messages, letter
from service.store.outbox import Letter


def greeting(route: str) -> Letter:
    words = "If you can read this, Closeout's notifications arrive here."
    return Letter("test", route, "test", "Closeout: a test message", words)


def of(kind: NoticeKind, route: str, messages: Messages) -> Letter:
    notice = Notice(
        kind=kind,
        key="test",
        ref=IssueRef("github", "acme/shop", 12),
        title="An example: checkout was down",
        url="https://example.com/acme/shop/issues/12",
        severity="high",
        owners=("bob",),
        teams=("payments",),
        due=date(2026, 3, 16),
        points=("Connection limits belong in the load test.", "The alert fires before the pool is full."),
    )
    return letter(notice, route, messages)
