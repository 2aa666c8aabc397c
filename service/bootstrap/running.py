"""The service as processes of its own, until they are told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable

from service.settings import Bind, Settings
from service.web.serving import Served, serve, usable_port


def serve_forever(settings: Settings, ready: Callable[[Bind], None], failed: Callable[[Exception], int]) -> int:
    """`closeout serve`: until SIGTERM or SIGINT. Returns the exit code; raises `PortInUse`.

    `ready` is told where it listens. `failed` tells a person why the service cannot work, and gives the exit code.
    """
    bind = settings.bind._replace(port=usable_port(*settings.bind))
    ready(bind)
    return serve(lambda: _served(settings), failed, bind.host, bind.port)


def _served(settings: Settings) -> Served:
    # Imported here, in the serving process: its server answers health checks meanwhile.
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.bootstrap.service import Service  # noqa: PLC0415

    configure(settings.log)
    service = Service(settings)
    if settings.policy is not None:
        service.looking()
    service.work()
    return Served(service.app(), service.stop)


def work_forever(settings: Settings, stopping: threading.Event) -> None:
    """`closeout worker`: looks at issues that another process receives, until `stopping` is set."""
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.bootstrap.service import Service  # noqa: PLC0415

    configure(settings.log)
    with Service(settings) as service:
        service.looking()
        service.work()
        stopping.wait()
