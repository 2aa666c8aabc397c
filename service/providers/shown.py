"""The text of an issue as a reply has just shown it, so that changing that text need not ask for it once more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.model import IssueRef

_AT_ONCE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Shown:
    """`requests` had been sent when the reply came in. Only the very last reply counts as reading the text: what lies
    between it and the write that follows is as little as between a read and a write.
    """

    ref: IssueRef
    body: str
    requests: int
    at: datetime

    def is_of_now(self, ref: IssueRef, requests: int, now: datetime) -> bool:
        return (ref, requests) == (self.ref, self.requests) and now - self.at <= _AT_ONCE
