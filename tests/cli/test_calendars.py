"""`calendar`: a project's calendar is given out, listed and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.links import Links
from service.store.feeds import Feeds
from tests.cli.conftest import Run
from tests.databases import Place, opened

PUBLIC_URL = "https://closeout.example.org"
SECRET = "what links are sealed with for tests"
SET = {
    "CLOSEOUT_GITHUB_TOKEN": "token-closeout-bot",
    "CLOSEOUT_PUBLIC_URL": f"{PUBLIC_URL}/",
    "CLOSEOUT_LINK_SECRET": f"{SECRET},the secret that was in use before it",
    "CLOSEOUT_PROJECTS": "acme/*",
}


def test_a_feed_is_given_out_listed_and_taken_back(run: Run, tmp_path: Path) -> None:
    """The address opens what the database holds, until it does not."""
    given = [run("calendar", "feed", "github:acme/shop", **SET).out.strip() for _ in range(2)]
    with opened(Place.file(tmp_path)) as database:
        names = [one.id for one in Feeds(database).given()]
    assert sorted(given) == sorted(Links(PUBLIC_URL, (SECRET,)).address("reviews", name) for name in names)
    rows = json.loads(run("calendar", "list", "--json").out)
    assert [(row["project"], row["address"] in given) for row in rows] == [("github:acme/shop", True)] * 2
    assert all(f"\n  {address}\n" in run("calendar", "list").out for address in given)
    assert run("calendar", "revoke", "github:acme/Shop").out == "github:acme/Shop: 2 addresses taken back\n"
    assert run("calendar", "revoke", "github:acme/shop").out == "github:acme/shop: no addresses taken back\n"
    assert (run("calendar", "list", "--json").out, run("calendar", "list").out) == ("[]\n", "Nothing.\n")


@pytest.mark.parametrize(
    ("project", "says"),
    [
        ("github:acme/*", "'github:acme/*' is not one project"),
        ("acme/shop", "is not a project; write it like github:acme/shop"),
        ("gitlab:acme/shop", "no forge named 'gitlab' is configured"),
        ("github:else/where", "else/where is not among CLOSEOUT_PROJECTS (acme/*)"),
    ],
)
def test_a_feed_is_of_one_project_that_may_be_acted_on(run: Run, project: str, says: str) -> None:
    """Anything else is a sentence."""
    ran = run("calendar", "feed", project, **SET)
    assert (ran.code, says in ran.err) == (2, True), ran


def test_without_an_address_of_its_own_nothing_is_given_out(run: Run) -> None:
    """What was given out before can be taken back all the same."""
    without = {**SET, "CLOSEOUT_PUBLIC_URL": ""}
    for arguments in (("feed", "github:acme/shop"), ("list",)):
        ran = run("calendar", *arguments, **without)
        assert (ran.code, "CLOSEOUT_PUBLIC_URL is missing" in ran.err) == (2, True)
    assert run("calendar", "revoke", "github:acme/shop").code == 0
