"""The receiver while its PostgreSQL server is away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import postgres
from tests.databases import Place
from tests.web.conftest import Site, github_event


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    with postgres.server() as own:
        yield own


@pytest.fixture
def place(server: postgres.Server) -> Place:
    return Place(server.url)


def test_a_server_that_is_away_is_a_reason_to_send_again(server: postgres.Server, site: Site) -> None:
    """503 with Retry-After, and not ready; once the server is back the same delivery is taken."""
    server.stop()
    answer = site.github(github_event())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert site.get("/readyz").status_code == 503
    assert site.get("/healthz").status_code == 200
    server.start()
    assert site.github(github_event()).status_code == 202
    assert site.deliveries == ["72d3162e"]
