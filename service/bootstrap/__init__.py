"""Where everything is put together, once; and the only place that reads the wall clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.bootstrap.clock import wall_clock

if TYPE_CHECKING:
    from service.bootstrap.service import Service

__all__ = ["Service", "wall_clock"]


def __getattr__(name: str) -> Any:
    """`Service`, on demand: it takes a second to import, and `closeout serve` answers health checks before."""
    if name != "Service":
        raise AttributeError(name)
    from service.bootstrap.service import Service  # noqa: PLC0415

    return Service
