"""`closeout deliveries`: what the forges sent, what became of it, and what was given up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.references import issue_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.store.database import Database
    from service.store.inbox import Received

app = typer.Typer(help="Look into the inbox and the queue of the database in use.", no_args_is_help=True)
_Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]


@app.command("list")
def latest(*, limit: Annotated[int, typer.Option(help="How many, newest first.")] = 50, as_json: _Json = False) -> None:
    """List the deliveries that were accepted, newest first.

    Example: closeout deliveries list --limit 10
    """
    from service.store.inbox import Inbox  # noqa: PLC0415

    with opened() as database:
        found = Inbox(database).latest(limit)
    if as_json:
        typer.echo(json.dumps([_data(delivery) for delivery in found], indent=2))
        return
    _print(
        ("Received", "Forge", "Delivery", "Event", "Issues", "State"),
        [(f"{d.received_at:%Y-%m-%d %H:%M:%S}Z", d.forge, d.id, d.event, ", ".join(d.issues), d.state) for d in found],
    )


@app.command()
def show(delivery: Annotated[str, typer.Argument(help="The delivery's id, as the forge shows it.")]) -> None:
    """Show one delivery with its payload, as JSON.

    Example: closeout deliveries show 72d3162e-cc78-11e3-81ab-4c9367dc0958
    """
    from service.store.inbox import Inbox  # noqa: PLC0415

    with opened() as database:
        found = Inbox(database).find(delivery)
    if found is None:
        raise typer.BadParameter(f"there is no delivery {delivery!r} in the inbox", param_hint="DELIVERY")
    body = found.body.decode("utf-8", errors="replace")
    try:
        payload = json.loads(body)
    except ValueError:
        payload = body
    typer.echo(json.dumps({**_data(found), "payload": payload}, indent=2, ensure_ascii=False))


@app.command()
def dead(*, as_json: _Json = False) -> None:
    """List the issues that were given up, with the reason. A new event tries each once more.

    Example: closeout deliveries dead
    """
    from service.work.overview import Overview  # noqa: PLC0415

    with opened() as database:
        tasks = Overview(database).tasks("dead")
    if as_json:
        rows = [{"issue": t.issue, "since": t.changed_at.isoformat(), "error": t.error} for t in tasks]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    _print(("Given up", "Issue", "Reason"), [(f"{t.changed_at:%Y-%m-%d %H:%M}Z", t.issue, t.error) for t in tasks])


@app.command()
def replay(
    issue: Annotated[str | None, typer.Argument(metavar="[REF]", help="An issue that was given up.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,
) -> None:
    """Try again what was given up; a running service takes it up at once.

    Example: closeout deliveries replay github:acme/shop#12
    """
    from service.work.overview import Overview  # noqa: PLC0415
    from service.work.queue import Queue  # noqa: PLC0415

    if (issue is None) is not every:
        raise typer.BadParameter("name one issue, or give --all", param_hint="REF")
    with opened() as database:
        given_up = [task.issue for task in Overview(database).tasks("dead")]
        for ref in [issue_named(name) for name in (given_up if issue is None else [issue])]:
            if not Queue(database).replay(ref):
                raise typer.BadParameter(f"{ref} was not given up; `closeout deliveries dead` lists what was")
            typer.echo(f"{ref}: will be looked at again")
    if every and not given_up:
        typer.echo("Nothing was given up.")


@contextmanager
def opened() -> Iterator[Database]:
    """The database of the settings, ready to use."""
    database = database_named()
    try:
        database.migrate()
        yield database
    finally:
        database.close()


def database_named() -> Database:
    """The database that the settings name, as it is."""
    from service.settings import load  # noqa: PLC0415
    from service.store.database import Database  # noqa: PLC0415

    return Database(load().database_url.get_secret_value())


def _data(delivery: Received) -> dict[str, object]:
    return {
        "received_at": delivery.received_at.isoformat(),
        "forge": delivery.forge,
        "id": delivery.id,
        "event": delivery.event,
        "issues": list(delivery.issues),
        "state": delivery.state,
    }


def _print(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(markup=False).print(table if rows else "Nothing.")
