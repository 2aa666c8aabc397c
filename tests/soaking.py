"""`make soak` is the test suite with more of everything: every point, the long scenarios, many more examples."""

from __future__ import annotations

import os

SOAKING = os.environ.get("CLOSEOUT_SWEEP") == "all"
_TIMES = 25


def examples(number: int) -> int:
    """For Hypothesis: so many, and a multiple of it in a soak."""
    return number * (_TIMES if SOAKING else 1)
