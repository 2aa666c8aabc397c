"""`closeout audit`: the action items and post-mortems of many projects, and what is wrong with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from service.audit.choices import Format, GroupBy, Kind, kinds
from service.cli.progress import progress
from service.cli.screen import say, say_written, screen, write
from service.cli.waiting import looking_at

if TYPE_CHECKING:
    from service.audit.gathering import Audited
    from service.audit.layout import Result
    from service.bootstrap.auditing import Acted, Audit, Narrowed


def audit(  # noqa: PLR0913 - each is an option of the command
    *,
    project: Annotated[
        list[str] | None,
        typer.Option(help="Only this one, or these; repeatable. Like github:acme/shop, or gitlab:acme/*."),
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to show it.")] = Format.TABLE,
    group_by: Annotated[GroupBy | None, typer.Option(help="For table, markdown and html.")] = None,
    fail_on: Annotated[str, typer.Option(help=f"Exit with 1 if there is any of: {', '.join(Kind)}.")] = "",
    owner: Annotated[str | None, typer.Option(help="Only this person's issues.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what changed since this day (UTC).")
    ] = None,
    confidential: Annotated[bool, typer.Option("--confidential", help="Show titles of confidential items.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Remind, and keep labels and audit issues in step.")] = False,
) -> None:
    """Show every open action item and post-mortem, and what is wrong with it. Writes nothing without --apply.

    Example: closeout audit --project github:acme/shop --fail-on overdue,no-owner
    """
    wanted = _kinds(fail_on)
    found = _audited(project or (), _narrowed(owner, since), apply=apply)
    shown = found if confidential else found.without_confidential_titles()
    _show(replace(shown, group_by=group_by), output)
    if found.failures:
        raise typer.Exit(3)
    if any(row.has(kind) for row in found.report.rows for kind in wanted):
        raise typer.Exit(1)


def _narrowed(owner: str | None, since: datetime | None) -> Narrowed:
    from service.bootstrap.auditing import Narrowed  # noqa: PLC0415

    return Narrowed(owner, since and since.replace(tzinfo=UTC))


def _kinds(text: str) -> Sequence[Kind]:
    try:
        return kinds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--fail-on") from None


def _audited(names: Sequence[str], narrowed: Narrowed, *, apply: bool) -> Result:
    from service.audit.layout import Result  # noqa: PLC0415
    from service.audit.projects import configured, named  # noqa: PLC0415
    from service.bootstrap.auditing import Acted, Audit  # noqa: PLC0415
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.settings import load  # noqa: PLC0415

    settings = load()
    configure("warning")
    targets = named(names, settings) if names else configured(settings)
    acted = Acted()
    with looking_at(settings) as looking:
        run = Audit(settings, looking)
        with progress("Looking for projects") as begin:
            audited = run.look(targets, narrowed, begin)
        if apply and settings.dry_run:
            _say("CLOSEOUT_DRY_RUN is set: nothing was written")
        elif apply:
            acted = _applied(run, audited, whole=not narrowed)
    failures = (*audited.failures, *acted.failures)
    return Result(audited.report, failures, run.requests, acted.waiting)


def _applied(run: Audit, audited: Audited, *, whole: bool) -> Acted:
    from service.bootstrap.auditing import Books  # noqa: PLC0415
    from service.cli.deliveries import opened  # noqa: PLC0415
    from service.store.journal import Journal  # noqa: PLC0415
    from service.wording import counted  # noqa: PLC0415
    from service.work.queue import Queue  # noqa: PLC0415

    with opened() as database, progress("Looking at what wants it") as begin:
        books = Books(database, Journal(database), Queue(database))
        acted = run.act(audited, books, whole=whole, progress=begin)
    looked = acted.looked
    _say(f"{counted(len(looked.plans), 'look')}, and {counted(len(looked.changes), 'change')} made by them")
    _say(f"{counted(acted.made.issues, 'audit issue')} written" if whole else "audit issues are for the whole audit")
    return acted


def _show(result: Result, output: Format) -> None:
    from service.audit import layout  # noqa: PLC0415

    match output:
        case Format.TABLE:
            screen().print(layout.terminal(result))
        case Format.JSON:
            say_written(layout.to_json(result))
        case Format.MARKDOWN:
            write(layout.to_markdown(result))
        case Format.CSV:
            write(layout.to_csv(result))
        case Format.HTML:
            from service.audit.page import to_html  # noqa: PLC0415

            say(to_html(result))
    _complain(result, output)
    _say(f"{result.requests} requests")


def _complain(result: Result, output: Format) -> None:
    """The table shows failures itself; beside a document for a machine they are said on stderr too."""
    if output is not Format.TABLE:
        for failed in result.failures:
            _say(f"failed: {failed.where}: {failed.reason}")


def _say(sentence: str) -> None:
    say(f"closeout: {sentence}", error=True)
