"""The text of an issue as the last reply showed it, so that changing that text need not ask for it once more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from service.model import IssueRef

_AT_ONCE = timedelta(seconds=1)


class LastReply:
    """`sent` counts requests. Only the very last reply stands for reading the text: between it and the write that
    follows lies as little as between a read and a write.
    """

    def __init__(self, sent: Callable[[], int], clock: Callable[[], datetime]) -> None:
        self._sent = sent
        self._clock = clock
        self._shown: tuple[IssueRef, int] | None = None
        self._text = ""
        self._until = clock()

    def showed(self, ref: IssueRef, text: str) -> None:
        self._shown, self._text, self._until = (ref, self._sent()), text, self._clock() + _AT_ONCE

    def text(self, ref: IssueRef) -> str | None:
        """The issue's text, if the last reply showed it just now."""
        is_of_now = self._shown == (ref, self._sent()) and self._clock() <= self._until
        return self._text if is_of_now else None
