"""The database, the queue in it, and what is done at certain times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from service.doctor.lines import About, Line, moment, span
from service.doctor.observation import Observation, StoreSeen, Trouble, Work
from service.work.jobs import Job, Known, due

_LONG_WAIT = 300.0  # seconds; a look takes some, and a rate limit asks for minutes at most
_LATE = timedelta(hours=1)
_NOBODY = "see that a `closeout serve` or `closeout worker` runs on this database"
_AUDIT = "`closeout audit` says what it cannot read"
_database, _jobs = About("database"), About("schedule")


def lines(seen: Observation) -> Iterator[Line]:
    found = seen.store
    if isinstance(found, Trouble):
        yield _database.trouble("database", found, "start it, or set CLOSEOUT_DATABASE_URL to where it is")
        return
    yield _tables(found)
    if found.work is not None:
        yield from _queue(found.work)
        yield from (_job(job, found.work) for job in seen.jobs)
        yield from _audit(seen, found.work)


def _tables(found: StoreSeen) -> Line:
    first = "`closeout serve` makes them at its first start; check the address if there was one before"
    if found.is_absent:
        return _database.warn("database", "there is no database file yet, so no tables", first)
    if not found.schema:
        return _database.warn("database", "it answers, and holds no tables yet", first)
    if found.schema < found.needed:
        what = f"its tables have schema {found.schema}, and this Closeout needs {found.needed}"
        return _database.fail("database", what, "run `closeout db upgrade` with these settings, once")
    if found.schema > found.needed:
        what = f"its tables have schema {found.schema}, and this Closeout knows only up to {found.needed}"
        return _database.fail("database", what, "run the newer Closeout again, or give it another database")
    return _database.ok("database", f"it answers, and its tables are current (schema {found.schema})")


def _queue(work: Work) -> Iterator[Line]:
    depth, oldest = work.backlog.depth, work.backlog.oldest
    counts = ", ".join(f"{count} {state}" for state, count in depth.items() if count and state != "dead")
    if oldest > _LONG_WAIT:
        what = f"an issue has waited for {span(timedelta(seconds=oldest))} ({counts})"
        yield _database.warn("queue", what, _NOBODY)
    else:
        yield _database.ok("queue", counts or "empty")
    if dead := depth.get("dead", 0):
        what = f"{dead} issue{' was' if dead == 1 else 's were'} given up"
        fix = "`closeout deliveries dead` says why; `closeout deliveries replay --all` tries them again"
        yield _database.warn("dead-letters", what, fix)
    else:
        yield _database.ok("dead-letters", "none")


def _job(job: Job, work: Work) -> Line:
    known = work.known.get(job.name)
    if known is None:
        return _jobs.warn(job.name, "it was never seen on this database", _NOBODY)
    if known.state == "failed":
        return _jobs.fail(job.name, f"it failed at {moment(known.tick)}: {known.error}", "mend the reason given")
    if known.state == "waiting" and known.error:
        what = f"it could not finish, and is tried again: {known.error}"
        return _jobs.warn(job.name, what, "mend the reason given, if it stays")
    missed = _missed(job, known, work.at)
    if missed is not None:
        return _jobs.warn(job.name, f"it should have run at {moment(missed)}, and did not", _NOBODY)
    return _jobs.ok(job.name, f"running since {moment(known.changed_at)}" if known.state == "running" else _idle(known))


def _audit(seen: Observation, work: Work) -> Iterator[Line]:
    """The audit's heartbeat: a run that could not read a project ends like any other, and is no good one."""
    known = work.known.get("audit")
    if seen.dry_run or known is None or not known.starts or "audit" not in {job.name for job in seen.jobs}:
        return
    if work.audited_at is None:
        yield _jobs.warn("audit-success", "no audit has ended without a failure yet", _AUDIT)
    elif known.state == "idle" and work.audited_at < known.tick:
        what = f"the last audit without a failure ended at {moment(work.audited_at)}"
        yield _jobs.warn("audit-success", what, _AUDIT)
    else:
        yield _jobs.ok("audit-success", f"an audit ended without a failure at {moment(work.audited_at)}")


def _missed(job: Job, known: Known, now: datetime) -> datetime | None:
    tick = due(job, known, now)
    return tick.at if tick is not None and tick.at < now - _LATE else None


def _idle(known: Known) -> str:
    ran = known.starts > 0
    return f"it ran at {moment(known.tick)}" if ran else f"seen since {moment(known.tick)}, and not due before now"
