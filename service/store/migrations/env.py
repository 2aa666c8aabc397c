"""Run by Alembic around the migrations. The connection is handed in; nothing is read from a file."""

from __future__ import annotations

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo

from service.store.tables import metadata, schema_version


def _note(ctx: MigrationContext, step: MigrationInfo, *_: object, **_rest: object) -> None:
    """Keeps `schema_version` in step: it is what a Closeout of any age looks at."""
    ctx.execute(schema_version.update().values(version=int(step.up_revision_ids[0])))


context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, on_version_apply=_note)
context.run_migrations()
