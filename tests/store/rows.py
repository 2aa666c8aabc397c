"""Rows for the tests of the store, and how to read them back."""

from __future__ import annotations

from sqlalchemy import Connection, select

from service.store.database import Database
from service.store.tables import work


def _row(issue: str) -> dict[str, object]:
    counts = dict.fromkeys(("wanted", "claimed", "done", "delivered", "attempts", "crashes"), 0)
    return {"issue": issue, "state": "idle", "changed_at": 0.0, **counts}


def insert(connection: Connection, issue: str) -> str:
    connection.execute(work.insert().values(_row(issue)))
    return issue


def issues(database: Database) -> set[str]:
    return set(database.read(lambda c: c.execute(select(work.c.issue)).scalars().all()))
