"""`closeout db`: look after the database."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.screen import say

app = typer.Typer(help="Look after the database in use.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Create the tables, or bring those of an older Closeout up to date; nothing in them is lost.

    A SQLite file is upgraded at every start by itself. PostgreSQL may be shared: there you say when.

    Example: closeout db upgrade
    """
    from service.cli.deliveries import database_named  # noqa: PLC0415

    database = database_named()
    try:
        database.upgrade()
    finally:
        database.close()
    say("The database is up to date.")


@app.command()
def prune(
    days: Annotated[float | None, typer.Option(min=0, help="Keep deliveries this long.")] = None,
    journal_days: Annotated[float | None, typer.Option(min=0, help="Keep the journal this long.")] = None,
) -> None:
    """Remove processed deliveries and journal entries that are older than so many days.

    `closeout serve` does so every night with CLOSEOUT_KEEP_DELIVERIES and CLOSEOUT_KEEP_JOURNAL, the defaults here.

    Example: closeout db prune --days 30
    """
    from service.cli.deliveries import opened  # noqa: PLC0415
    from service.settings import load  # noqa: PLC0415
    from service.store.inbox import Inbox  # noqa: PLC0415
    from service.store.journal import Journal  # noqa: PLC0415

    settings = load()
    with opened() as database:
        deliveries = Inbox(database).forget(settings.keep_deliveries if days is None else days)
        entries = Journal(database).forget(settings.keep_journal if journal_days is None else journal_days)
    say(f"Removed {deliveries} deliveries and {entries} journal entries.")
