"""`closeout backfill` takes in the issues there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from service.cli.progress import progress
from service.cli.references import projects_chosen, since_when
from service.cli.screen import say, say_json
from service.cli.waiting import looking_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import TypeAlias

    from service.backfill import Taken
    from service.bootstrap.looking import Looking
    from service.model import IssueRef
    from service.reconciler import Journal, Telling
    from service.settings import Settings

    Known: TypeAlias = Callable[[IssueRef, datetime | None], None]


Projects = Annotated[list[str] | None, typer.Option(help="Only this one; repeatable. Like github:acme/shop.")]
Since = Annotated[str, typer.Option(help="Issues that changed since: 180d, 26w or a day like 2026-01-31.")]


def backfill(
    *,
    since: Since = "180d",
    project: Projects = None,
    rate: Annotated[int, typer.Option(min=1, max=600, help="At most so many changes a minute.")] = 60,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")] = False,
) -> None:
    """Take in the post-mortems and action items there are, oldest first, without a word to anybody.

    Labels, columns, links, the template and the status comment; nothing is refused, reopened, assigned or created.
    Killed half-way, it is simply started again. After the database was lost it plans the looks anew that were planned.

    Example: closeout backfill --since 180d --project github:acme/shop --dry-run
    """
    from service.adoption import adopt  # noqa: PLC0415
    from service.backfill import Pace, take_in  # noqa: PLC0415
    from service.bootstrap.clock import pause, wall_clock  # noqa: PLC0415
    from service.bootstrap.logs import configure  # noqa: PLC0415
    from service.providers.limits import in_background  # noqa: PLC0415
    from service.settings import load  # noqa: PLC0415

    start, settings = since_when(since, wall_clock()), load()
    configure("error")
    only_looks = dry_run or settings.dry_run
    pace = Pace(pause, None if only_looks else rate)
    with looking_at(settings) as looking, in_background():
        refs, taken = _found(looking, settings, project or (), start)
        with _books(settings, only_looks=only_looks) as books, progress("Taking in") as begin:
            reconciler, told = looking.reconciler(books.journal, adopt, books.outside), begin(len(refs))
            look = reconciler.plan if only_looks else reconciler.reconcile
            for one in take_in(refs, look, pace):
                told(one.where)
                taken.append(one)
                if one.ref is not None:
                    books.known(one.ref, one.look_at)
    _show_taken(taken, as_json=as_json, only_looks=only_looks)
    if any(one.error for one in taken):
        raise typer.Exit(3)


def _found(
    looking: Looking, settings: Settings, names: Sequence[str], since: datetime
) -> tuple[list[IssueRef], list[Taken]]:
    """The issues of all projects, and the projects that could not be listed."""
    from service.backfill import Taken, find  # noqa: PLC0415

    providers = looking.providers()
    refs: list[IssueRef] = []
    with progress("Looking for projects") as begin:
        projects, failures = projects_chosen(names, settings, providers)
        failed = [Taken(failure.where, error=failure.reason) for failure in failures]
        told = begin(len(projects))
        for forge, path in projects:
            told(f"{forge}:{path}")
            found = find(providers[forge], looking.policies, path, since)
            if isinstance(found, Taken):
                failed.append(found)
            else:
                refs += found
    return refs, failed


class _Books(NamedTuple):
    """Where writes are put on record, which issues there are, and what calendars may show of them."""

    journal: Journal
    known: Known
    outside: Telling


@contextmanager
def _books(settings: Settings, *, only_looks: bool) -> Iterator[_Books]:
    """The database's. A dry run needs no database."""
    from service.cli.looking import Unrecorded  # noqa: PLC0415

    if only_looks:
        yield _Books(Unrecorded(), lambda _ref, _look_at: None, nullcontext)
        return
    from service.bootstrap.outside import Outside  # noqa: PLC0415
    from service.cli.deliveries import opened  # noqa: PLC0415
    from service.store.journal import Journal as Kept  # noqa: PLC0415
    from service.work.queue import Queue  # noqa: PLC0415

    with opened() as database:
        yield _Books(Kept(database), Queue(database).known, Outside(database, settings))


def _show_taken(taken: Sequence[Taken], *, as_json: bool, only_looks: bool) -> None:
    changed = [one for one in taken if one.changes]
    failed = [one for one in taken if one.error]
    planned = sum(one.look_at is not None for one in taken)
    if as_json:
        rows = [
            {
                "where": one.where,
                "changes": list(one.changes),
                "look_at": one.look_at.isoformat() if one.look_at else None,
                "error": one.error or None,
            }
            for one in taken
        ]
        totals = {"looked_at": len(taken), "changed": len(changed), "planned": planned, "failed": len(failed)}
        say_json({"applied": not only_looks, "totals": totals, "issues": rows})
        return
    for one in changed:
        say(f"{one.where}  {', '.join(one.changes)}")
    for one in failed:
        say(f"closeout: failed: {one.where}: {one.error}", error=True)
    verb = "would be taken in" if only_looks else "taken in"
    say(f"{len(changed)} of {len(taken)} issues {verb}, {planned} to be looked at again, {len(failed)} failed")
