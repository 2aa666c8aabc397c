"""What a person at a terminal sees of the forges' limits: a line for each wait, and never a hang."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.cli.screen import say

if TYPE_CHECKING:
    from service.bootstrap.looking import Looking
    from service.settings import Settings

_AN_HOUR = 3600.0  # seconds, as long as any window of the forges
_WORTH_A_LINE = 5.0  # seconds; a pause after an answer that failed is shorter


@contextmanager
def looking_at(settings: Settings) -> Iterator[Looking]:
    """For a command that waits as long as the limits ask. They are shared with the service on the same database.

    Raises `SettingsError` where the fallback policy cannot be used.
    """
    from service.bootstrap.clock import pause, wall_clock  # noqa: PLC0415
    from service.bootstrap.looking import Looking, Waiting  # noqa: PLC0415
    from service.bootstrap.sharing import shared_limits  # noqa: PLC0415

    with shared_limits(settings, alone, wall_clock) as limits:
        yield Looking(settings, wall_clock, pause, limits=limits, waiting=Waiting(_AN_HOUR, tell))


def tell(forge: str, seconds: float) -> None:
    if seconds >= _WORTH_A_LINE:
        say(f"closeout: waiting {_long(seconds)} for {forge}'s limit (Ctrl-C ends it)", error=True)


def alone(reason: str) -> None:
    say(f"closeout: limits are not shared with the service, this command keeps to them alone: {reason}", error=True)


def _long(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
