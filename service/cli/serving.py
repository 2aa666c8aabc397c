"""`closeout serve` and `closeout worker`: the service itself."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.screen import say

if TYPE_CHECKING:
    from service.settings import Bind, Settings

_Bind = Annotated[str | None, typer.Option(help="Address and port to listen on, instead of CLOSEOUT_BIND.")]
_MetricsBind = Annotated[
    str | None, typer.Option(help="Answer /metrics, /healthz and /readyz here, instead of CLOSEOUT_METRICS_BIND.")
]


def serve(bind: _Bind = None) -> None:
    """Receive webhooks and act on them, in one process.

    Example: CLOSEOUT_GITHUB_TOKEN=… CLOSEOUT_GITHUB_WEBHOOK_SECRET=… closeout serve --bind 0.0.0.0:8080
    """
    from service.bootstrap.running import serve_forever  # noqa: PLC0415

    settings = _bound(_settings(), "bind", bind)
    raise typer.Exit(serve_forever(settings, lambda where: _introduce(settings, where), _failed))


def worker(metrics_bind: _MetricsBind = None) -> None:
    """Only act: work on issues whose webhooks a `closeout serve` on the same database receives.

    Example: CLOSEOUT_DATABASE_URL=sqlite:////data/closeout.sqlite3 closeout worker --metrics-bind :9108
    """
    import signal  # noqa: PLC0415
    import threading  # noqa: PLC0415

    from service.bootstrap.running import work_forever  # noqa: PLC0415
    from service.settings import SettingsError  # noqa: PLC0415

    settings = _bound(_settings(), "metrics_bind", metrics_bind)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    if not settings.workers:
        raise SettingsError(("CLOSEOUT_WORKERS is 0, so nothing would be looked at: set it to 1 or more for a worker",))
    if settings.metrics_bind is not None:
        say(f"Closeout answers for its metrics and health on http://{settings.metrics_bind}")
    say(f"Working with {settings.workers} threads. Stop with Ctrl-C.")
    work_forever(settings, stopping)


def _settings() -> Settings:
    from service.settings import SettingsError, load  # noqa: PLC0415

    settings = load()
    problems = settings.serving_problems()
    if problems:
        raise SettingsError(problems)
    return settings


def _bound(settings: Settings, name: str, address: str | None) -> Settings:
    """The settings with this address, where one was given on the command line."""
    from service.settings import Bind, SettingsError  # noqa: PLC0415

    if address is None:
        return settings
    try:
        return settings.model_copy(update={name: Bind.parse(address)})
    except ValueError as error:
        raise SettingsError((f"--{name.replace('_', '-')}: {error}",)) from None


def _failed(error: Exception) -> int:
    from service.cli.errors import explain  # noqa: PLC0415

    code = explain(error)
    if code is None:
        say("".join(traceback.format_exception(error)), error=True)
    return 1 if code is None else code


def _introduce(settings: Settings, where: Bind) -> None:
    say(f"Closeout listens on http://{where}")
    for forge in settings.forges:
        say(f"  {forge.kind:<8} {forge.url}  webhook: http://{where}/webhooks/{forge.name}")
    say(f"  projects {', '.join(settings.projects)}")
    if not settings.workers:
        say("  receives only: a `closeout worker` on the same database looks at the issues")
    if settings.routes:
        say(f"  notifications {', '.join(route.name for route in settings.routes)}")
    if problem := settings.sending_problem():
        say(f"  {problem}")
    if settings.dry_run:
        say("  dry run: decides and logs, writes nothing to any forge")
    say("Stop with Ctrl-C.")
