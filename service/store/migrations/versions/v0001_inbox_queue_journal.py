"""The inbox, the queue and the journal."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, Column, Double, Integer, LargeBinary, Text, insert

revision = "0001"
down_revision = None


def upgrade() -> None:
    versions = op.create_table(
        "schema_version",
        Column("id", Integer, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("checked_at", Double),
    )
    op.execute(insert(versions).values(id=1, version=1))
    op.create_table(
        "deliveries",
        Column("forge", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("event", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("received_at", Double, nullable=False),
        Column("nudges", JSON, nullable=False),
    )
    op.create_index("deliveries_received_at", "deliveries", ["received_at"])
    _work()
    op.create_table(
        "journal",
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("at", Double, nullable=False),
        Column("issue", Text, nullable=False),
        Column("rule", Text, nullable=False),
        Column("change", Text, nullable=False),
        Column("target", Text, nullable=False),
        Column("result", Text, nullable=False),
    )
    op.create_index("journal_issue", "journal", ["issue", "id"])


def _work() -> None:
    op.create_table(
        "work",
        Column("issue", Text, primary_key=True),
        Column("state", Text, nullable=False),
        Column("wanted", Integer, nullable=False),
        Column("claimed", Integer, nullable=False),
        Column("done", Integer, nullable=False),
        Column("delivered", Integer, nullable=False),
        Column("due_at", Double),
        Column("first_at", Double),
        Column("hold_until", Double),
        Column("owner", Text),
        Column("attempts", Integer, nullable=False),
        Column("crashes", Integer, nullable=False),
        Column("error", Text),
        Column("changed_at", Double, nullable=False),
    )
    op.create_index("work_due_at", "work", ["due_at"])
