"""How tables that an older Closeout made become those of `tables.py`. Imported only where there is something to do.

To change the schema: change `tables.py`, raise its `VERSION`, and write `versions/v000N_….py` that does the same to a
database in use. `tests/store/test_migrations.py` says what is missing. Closeouts of the version before go on running
meanwhile, so add first, and take away in a later version.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def upgrade(connection: Connection, found: int, to: str = "head") -> None:
    """From version `found` (0: there is nothing) up, within the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", "service.store:migrations")
    config.attributes["connection"] = connection
    if found:
        _introduce(connection, ScriptDirectory.from_config(config), found)
    command.upgrade(config, to)


def _introduce(connection: Connection, script: ScriptDirectory, found: int) -> None:
    """Tells Alembic where a database stands that was created at once, by this or an older Closeout."""
    context = MigrationContext.configure(connection)
    if not context.get_current_heads():
        context.stamp(script, f"{found:04}")
