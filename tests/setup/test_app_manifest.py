"""The shipped manifest of a GitHub App asks for what the service needs, and for nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.providers.github.needs import NEEDS
from service.providers.github.webhook import ORGANISATION_EVENTS
from service.sandbox.github.shapes import APP_PERMISSIONS
from tests.contracts import github_contract

ROOT = Path(__file__).resolve().parents[2]
MANIFEST: dict[str, Any] = json.loads((ROOT / "docs/github-app-manifest.json").read_text(encoding="utf-8"))
ALWAYS = {need.key: need.level for need in NEEDS if need.key and not need.setup}


def test_it_asks_for_the_permissions_the_service_always_needs() -> None:
    """Not for those of `closeout setup`, which a person's token covers; the sandbox's App has the same."""
    assert MANIFEST["default_permissions"] == ALWAYS == APP_PERMISSIONS


def test_it_subscribes_to_the_events_that_are_read() -> None:
    """Each other delivery would be received for nothing, and each missing one would be missed."""
    assert set(MANIFEST["default_events"]) == ORGANISATION_EVENTS


def test_its_addresses_are_the_services_own() -> None:
    """The webhook goes to the path that the service listens on."""
    home = MANIFEST["url"]
    assert MANIFEST["hook_attributes"] == {"url": f"{home}/webhooks/github", "active": True}
    assert MANIFEST["redirect_url"].startswith(home)


@pytest.mark.node
def test_github_knows_its_words() -> None:
    """Every permission and level is one that GitHub documents for Apps."""
    known = github_contract.document()["components"]["schemas"]["app-permissions"]["properties"]
    assert {key for key, level in ALWAYS.items() if level not in known[key]["enum"]} == set()
