"""What each credential is held to."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, Column, Double, Text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "limits",
        Column("credential", Text, primary_key=True),
        Column("held_until", Double),
        Column("created", JSON, nullable=False),
    )
