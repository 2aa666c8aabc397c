"""`closeout doctor`: whether Closeout, as it is set up, can do its work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.progress import progress
from service.cli.screen import say_written, screen
from service.cli.waiting import alone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.audit.projects import Target
    from service.doctor.lines import Report
    from service.settings import Settings


def doctor(
    *,
    forge: Annotated[str | None, typer.Option(metavar="NAME", help="This forge alone.")] = None,
    project: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PROJECT", help="Like github:acme/shop or github:acme/*; repeatable. Default: CLOSEOUT_PROJECTS."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")] = False,
) -> None:
    """Check account, permissions, webhooks, clock, policies, database and schedule; say how to mend what is wrong.

    Writes nothing. Exit code 1: something failed; 2: the settings are wrong; 3: a forge or the database did not answer.

    Example: closeout doctor --project github:acme/shop
    """
    from service.bootstrap.examining import Examination  # noqa: PLC0415
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.bootstrap.sharing import shared_limits  # noqa: PLC0415
    from service.settings import load  # noqa: PLC0415

    settings = load()
    configure("error")
    targets = _targets(settings, project or ())
    forges = _forges(settings, forge, targets if project else ())
    with shared_limits(settings, alone) as limits, progress("Looking at accounts and database") as begin:
        report = Examination(settings, forges, limits=limits).report(targets, begin)
    _show(report, as_json=as_json)
    raise typer.Exit(report.exit_code)


def _targets(settings: Settings, names: Sequence[str]) -> Sequence[Target]:
    from service.audit.projects import configured, named  # noqa: PLC0415

    return named(names, settings) if names else configured(settings)


def _forges(settings: Settings, name: str | None, named: Sequence[Target]) -> Sequence[str]:
    """The one asked for, else those of the projects that were named, else all."""
    from service.settings import SettingsError  # noqa: PLC0415

    known = [forge.name for forge in settings.forges]
    if name is None:
        return [forge for target in named for forge in target.forges] or known
    if name not in known:
        raise SettingsError((f"no forge named {name!r} is configured: there is {', '.join(known)}",))
    return [name]


def _show(report: Report, *, as_json: bool) -> None:
    from service.doctor.layout import terminal, to_json  # noqa: PLC0415

    if as_json:
        say_written(to_json(report))
        return
    screen().print(terminal(report))
