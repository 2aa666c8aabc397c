"""`closeout plan` and `closeout reconcile`: look at one issue, now, in this terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.references import issue_named
from service.cli.screen import say, say_json, screen
from service.cli.waiting import looking_at

if TYPE_CHECKING:
    from service.model import Change, IssueRef, Plan
    from service.reconciler import Journal, Reconciler, Telling


class FailOn(StrEnum):
    NOTHING = "nothing"
    BLOCKERS = "blockers"
    CHANGES = "changes"


_Ref = Annotated[str, typer.Argument(metavar="REF", help="The issue, like github:acme/shop#12.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
_FailOn = Annotated[FailOn, typer.Option(help="Exit with 1 if the plan has any of these.")]


def plan(ref: _Ref, *, as_json: _Json = False, fail_on: _FailOn = FailOn.NOTHING) -> None:
    """Show what would change on an issue, and why. Writes nothing.

    Example: closeout plan github:acme/shop#12
    """
    issue = issue_named(ref)
    with _reconciler(issue, Unrecorded()) as reconciler:
        found = reconciler.plan(issue)
    _show(found, as_json=as_json)
    _judge(found, fail_on)


def reconcile(ref: _Ref, *, as_json: _Json = False, fail_on: _FailOn = FailOn.NOTHING) -> None:
    """Look at an issue and make it so, as a webhook would. Honours CLOSEOUT_DRY_RUN; writes are in the journal.

    Example: closeout reconcile gitlab:acme/shop#12
    """
    issue = issue_named(ref)
    with _books() as (journal, telling), _reconciler(issue, journal, telling) as reconciler:
        found = reconciler.reconcile(issue)
    _show(found, as_json=as_json)
    _judge(found, fail_on)


class Unrecorded:
    """For those who write nothing, and for whom the database is away."""

    def record(self, ref: IssueRef, *, rule: str, change: Change, result: str, request: str = "") -> None:
        del ref, rule, change, result, request

    def made_lately(self, target: IssueRef, names: Collection[str]) -> Collection[str]:
        del target, names
        return ()


class _Recorded:
    """On record where that is possible: the change was made, and a database that is away cannot undo it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def record(self, ref: IssueRef, *, rule: str, change: Change, result: str, request: str = "") -> None:
        from service.store.database import StoreUnavailable  # noqa: PLC0415

        try:
            self._journal.record(ref, rule=rule, change=change, result=result, request=request)
        except StoreUnavailable as error:
            _not_recorded(error)

    def made_lately(self, target: IssueRef, names: Collection[str]) -> Collection[str]:
        from service.store.database import StoreUnavailable  # noqa: PLC0415

        try:
            return self._journal.made_lately(target, names)
        except StoreUnavailable:  # which the first write will tell
            return ()


@contextmanager
def _books() -> Iterator[tuple[Journal, Telling]]:
    """Journal and outbox of the database in use. Where it cannot be opened it is said, and the look goes on without."""
    from service.bootstrap.outside import Outside  # noqa: PLC0415
    from service.cli.deliveries import opened  # noqa: PLC0415
    from service.settings import load  # noqa: PLC0415
    from service.store.database import SchemaTooNew, SchemaTooOld, StoreUnavailable  # noqa: PLC0415
    from service.store.journal import Journal as Written  # noqa: PLC0415

    with ExitStack() as stack:
        try:
            database = stack.enter_context(opened())
        except (SchemaTooNew, SchemaTooOld, StoreUnavailable) as error:
            _not_recorded(error)
            yield Unrecorded(), _nobody
        else:
            yield _Recorded(Written(database)), Outside(database, load())


def _nobody(plan: Plan) -> AbstractContextManager[None]:
    """Without an outbox no message leaves."""
    del plan
    return nullcontext()


def _not_recorded(error: Exception) -> None:
    say(f"closeout: not put on record in the journal: {error}", error=True)


@contextmanager
def _reconciler(issue: IssueRef, journal: Journal, telling: Telling = nullcontext) -> Iterator[Reconciler]:
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.settings import SettingsError, load  # noqa: PLC0415

    settings = load()
    configure("warning")
    names = [forge.name for forge in settings.forges]
    if issue.forge not in names:
        there = f"there is {', '.join(names)}" if names else "set CLOSEOUT_GITHUB_TOKEN or CLOSEOUT_GITLAB_TOKEN"
        raise SettingsError((f"no forge named {issue.forge!r} is configured: {there}",))
    if not settings.allows(issue):
        raise SettingsError((f"{issue.project} is not among CLOSEOUT_PROJECTS ({', '.join(settings.projects)})",))
    if telling is _nobody:  # what would be told by message is said on the issue
        settings = settings.model_copy(update={"routes": ()})
    with looking_at(settings) as looking:
        yield looking.reconciler(journal, telling=telling)


def _show(found: Plan, *, as_json: bool) -> None:
    from service.report import terminal, to_json  # noqa: PLC0415

    if as_json:
        say_json(to_json(found))
        return
    screen().print(terminal(found))


def _judge(found: Plan, fail_on: FailOn) -> None:
    wanted = {FailOn.NOTHING: (), FailOn.BLOCKERS: found.blockers, FailOn.CHANGES: found.changes}
    if wanted[fail_on]:
        raise typer.Exit(1)
