"""What calendars may show, and the feeds that were given out."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, Column, Double, Text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "appointments",
        Column("id", Text, primary_key=True),
        Column("issue", Text, nullable=False),
        Column("project", Text, nullable=False),
        Column("begins", Double, nullable=False),
        Column("entry", JSON, nullable=False),
    )
    op.create_index("appointments_issue", "appointments", ["issue"])
    op.create_index("appointments_project", "appointments", ["project"])
    op.create_table(
        "feeds",
        Column("id", Text, primary_key=True),
        Column("forge", Text, nullable=False),
        Column("project", Text, nullable=False),
        Column("made_at", Double, nullable=False),
    )
