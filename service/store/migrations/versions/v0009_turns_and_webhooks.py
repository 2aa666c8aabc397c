"""Projects take turns, and how webhooks fare is kept."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Double, Text, text

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("work", Column("project", Text, nullable=False, server_default=text("''")))
    op.execute("update work set project = rtrim(rtrim(issue, '0123456789'), '#')")
    is_due = text("due_at IS NOT NULL")
    op.create_index("work_turns", "work", ["bulk", "project", "due_at"], sqlite_where=is_due, postgresql_where=is_due)
    op.create_table(
        "webhooks",
        Column("name", Text, primary_key=True),
        Column("forge", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("seen_at", Double, nullable=False),
    )
