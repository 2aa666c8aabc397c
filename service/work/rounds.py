"""Going from project to project, where one's trouble is its own and a forge that asks to wait is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import structlog

from service.providers.base import ProviderError, RateLimited
from service.store.database import StoreUnavailable
from service.work.jobs import Interrupted, Turn

Project: TypeAlias = tuple[str, str]  # (forge, path)
_log = structlog.get_logger()


def visit(turn: Turn, projects: Iterable[Project], call: Callable[[str, str], None], *, failed: str) -> None:
    """Calls with forge and path of each project. What that raises is logged as the event `failed`.

    Raises `Interrupted` and `StoreUnavailable` at once, and `RateLimited` at the end, if a forge asked to wait.
    """
    limited: dict[str, RateLimited] = {}
    for forge, project in projects:
        turn.go_on()
        log = _log.bind(project=f"{forge}:{project}")
        if forge in limited:
            continue
        try:
            call(forge, project)
        except RateLimited as error:
            limited[forge] = error
        except (Interrupted, StoreUnavailable):
            raise
        except ProviderError as error:
            log.warning(failed, reason=str(error))
        except Exception:
            log.exception(failed)
    if limited:
        raise max(limited.values(), key=lambda error: error.retry_after)
