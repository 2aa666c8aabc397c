"""The service as processes of its own, until they are told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.settings import Bind, Settings
from service.web.serving import Served, serve, usable_port

if TYPE_CHECKING:
    from service.bootstrap.service import Service


def serve_forever(settings: Settings, ready: Callable[[Bind], None], failed: Callable[[Exception], int]) -> int:
    """`closeout serve`: until SIGTERM or SIGINT. Returns the exit code; raises `PortInUse`.

    `ready` is told where it listens. `failed` tells a person why the service cannot work, and gives the exit code.
    """
    bind = settings.bind._replace(port=usable_port(*settings.bind))
    ready(bind)
    return serve(lambda: _served(settings), failed, bind)


def _served(settings: Settings) -> Served:
    # Imported here, in the serving process: its server answers health checks meanwhile.
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.bootstrap.service import Service  # noqa: PLC0415

    configure(settings.log)
    service = Service(settings)
    site = service.site()
    service.work()
    return Served(site.app, service.stop, site.webhooks)


def work_forever(settings: Settings, stopping: threading.Event) -> None:
    """`closeout worker`: looks at issues that another process receives, until `stopping` is set.

    Answers for its health and metrics at `metrics_bind`, if there is one. Raises `PortInUse`.
    """
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.bootstrap.service import Service  # noqa: PLC0415

    configure(settings.log)
    with Service(settings) as service, _status(service, settings.metrics_bind):
        service.work()
        stopping.wait()


@contextmanager
def _status(service: Service, bind: Bind | None) -> Iterator[None]:
    from service.web.loopback import Beside  # noqa: PLC0415

    if bind is None:
        yield
        return
    web = Beside(service.status_app(), bind.host, usable_port(*bind))
    try:
        yield
    finally:
        web.stop()
