"""Addresses of calendars, and who can make them."""

from __future__ import annotations

from service.links import Links
from tests.web.conftest import PUBLIC_URL


def test_addresses_differ_by_what_they_open_and_by_the_secret() -> None:
    """43 signs of a seal: 256 bits, of which no address tells anything about another's."""
    made = {
        Links(PUBLIC_URL, (secret * 2,)).address(kind, name)
        for secret in ("one secret for tests", "another one for tests")
        for kind in ("meetings", "reviews")
        for name in ("a0" * 16, "a1" * 16)
    }
    assert len(made) == 8
    assert {len(address.rpartition("/")[2]) for address in made} == {43 + len(".ics")}
