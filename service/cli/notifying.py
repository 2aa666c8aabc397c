"""`closeout notify`: what was sent, what waits, what was given up, and whether a route works."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.screen import say, say_json

if TYPE_CHECKING:
    from service.settings import Route
    from service.store.outbox import Letter

app = typer.Typer(help="Look into the outbox of the database in use, and try a route.", no_args_is_help=True)


class Kind(StrEnum):
    """What is sent of one issue. The audit's and the weekly message are made of many."""

    OPENED = "opened"
    REVIEW = "review"
    REFUSED = "refused"
    COMPLETED = "completed"
    DUE = "due"
    OVERDUE = "overdue"


_Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]


@app.command("list")
def latest(*, limit: Annotated[int, typer.Option(help="How many, newest first.")] = 50, as_json: _Json = False) -> None:
    """List the notifications and what became of each: held, waiting, sent or failed (given up), with the reason.

    Example: closeout notify list --limit 10
    """
    from service.cli.deliveries import opened, table  # noqa: PLC0415
    from service.store.outbox import Outbox  # noqa: PLC0415

    with opened() as database:
        found = Outbox(database).latest(limit)
    rows = [(p.changed_at, p.letter.route, p.letter.key, p.state, p.attempts, p.error) for p in found]
    columns = ("changed_at", "route", "key", "state", "attempts", "error")
    if as_json:
        data = [dict(zip(columns, (at.isoformat(), *others), strict=True)) for at, *others in rows]
        say_json(data)
        return
    shown = [(f"{at:%Y-%m-%d %H:%M:%S}Z", *map(str, others)) for at, *others in rows]
    table(("Changed", "Route", "Message", "State", "Attempts", "Reason"), shown)


@app.command("test")
def try_route(
    name: Annotated[str, typer.Argument(metavar="ROUTE", help="The route's name.")] = "default",
    *,
    kind: Annotated[
        Kind | None, typer.Option(help="An invented message of this kind instead, in the words that are configured.")
    ] = None,
) -> None:
    """Send a test message by a route, now; exit code 3 if its service does not take it.

    Example: closeout notify test oncall --kind refused
    """
    from service.notifications.sending import NotSent, send  # noqa: PLC0415

    route = _named(name)
    try:
        send(route, _sample(route, kind))
    except NotSent as error:
        say(f"closeout: {name}: {error}", error=True)
        raise typer.Exit(3) from None
    say(f"{name}: sent")


@app.command("send")
def send_due() -> None:
    """Send what is due, once, as a service does each minute: for a pipeline, whose audit has no service beside it.

    Exit code 3 if a message could not be sent; it is kept, and tried again the next time.

    Example: closeout notify send
    """
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.cli.deliveries import opened  # noqa: PLC0415
    from service.notifications.delivery import Delivery  # noqa: PLC0415
    from service.notifications.sending import send  # noqa: PLC0415
    from service.settings import load  # noqa: PLC0415
    from service.store.outbox import Outbox  # noqa: PLC0415

    settings, told = load(), list[str]()
    configure("warning")
    if settings.dry_run:
        say("closeout: CLOSEOUT_DRY_RUN is set: nothing was sent", error=True)
        return
    with opened() as database:
        delivery = Delivery(Outbox(database), settings.routes, send, lambda _, outcome: told.append(outcome))
        delivery.run(lambda: None)
    failed = len(told) - told.count("sent")
    say(f"{told.count('sent')} sent, {failed} failed")
    if failed:
        raise typer.Exit(3)


def _sample(route: Route, kind: Kind | None) -> Letter:
    from service.notifications import samples  # noqa: PLC0415
    from service.settings import load  # noqa: PLC0415

    return samples.greeting(route.name) if kind is None else samples.of(kind.value, route.name, load().messages)


def _named(name: str) -> Route:
    from service.settings import SettingsError, load  # noqa: PLC0415

    routes = {route.name: route for route in load().routes}
    if name not in routes:
        there = f"there is {', '.join(routes)}" if routes else "set CLOSEOUT_NOTIFY, or notify in CLOSEOUT_CONFIG"
        raise SettingsError((f"no route named {name!r} is configured: {there}",))
    return routes[name]
