"""The queue's SQL, built once: putting a statement together costs more than running it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from sqlalchemy import (
    Column,
    ColumnCollection,
    ColumnElement,
    Double,
    Select,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.dml import ReturningInsert

from service.model import IssueRef
from service.store.database import Database
from service.store.tables import work
from service.work.timing import Timing

_OLD = work.c
_Fresh: TypeAlias = ColumnCollection[str, ColumnElement[Any]]  # the row that an upsert would put in
_WALK = 32  # projects that are passed over in one claim, at most: what it costs does not grow with their number
_FAR = 12 * 3600.0  # seconds; nobody waits for what was planned longer before, a reminder say


class Statements:
    """Each expects its parameters by name; what ends a claim is fenced by `issue_` and `owner_`."""

    def __init__(self, database: Database, timing: Timing) -> None:
        self._database, self._timing = database, timing
        now = database.now()
        soon = now + timing.debounce
        self.nudge = self._nudge(soon, self._debounced, delivered=False)
        self.deliver = self._nudge(soon, self._debounced, delivered=True)
        self.deliveries = self.deliver.returning(_OLD.issue)  # for many issues at once, each once
        self.change = self._nudge(soon, self._debounced, delivered=True, bulk=True)
        self.aside = self._nudge(soon, self._debounced, delivered=False, bulk=True)
        self.plan = self._nudge(bindparam("then"), _sooner, delivered=False)
        self.know, self.expect = self._know(), self._expect()
        oldest = select(_OLD.issue).where(_OLD.due_at <= now).order_by(_OLD.due_at).limit(1)
        urgent, any_of_them = self._free(oldest.where(_OLD.bulk == 0)), self._free(oldest)
        whose = (_OLD.bulk == bindparam("level")) & (_OLD.project == bindparam("whose"))
        self.turn = self._turn()
        self.claim = self._claim(func.coalesce(self._free(oldest.where(whose)), urgent, any_of_them))
        self.claim_oldest = self._claim(any_of_them)
        free = (_OLD.state != "running") & (func.coalesce(_OLD.hold_until, 0.0) <= now)
        named = select(_OLD.issue).where(_OLD.issue == bindparam("name"))
        self.take = self._claim(self._free(named.where(free | (_OLD.due_at <= now))))
        self.extend = fenced(database, due_at=now + timing.lease)
        self.left = select(_OLD.due_at - now).where(_held())
        again = self._limited(soon, now)
        self.finish = self._finish(again, "idle", null())
        self.revisit = self._finish(again, "ready", now + bindparam("later", type_=Double()))
        # Locks several issues in one order, so that two who pass work on to each other do not block each other.
        names = _OLD.issue.in_(bindparam("names", expanding=True))
        self.hold = select(_OLD.issue).where(names).order_by(_OLD.issue).with_for_update()
        self.release = fenced(database, state="ready", due_at=now, owner=null())

    def _limited(self, due: Any, now: Any) -> Any:
        """Then, but not for ever later: the first of the nudges that wait has waited since `first_at`."""
        return _least(due, func.coalesce(_OLD.first_at, now) + self._timing.longest_wait)

    def _debounced(self, fresh: _Fresh) -> Any:
        return self._limited(fresh["due_at"], fresh["changed_at"])

    def _nudge(
        self, due: Any, again: Callable[[_Fresh], Any], *, delivered: bool, bulk: bool = False
    ) -> ReturningInsert[Any]:
        """Raises the counter of the issue `name`, and returns its new value.

        It is `due` then if nothing waits, else when `again` says from the row that would be new. A running issue stays
        with its worker. A dead one gets one more try. A failed one still waits for its time. What was asked for and not
        yet answered becomes no less urgent by a `bulk` nudge.
        """
        now = self._database.now()
        fresh = {"state": "ready", "wanted": 1, "claimed": 0, "done": 0, "attempts": 0, "crashes": 0}
        fresh |= {"delivered": int(delivered), "bulk": int(bulk)}
        insert = self._database.dialect.insert(work).values(
            issue=bindparam("name"), project=bindparam("whose"), due_at=due, first_at=now, changed_at=now, **fresh
        )
        # Below, only what the new row holds: of many rows, SQLAlchemy gives each parameters of its own above alone.
        new, running = insert.excluded, _OLD.state == "running"
        raised = {
            "wanted": _OLD.wanted + 1,
            "state": case((running, "running"), else_="ready"),
            "due_at": case((running, _OLD.due_at), else_=_greatest(func.coalesce(_OLD.hold_until, 0.0), again(new))),
            "first_at": func.coalesce(_OLD.first_at, new["first_at"]),
            "changed_at": new["changed_at"],
            "project": new["project"],
            "bulk": case((_OLD.wanted > _OLD.done, _OLD.bulk), else_=1) if bulk else 0,
        }
        if delivered:
            raised["delivered"] = _OLD.wanted + 1
        upsert = insert.on_conflict_do_update(index_elements=[_OLD.issue], set_=raised).returning(_OLD.wanted)
        statement: ReturningInsert[Any] = upsert
        return statement

    def _know(self) -> Executable:
        """The issue `name` has a row. Nothing is asked of it."""
        insert = self._database.dialect.insert(work).values(issue=bindparam("name"), **self._unasked("idle", null()))
        statement: Executable = insert.on_conflict_do_nothing(index_elements=[_OLD.issue])
        return statement

    def _expect(self) -> Executable:
        """The issue `name` is due at `then` at the latest, as if its last look had said so."""
        unasked = self._unasked("ready", bindparam("then"))
        insert = self._database.dialect.insert(work).values(issue=bindparam("name"), **unasked)
        planned = {"state": "ready", "due_at": _sooner(insert.excluded)}
        calm = _OLD.state.in_(("idle", "ready")) & (_OLD.attempts == 0)
        statement: Executable = insert.on_conflict_do_update(index_elements=[_OLD.issue], set_=planned, where=calm)
        return statement

    def _unasked(self, state: str, due_at: Any) -> dict[str, Any]:
        counts = dict.fromkeys(("wanted", "claimed", "done", "delivered", "attempts", "crashes"), 0)
        whose: Any = bindparam("whose")
        now = self._database.now()
        return {**counts, "bulk": 1, "state": state, "due_at": due_at, "changed_at": now, "project": whose}

    def _turn(self) -> Select[Any]:
        """Whose turn it is after the project `after`, as (level, project): the next, in the order of their names and
        round and round, of those that have something due; of what came in bulk (level 1) where nothing else is due.

        What is waiting does not matter, only how many projects are passed over: after so many the last of them is told.
        """
        now = self._database.now()
        urgent = select(_OLD.due_at).where(_OLD.bulk == 0, _OLD.due_at <= now).order_by(_OLD.due_at).limit(1)
        level = case((urgent.scalar_subquery().is_(None), 1), else_=0)
        start = {
            "step": literal(0),
            "level": level,
            "project": cast(bindparam("after"), Text),
            "due_at": cast(null(), Double),
        }
        walk = select(*(value.label(name) for name, value in start.items())).cte("walk", recursive=True)

        def following(column: Column[Any]) -> Any:
            """Of the row that comes next by project and time, from the beginning again after the last."""
            first = select(column).where(_OLD.bulk == walk.c.level, _OLD.due_at.is_not(None))
            ordered = first.order_by(_OLD.project, _OLD.due_at).limit(1)
            return func.coalesce(
                ordered.where(_OLD.project > walk.c.project).scalar_subquery(), ordered.scalar_subquery()
            )

        step = select(walk.c.step + 1, walk.c.level, following(_OLD.project), following(_OLD.due_at))
        walk = walk.union_all(step.where(walk.c.step < _WALK, (walk.c.step == 0) | (walk.c.due_at > now)))
        return select(walk.c.level, walk.c.project).order_by(walk.c.step.desc()).limit(1)

    def _free(self, query: Select[Any]) -> Any:
        return self._database.dialect.skip_locked(query).scalar_subquery()

    def _claim(self, chosen: Any) -> Executable:
        """Takes the row of the issue `chosen`, with the token `token`, or `heir` where a lease ended.

        A lease that ended counts as a crash. Which of the tokens the row has tells whether it was taken over.
        """
        now = self._database.now()
        taken = {
            "state": "running",
            "owner": case((_OLD.state == "running", bindparam("heir")), else_=bindparam("token")),
            "claimed": _OLD.wanted,
            "due_at": now + self._timing.lease,
            "first_at": null(),
            "crashes": _OLD.crashes + case((_OLD.state == "running", 1), else_=0),
            "changed_at": now,
        }
        told = (_OLD.issue, _OLD.owner, _OLD.claimed, _OLD.attempts, _OLD.crashes, _OLD.delivered, _OLD.done, _OLD.bulk)
        return update(work).where(_OLD.issue == chosen).values(**taken).returning(*told)

    def _finish(self, soon: Any, state: str, later: Any) -> Executable:
        """Goes to `state`, due `later`, unless the counter was raised since `seen`: then it is due `soon`.

        What is planned for long after is less urgent then than what people have just done.
        """
        again = _OLD.wanted > bindparam("seen")
        far = case((later > self._database.now() + _FAR, 1), else_=0) if state == "ready" else 0
        return fenced(
            self._database,
            state=case((again, "ready"), else_=state),
            due_at=case((again, soon), else_=later),
            done=bindparam("seen"),
            attempts=0,
            crashes=0,
            hold_until=null(),
            error=null(),
            bulk=case((again, _OLD.bulk), else_=far),
        )


def fenced(database: Database, **values: Any) -> Executable:
    """An update of the row that `owner_` still holds; whoever lost the lease changes nothing."""
    return update(work).where(_held()).values(changed_at=database.now(), **values)


def _sooner(fresh: _Fresh) -> Any:
    return case((_OLD.state == "ready", _least(_OLD.due_at, fresh["due_at"])), else_=fresh["due_at"])


def _held() -> ColumnElement[bool]:
    return (_OLD.issue == bindparam("issue_")) & (_OLD.owner == bindparam("owner_")) & (_OLD.state == "running")


def _least(one: Any, other: Any) -> Any:
    return case((one <= other, one), else_=other)


def _greatest(one: Any, other: Any) -> Any:
    return case((one >= other, one), else_=other)


def whose(ref: IssueRef) -> str:
    """With whose issues it takes turns. Those known by their ids alone have one project together for each owner."""
    return f"{ref.forge}:{ref.project if ref.node is None else ref.project.partition('/@')[0] + '/@'}"
