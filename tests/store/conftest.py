"""A database to write to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.store.database import Database
from tests.databases import Place, opened


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    with opened(place) as database:
        yield database
