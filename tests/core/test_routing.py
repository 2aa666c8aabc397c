"""Which routes take what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from service.model import IssueRef, Notice
from service.routing import takes
from service.settings import Route

NOTICE = Notice(
    kind="refused",
    key="github:acme/shop#12 refused",
    ref=IssueRef("github", "acme/shop", 12),
    title="Down",
    severity="high",
    owners=("bob",),
    teams=("Payments",),
    told=("Carol",),
)


def _route(name: str = "oncall", **filters: Any) -> Route:
    return Route(name=name, address=SecretStr("json://127.0.0.1:9"), **filters)


@pytest.mark.parametrize(
    ("filters", "taken"),
    [
        ({}, True),
        ({"kinds": {"refused", "overdue"}}, True),
        ({"kinds": {"completed"}}, False),
        ({"severities": {"critical", "high"}}, True),
        ({"severities": {"low"}}, False),
        ({"teams": {"payments"}}, True),
        ({"teams": {"search"}}, False),
        ({"owners": {"Bob"}}, True),
        ({"owners": {"carol"}}, True),
        ({"owners": {"eve"}}, False),
        ({"projects": ("acme/*",)}, True),
        ({"projects": ("gitlab:acme/*",)}, False),
        ({"kinds": {"refused"}, "severities": {"low"}}, False),
    ],
)
def test_every_filter_of_a_route_must_fit(filters: dict[str, Any], taken: bool) -> None:
    """By kind, severity, the owners' teams, and project."""
    assert takes(_route(**filters), NOTICE) is taken


@pytest.mark.parametrize(
    ("names", "filters", "taken"),
    [
        (("oncall",), {"kinds": {"completed"}}, True),  # the policy wants it there all the same
        (("other",), {}, False),
        ((), {}, False),
        (("oncall",), {"projects": ("acme/ops",)}, False),  # but opens nothing that the operator closed
        (("oncall",), {"severities": {"low"}}, False),
    ],
)
def test_a_policy_names_routes_and_opens_none(names: tuple[str, ...], filters: dict[str, Any], taken: bool) -> None:
    """It chooses among kinds; projects, severities, teams and confidentiality stay the operator's."""
    assert takes(_route(**filters), replace(NOTICE, routes=names)) is taken


@pytest.mark.parametrize("names", [None, ("oncall",)])
def test_what_is_confidential_goes_only_where_that_is_said(names: tuple[str, ...] | None) -> None:
    """No policy can change it."""
    secret = replace(NOTICE, confidential=True, routes=names)
    assert not takes(_route(), secret)
    assert takes(_route(confidential=True), secret)
