"""`closeout deliveries`: what the forges sent, what became of it, what was given up, and what was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from service.cli.references import issue_named
from service.cli.screen import say, say_json, screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.store.database import Database
    from service.store.inbox import Received


app = typer.Typer(help="Look into the inbox, the queue and the journal of the database in use.", no_args_is_help=True)
_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_SINCE = "Only from then on, like 2026-03-01 or 2026-03-01T09:30 (UTC)."
_Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
_Limit = Annotated[int, typer.Option(min=1, help="How many, newest first.")]
_Forge = Annotated[str | None, typer.Option(help="Only of this forge, like github.")]
_Issue = Annotated[str | None, typer.Option(metavar="REF", help="Only about this issue, like github:acme/shop#12.")]
_Since = Annotated[datetime | None, typer.Option(formats=_TIMES, metavar="TIME", help=_SINCE)]


@app.command("list")
def latest(
    *,
    forge: _Forge = None,
    state: Annotated[
        Literal["processed", "waiting", "dead"] | None, typer.Option(help="Only what this became of.")
    ] = None,
    issue: _Issue = None,
    since: _Since = None,
    limit: _Limit = 50,
    as_json: _Json = False,
) -> None:
    """List the deliveries that were accepted, newest first, with what became of each and why.

    Example: closeout deliveries list --state waiting --since 2026-03-01
    """
    from service.store.inbox import DeliveryFilter, Inbox  # noqa: PLC0415

    only = DeliveryFilter(forge, issue_named(issue) if issue else None, state, _utc(since))
    with opened() as database:
        found = Inbox(database).latest(limit, only)
    if as_json:
        say_json([_data(delivery) for delivery in found])
        return
    table(
        ("Received", "Forge", "Delivery", "Event", "Issues", "State", "Reason"),
        [(_time(d.received_at), d.forge, d.id, d.event, ", ".join(d.issues), *d.outcome) for d in found],
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
    say_json({**_data(found), "payload": payload})


@app.command()
def dead(*, forge: _Forge = None, since: _Since = None, limit: _Limit = 500, as_json: _Json = False) -> None:
    """List the issues that were given up, with the reason. A new event tries each once more.

    Example: closeout deliveries dead --forge github
    """
    from service.work.overview import Overview  # noqa: PLC0415

    with opened() as database:
        tasks = Overview(database).tasks("dead", forge=forge, since=_utc(since), limit=limit)
    if as_json:
        rows = [{"issue": t.issue, "since": t.changed_at.isoformat(), "error": t.error} for t in tasks]
        say_json(rows)
        return
    table(("Given up", "Issue", "Reason"), [(_time(t.changed_at), t.issue, t.error) for t in tasks])


@app.command()
def replay(
    issue: Annotated[str | None, typer.Argument(metavar="[REF]", help="An issue that was given up.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,
    forge: _Forge = None,
    since: _Since = None,
) -> None:
    """Try again what was given up; a running service takes it up at once. --forge and --since narrow --all.

    Example: closeout deliveries replay github:acme/shop#12
    """
    from service.work.overview import Overview  # noqa: PLC0415
    from service.work.queue import Queue  # noqa: PLC0415

    if (issue is None) is not every:
        raise typer.BadParameter("name one issue, or give --all", param_hint="REF")
    with opened() as database:
        given_up = [task.issue for task in Overview(database).tasks("dead", forge=forge, since=_utc(since))]
        for ref in [issue_named(name) for name in (given_up if issue is None else [issue])]:
            if not Queue(database).replay(ref):
                raise typer.BadParameter(f"{ref} was not given up; `closeout deliveries dead` lists what was")
            say(f"{ref}: will be looked at again")
    if every and not given_up:
        say("Nothing was given up.")


@app.command("journal")
def written(  # noqa: PLR0913 - each is an option of the command
    *,
    forge: _Forge = None,
    issue: _Issue = None,
    rule: Annotated[str | None, typer.Option(help="Only because of this rule, like closure.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only writes that did not succeed.")] = False,
    since: _Since = None,
    limit: _Limit = 50,
    as_json: _Json = False,
) -> None:
    """List what Closeout wrote to the forges, newest first: which rule, which change, and what came of it.

    The request is the forge's own id of it, for a question to its support.

    Example: closeout deliveries journal --issue github:acme/shop#12 --failed
    """
    from service.store.journal import EntryFilter, Journal  # noqa: PLC0415

    only = EntryFilter(issue_named(issue) if issue else None, forge, rule, _utc(since), failed)
    with opened() as database:
        entries = Journal(database).latest(only, limit)
    if as_json:
        rows = [{**asdict(entry), "at": entry.at.isoformat()} for entry in entries]
        say_json(rows)
        return
    table(
        ("Written", "Issue", "Rule", "Change", "To", "Result", "Request"),
        [(_time(e.at), e.issue, e.rule, e.change, e.target, e.result, e.request) for e in entries],
    )


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
        "reason": delivery.outcome.reason,
    }


def _utc(given: datetime | None) -> datetime | None:
    return given and given.replace(tzinfo=UTC)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints the rows under their headings."""
    from rich.table import Table  # noqa: PLC0415

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*row)
    screen().print(shown if rows else "Nothing.")
