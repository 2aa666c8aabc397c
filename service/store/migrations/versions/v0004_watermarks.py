"""How far each project was read, and the forge's id of each request that wrote."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, Column, Double, Text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "watermarks",
        Column("name", Text, primary_key=True),
        Column("at", Double, nullable=False),
        Column("seen", JSON, nullable=False),
        Column("changed_at", Double, nullable=False),
    )
    op.add_column("journal", Column("request", Text))
