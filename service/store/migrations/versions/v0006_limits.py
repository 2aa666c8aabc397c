"""What each credential is held to, and which work is less urgent."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, Column, Double, Integer, Text, text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "limits",
        Column("credential", Text, primary_key=True),
        Column("held_until", Double),
        Column("created", JSON, nullable=False),
    )
    op.add_column("work", Column("bulk", Integer, nullable=False, server_default=text("0")))
    op.create_index("work_urgent", "work", ["bulk", "due_at"])
