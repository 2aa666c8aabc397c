"""The runs of the audit."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, Column, Double, Integer

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "audits",
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("at", Double, nullable=False),
        Column("seconds", Double, nullable=False),
        Column("projects", Integer, nullable=False),
        Column("items", Integer, nullable=False),
        Column("problems", JSON, nullable=False),
        Column("requests", Integer, nullable=False),
        Column("writes", Integer, nullable=False),
        Column("failures", Integer, nullable=False),
        Column("errors", JSON, nullable=False),
    )
    op.create_index("audits_at", "audits", ["at"])
