"""Why something failed, in the words that an operator is given."""

from __future__ import annotations

import traceback

from service.providers.base import ProviderError
from service.store.database import StoreUnavailable


def reason_of(error: Exception) -> str:
    """An expected error's own sentence; else its type and the last lines of ours that it passed."""
    if isinstance(error, ProviderError | StoreUnavailable):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    path = " < ".join(f"{frame.filename.rpartition('/service/')[2]}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__}: {error} ({path})"
