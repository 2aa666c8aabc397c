"""Every layer's expected errors, as an exit code and sentences: what happened, where, and what to do."""

from __future__ import annotations

from service.cli.screen import say
from service.providers.base import Forbidden, NotFound, ProviderError, RateLimited
from service.settings import SettingsError
from service.store.database import SchemaTooNew, SchemaTooOld, StoreUnavailable
from service.web.serving import PortInUse

USAGE = 2
UNAVAILABLE = 3


def explain(error: Exception) -> int | None:
    """Prints an expected error on stderr and returns its exit code; None for one that is ours to mend."""
    found = _sentences(error)
    if found is None:
        return None
    code, lines = found
    for line in lines:
        say(f"closeout: {line}", error=True)
    return code


def _sentences(error: Exception) -> tuple[int, tuple[str, ...]] | None:
    """The exit code and what to print, or None for an error that nobody foresaw."""
    match error:
        case SettingsError():
            return USAGE, error.problems
        case PortInUse():
            return USAGE, (
                f"{error}; choose another with --bind (CLOSEOUT_BIND) or --metrics-bind (CLOSEOUT_METRICS_BIND)",
            )
        case SchemaTooNew() | SchemaTooOld():
            return USAGE, (str(error),)
        case StoreUnavailable():
            return UNAVAILABLE, (f"{error} (CLOSEOUT_DATABASE_URL says where it is)",)
        case ProviderError():
            return UNAVAILABLE, (f"{error}{_advice(error)}",)
        case _:
            return None


def _advice(error: ProviderError) -> str:
    match error:
        case NotFound():
            return " (check the reference, and that our account may see the project)"
        case Forbidden():
            return " (check the token's permissions)"
        case RateLimited():
            return f" (try again in {error.retry_after:.0f} seconds)"
        case _:
            return " (try again later)"
