"""The jobs of the schedule."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Double, Integer, Text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "jobs",
        Column("name", Text, primary_key=True),
        Column("tick", Double, nullable=False),
        Column("state", Text, nullable=False),
        Column("owner", Text),
        Column("due_at", Double),
        Column("attempts", Integer, nullable=False),
        Column("error", Text),
        Column("changed_at", Double, nullable=False),
    )
