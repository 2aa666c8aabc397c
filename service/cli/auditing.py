"""`closeout audit`: the open action items of many projects, and what is wrong with each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from service.audit.choices import Format, GroupBy, Kind, kinds

if TYPE_CHECKING:
    from service.audit.gathering import Audited, Failure
    from service.audit.layout import Result
    from service.audit.projects import Project
    from service.providers.base import Provider
    from service.settings import Settings


def audit(  # noqa: PLR0913 - each is an option of the command
    *,
    project: Annotated[list[str] | None, typer.Option(help="Only this one; repeatable. Like github:acme/shop.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How to show it.")] = Format.TABLE,
    group_by: Annotated[GroupBy | None, typer.Option(help="For table, markdown and html.")] = None,
    fail_on: Annotated[str, typer.Option(help=f"Exit with 1 if there is any of: {', '.join(Kind)}.")] = "",
    owner: Annotated[str | None, typer.Option(help="Only this person's action items.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what changed since this day (UTC).")
    ] = None,
    confidential: Annotated[bool, typer.Option("--confidential", help="Show titles of confidential items.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Put the overdue label on and off.")] = False,
) -> None:
    """Show every open action item that is overdue, due soon, or lacks something. Writes nothing without --apply.

    Example: closeout audit --project github:acme/shop --fail-on overdue,no-owner
    """
    wanted = _kinds(fail_on)
    found = _audited(project or (), since=since, owner=owner, apply=apply)
    shown = found if confidential else found.without_confidential_titles()
    _show(replace(shown, group_by=group_by), output)
    if found.failures:
        raise typer.Exit(3)
    if any(row.has(kind) for row in found.report.rows for kind in wanted):
        raise typer.Exit(1)


def _kinds(text: str) -> Sequence[Kind]:
    try:
        return kinds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--fail-on") from None


def _audited(names: Sequence[str], *, since: datetime | None, owner: str | None, apply: bool) -> Result:
    from service.audit.gathering import Auditor  # noqa: PLC0415
    from service.audit.layout import Result  # noqa: PLC0415
    from service.bootstrap.clock import wall_clock  # noqa: PLC0415
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.bootstrap.looking import Looking  # noqa: PLC0415
    from service.settings import load  # noqa: PLC0415

    settings = load()
    configure("warning")
    projects = _projects(names, settings)
    looking = Looking(settings)
    providers = looking.providers()
    auditor = Auditor(providers, looking.policies, since=since and since.replace(tzinfo=UTC))
    with _progress(len(projects)) as progress:
        audited = auditor.audit(projects, wall_clock(), progress=progress)
    if owner is not None:
        audited = replace(audited, report=audited.report.of(owner))
    failures = audited.failures
    if apply:
        failures += _applied(audited, providers, settings)
    return Result(audited.report, failures, auditor.requests)


def _projects(names: Sequence[str], settings: Settings) -> Sequence[Project]:
    from service.audit.projects import configured, named  # noqa: PLC0415

    if names:
        return named(names, settings)
    projects, globs = configured(settings)
    if globs:
        _say(f"not audited: {', '.join(globs)} (patterns; name their projects with --project)")
    return projects


def _applied(audited: Audited, providers: dict[str, Provider], settings: Settings) -> tuple[Failure, ...]:
    from service.audit.labelling import keep_labels  # noqa: PLC0415
    from service.cli.deliveries import opened  # noqa: PLC0415
    from service.store.journal import Journal  # noqa: PLC0415

    if settings.dry_run:
        _say("CLOSEOUT_DRY_RUN is set: no label was changed")
        return ()
    with opened() as database:
        made, failures = keep_labels(audited, providers, Journal(database))
    _say(f"the overdue label was put on or taken off {len(made)} time{'' if len(made) == 1 else 's'}")
    return failures


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal, and nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Reading", total=total)

        def next_one(name: str) -> None:
            bar.update(task, description=name.replace("[", "\\["), advance=1)

        yield next_one


def _show(result: Result, output: Format) -> None:
    from service.audit import layout  # noqa: PLC0415

    match output:
        case Format.TABLE:
            from rich.console import Console  # noqa: PLC0415

            Console().print(layout.terminal(result))
        case Format.JSON:
            typer.echo(layout.to_json(result))
        case Format.MARKDOWN:
            typer.echo(layout.to_markdown(result), nl=False)
        case Format.CSV:
            typer.echo(layout.to_csv(result), nl=False)
        case Format.HTML:
            from service.audit.page import to_html  # noqa: PLC0415

            typer.echo(to_html(result))
    _complain(result, output)
    _say(f"{result.requests} requests")


def _complain(result: Result, output: Format) -> None:
    """The table shows failures itself; beside a document for a machine they are said on stderr too."""
    if output is not Format.TABLE:
        for failed in result.failures:
            _say(f"failed: {failed.where}: {failed.reason}")


def _say(sentence: str) -> None:
    typer.echo(f"closeout: {sentence}", err=True)
