"""The menu of commands, and how an error ends one: a sentence on stderr and the documented exit code."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer

from service.cli import (
    adopting,
    auditing,
    calendars,
    database,
    deliveries,
    doctoring,
    looking,
    notifying,
    playing,
    policies,
    serving,
    setting_up,
    simulating,
)
from service.cli.screen import say

app = typer.Typer(
    name="closeout",
    help="Post-mortem follow-through, enforced inside GitHub and GitLab.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Settings come from CLOSEOUT_… variables. Exit codes: 0 fine, 1 findings, 2 usage or settings, 3 no answer.",
)
app.command()(serving.serve)
app.command()(serving.worker)
app.command()(playing.demo)
app.command()(playing.sandbox)
app.command()(setting_up.setup)
app.command()(adopting.backfill)
app.command()(simulating.simulate)
app.command()(looking.plan)
app.command()(looking.reconcile)
app.command()(auditing.audit)
app.command()(doctoring.doctor)
app.command()(policies.rules)
app.add_typer(policies.app, name="policy")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(notifying.app, name="notify")
app.add_typer(calendars.app, name="calendar")
app.add_typer(database.app, name="db")


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415

        say(f"closeout {version('closeout')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Holds the options of the program itself."""
    del version  # answered by its callback, before anything else


def main() -> None:
    try:
        app()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told in words that steer no terminal
        from service.cli.errors import explain  # noqa: PLC0415 - knows every layer's errors

        code = explain(error)
        if code is None:
            say("".join(traceback.format_exception(error)), error=True)
        sys.exit(1 if code is None else code)
    except KeyboardInterrupt:
        sys.exit(130)
