"""A database to write to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.store.database import Database
from tests.databases import Place


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    opened = Database(place.url, patience=60)  # more than a busy machine may take
    opened.migrate()
    yield opened
    opened.close()
