"""The receiver while its SQLite file takes no more: the forge is asked to send again, and what was taken is there."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from tests.databases import ON_SQLITE
from tests.web.conftest import Site, github_event

pytestmark = ON_SQLITE
ROOM = 20  # pages that are left


@contextmanager
def _refusing(site: Site, *pragmas: str) -> Iterator[None]:
    """Every connection is under these limits, which SQLite answers as it does the real thing."""

    def limit(connection: Any, _record: object, _proxy: object) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    engine = site.database._engine
    event.listen(engine, "checkout", limit)
    yield
    event.remove(engine, "checkout", limit)
    engine.dispose()  # the next connections are without


def _pages(site: Site) -> int:
    return site.database.read(lambda c: int(c.exec_driver_sql("PRAGMA page_count").scalar_one()))


def _kept(site: Site) -> set[object]:
    return {row[0] for row in site.place.rows("select id from deliveries")}


@pytest.mark.parametrize("pragma", ["max_page_count=1", "query_only=1"], ids=["full disk", "read-only file"])
def test_a_file_that_takes_nothing_asks_to_send_again(site: Site, pragma: str) -> None:
    """503 with Retry-After; the same delivery is taken once it can be."""
    site.github(github_event(), X_GitHub_Delivery="before")
    with _refusing(site, pragma):
        answer = site.github({**github_event(), "body": secrets.token_hex(20_000)})
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert site.get("/healthz").status_code == 200
    assert site.deliveries == ["before"]
    assert site.github(github_event()).status_code == 202
    assert site.deliveries == ["72d3162e", "before"]


def test_a_disk_that_fills_up_loses_nothing_that_was_taken(site: Site) -> None:
    """Of many at once some still fit: exactly those are answered 202. With room again the others are taken."""
    names = [f"d{number}" for number in range(60)]

    def send(name: str) -> int:
        event = github_event(number=int(name[1:]) + 1)
        return site.github({**event, "body": secrets.token_hex(2000)}, X_GitHub_Delivery=name).status_code

    with _refusing(site, f"max_page_count={_pages(site) + ROOM}"), ThreadPoolExecutor(16) as pool:
        answers = dict(zip(names, pool.map(send, names), strict=True))
    taken = {name for name, status in answers.items() if status == 202}
    assert set(answers.values()) == {202, 503}
    assert _kept(site) == taken
    assert {send(name) for name in names if name not in taken} == {202}
    assert _kept(site) == set(names)
