"""The notifications on their way out."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Double, Integer, Text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "outbox",
        Column("key", Text, primary_key=True),
        Column("route", Text, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("title", Text, nullable=False),
        Column("text", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("due_at", Double),
        Column("attempts", Integer, nullable=False),
        Column("error", Text),
        Column("changed_at", Double, nullable=False),
    )
    op.create_index("outbox_due_at", "outbox", ["due_at"])
    op.create_index("outbox_changed_at", "outbox", ["changed_at"])
