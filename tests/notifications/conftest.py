"""An outbox on each database, and somebody who takes what is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.store.outbox import Outbox
from tests.clock import Clock
from tests.databases import Place, opened
from tests.notifications.reception import Reception, reception


@pytest.fixture
def outbox(place: Place, clock: Clock) -> Iterator[Outbox]:
    with opened(place, clock) as database:
        yield Outbox(database)


@pytest.fixture
def there() -> Iterator[Reception]:
    with reception() as taking:
        yield taking
