"""What calendars may show, as the last look at each post-mortem left it: an index, made anew by looking again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, select

from service.model import Appointment, IssueRef
from service.store.database import Database, storable
from service.store.tables import appointments


class Appointments:
    """Every method raises `StoreUnavailable` where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, ref: IssueRef, wanted: Sequence[Appointment]) -> None:
        """These are all that the issue has. Where nothing is new, nothing is written."""
        entries = {one.id: _entry(one) for one in wanted}
        query = select(appointments.c.id, appointments.c.entry).where(appointments.c.issue == _issue(ref))
        known = {row.id: row.entry for row in self._database.read(lambda c: c.execute(query).all())}
        if known == entries:
            return
        rows = [
            {
                "id": one.id,
                "issue": _issue(ref),
                "project": _project(ref.forge, ref.project),
                "begins": _moment(one).timestamp(),
                "entry": entries[one.id],
            }
            for one in wanted
        ]
        self._database.write(lambda c: _put_down(c, ref, rows))

    def find(self, name: str) -> tuple[IssueRef, Appointment] | None:
        """An appointment with its issue, whose project is in lower case."""
        query = select(appointments.c.issue, appointments.c.entry).where(appointments.c.id == storable(name))
        row = self._database.read(lambda c: c.execute(query).first())
        return None if row is None else (IssueRef.parse(row.issue), _appointment(row.entry))

    def of_project(self, forge: str, project: str) -> tuple[Appointment, ...]:
        """In the order of time."""
        query = select(appointments.c.entry).where(appointments.c.project == _project(forge, project))
        query = query.order_by(appointments.c.begins, appointments.c.id)
        return tuple(_appointment(entry) for entry in self._database.read(lambda c: c.execute(query).scalars().all()))

    def forget(self, days: float) -> int:
        """Removes what began more than so many days ago; says how many."""
        old = appointments.delete().where(appointments.c.begins < self._database.now() - days * 86400)
        return self._database.write(lambda c: c.execute(old).rowcount)


def _put_down(connection: Connection, ref: IssueRef, rows: Sequence[dict[str, Any]]) -> None:
    connection.execute(appointments.delete().where(appointments.c.issue == _issue(ref)))
    if rows:
        connection.execute(appointments.insert(), rows)


def _issue(ref: IssueRef) -> str:
    return str(ref).lower()


def _project(forge: str, project: str) -> str:
    return f"{forge}:{project}".lower()


def _moment(one: Appointment) -> datetime:
    return one.begins if isinstance(one.begins, datetime) else datetime.combine(one.begins, time(), UTC)


def _entry(one: Appointment) -> dict[str, Any]:
    data = {name: storable(value) if isinstance(value, str) else value for name, value in asdict(one).items()}
    return data | {"begins": one.begins.isoformat(), "changed_at": one.changed_at.isoformat()}


def _appointment(entry: dict[str, Any]) -> Appointment:
    read = datetime.fromisoformat if entry["minutes"] else date.fromisoformat
    return Appointment(
        **entry | {"begins": read(entry["begins"]), "changed_at": datetime.fromisoformat(entry["changed_at"])}
    )
