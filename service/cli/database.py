"""`closeout db`: look after the database."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Look after the database in use.", no_args_is_help=True)


@app.command()
def migrate() -> None:
    """Create the tables, or bring them up to date. `closeout serve` does so by itself.

    Example: closeout db migrate
    """
    from service.cli.deliveries import opened  # noqa: PLC0415

    with opened():
        pass
    typer.echo("The database is up to date.")


@app.command()
def prune(days: Annotated[float, typer.Option(min=0, help="Keep deliveries this long.")] = 30) -> None:
    """Remove processed deliveries that are older than so many days.

    Example: closeout db prune --days 30
    """
    from service.cli.deliveries import opened  # noqa: PLC0415
    from service.store.inbox import Inbox  # noqa: PLC0415

    with opened() as database:
        typer.echo(f"Removed {Inbox(database).forget(days)} deliveries.")
