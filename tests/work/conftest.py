"""A queue on a real database of each kind, whose clock the test moves."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from service.store.database import Database
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.timing import Timing
from tests.clock import Clock
from tests.databases import Place, opened


@pytest.fixture
def database(place: Place, clock: Clock) -> Iterator[Database]:
    with opened(place, clock) as database:
        yield database


@pytest.fixture
def queue(database: Database) -> Queue:
    return Queue(database, Timing(debounce=1, longest_wait=5, lease=60), random.Random(0))  # noqa: S311 - spreads retries


@pytest.fixture
def overview(database: Database) -> Overview:
    return Overview(database)
