"""Surveying many projects: which are listed together, and when one by one is the better way."""

from __future__ import annotations

import pytest

from service.providers.base import Listing, Rejected, Scope
from service.providers.gitlab import survey
from service.providers.gitlab.client import GitLab
from tests.providers.github.scripted import Say, Scripted


@pytest.mark.parametrize(
    ("projects", "scopes"),
    [
        (("acme/shop",), {"acme/shop": ("acme/shop",)}),
        (("acme/shop", "acme/ops"), {"acme/*": ("acme/shop", "acme/ops")}),
        (("acme/a/x", "Acme/A/y"), {"acme/a/*": ("acme/a/x", "Acme/A/y")}),
        (("acme/a/x", "acme/b/y"), {"acme/*": ("acme/a/x", "acme/b/y")}),
        (("acme/a/x", "acme/shop", "other/z"), {"acme/*": ("acme/a/x", "acme/shop"), "other/z": ("other/z",)}),
    ],
)
def test_projects_are_listed_by_the_nearest_group_above_them(
    projects: tuple[str, ...], scopes: dict[str, tuple[str, ...]]
) -> None:
    """Not by a larger one: its other projects would be listed for nothing."""
    assert {scope.name: scope.projects for scope in survey.scopes(projects)} == scopes


def test_a_group_too_large_for_one_listing_is_refused(
    provider: GitLab, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitLab ends a list by offset at 50,000 rows; half a list must not pass for the whole."""
    monkeypatch.setattr("service.providers.gitlab.survey.MOST_ROWS", 2)
    row = {"title": "Item", "state": "opened", "author": {"username": "bob"}}
    rows = [row | {"iid": n, "references": {"full": f"acme/shop#{n}"}} for n in (1, 2, 3)]
    scripted.on("GET /api/v4/groups/acme/issues", Say(200, rows))
    scope = Scope("acme/*", ("acme/shop", "acme/ops"))
    with pytest.raises(Rejected, match="more than 2 issues"):
        list(provider.survey(scope, (Listing("type-action-item", "open"),)))


def test_a_pattern_needs_a_group(provider: GitLab) -> None:
    """With how to write it."""
    with pytest.raises(Rejected, match=r"gitlab:acme/\*"):
        list(provider.projects(""))


def _shown(path: str, *blobs: dict[str, str | None]) -> dict[str, object]:
    return {"fullPath": path, "repository": {"blobs": {"nodes": list(blobs)}}}


def test_what_is_not_shown_together_is_asked_for_alone(provider: GitLab, scripted: Scripted) -> None:
    """A project under another name, one without its code, and a file that is no text: whoever asks for it is told."""
    data = {
        "f0": _shown("acme/a", {"path": "p.yml", "rawBlob": "\ufeffversion: 1\n"}),
        "f1": _shown("acme/renamed", {"path": "p.yml", "rawBlob": "version: 1\n"}),
        "f2": {"fullPath": "acme/c", "repository": None},
        "f3": _shown("acme/d", {"path": "p.yml", "rawBlob": None}),
        "f4": None,
        "f5": _shown("acme/f"),
    }
    scripted.on("POST /api/graphql", Say(200, {"data": data}))
    for name in "bcde":
        scripted.on(f"GET /api/v4/projects/acme%2F{name}/repository/files/p.yml/raw", Say(200, f"alone: {name}\n"))
    asked = [f"acme/{name}" for name in "abcdef"]
    provider.read_ahead(asked, "p.yml")
    texts = [provider.file_text(project, "p.yml") for project in asked]
    assert texts == ["version: 1\n", *(f"alone: {name}\n" for name in "bcde"), None]


def test_a_server_that_does_not_read_files_together_is_asked_once(provider: GitLab, scripted: Scripted) -> None:
    """And not for the next hour; the rest of GraphQL is not given up for it."""
    scripted.on("POST /api/graphql", Say(200, {"errors": [{"message": "Field 'rawBlob' doesn't exist"}]}))
    projects = [f"acme/p{n}" for n in range(25)]
    provider.read_ahead(projects, "p.yml")
    provider.read_ahead(projects, "p.yml")
    assert provider.requests == 1
