"""`deliveries` and `db` on a real database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.model import IssueRef
from service.store.tables import VERSION, schema_version
from service.work.queue import Queue
from service.work.timing import Timing
from tests.cli.conftest import Run
from tests.databases import Place, opened

ISSUE = IssueRef("github", "acme/shop", 12)


@pytest.fixture
def filled(tmp_path: Path) -> Place:
    """The default database with one processed delivery, one that waits, and one issue that was given up."""
    place = Place.file(tmp_path)
    with opened(place) as database:
        queue = Queue(database, Timing(debounce=0))
        for number, delivery in enumerate(("d-done", "d-dead", "d-waits"), start=12):
            queue.accept("github", delivery, "issues.edited", [IssueRef("github", "acme/shop", number)], b'{"a": 1}')
            claim = queue.claim() if delivery != "d-waits" else None
            if claim is not None:
                queue.finish(claim) if delivery == "d-done" else queue.fail(claim, "needs Issues: write", limit=1)
    return place


def test_deliveries_are_listed_with_what_became_of_them(run: Run, filled: Place) -> None:
    """Newest first."""
    rows = json.loads(run("deliveries", "list", "--json").out)
    assert [(row["id"], row["state"]) for row in rows] == [
        ("d-waits", "waiting"),
        ("d-dead", "dead"),
        ("d-done", "processed"),
    ]
    reasons = [row["reason"] for row in rows]
    assert reasons[0].startswith("github:acme/shop#14 is due at 2")
    assert reasons[1:] == ["github:acme/shop#13 was given up: needs Issues: write", "each issue was looked at since"]
    assert "needs Issues: write" in run("deliveries", "list").out


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        (("--state", "dead"), ["d-dead"]),
        (("--issue", "github:acme/shop#12"), ["d-done"]),
        (("--forge", "gitlab"), []),
        (("--limit", "1"), ["d-waits"]),
        (("--since", "2100-01-01"), []),
    ],
)
def test_a_list_is_narrowed(run: Run, filled: Place, narrowed: tuple[str, ...], found: list[str]) -> None:
    """By what people ask for; several narrow it further."""
    assert [row["id"] for row in json.loads(run("deliveries", "list", "--json", *narrowed).out)] == found


def test_a_delivery_is_shown_with_its_payload(run: Run, filled: Place) -> None:
    """As JSON; an unknown id is a usage error."""
    assert json.loads(run("deliveries", "show", "d-done").out)["payload"] == {"a": 1}
    assert run("deliveries", "show", "d-none").code == 2


def test_what_was_given_up_says_why_and_can_be_replayed(run: Run, filled: Place) -> None:
    """Once; what is not dead is not replayed."""
    assert "needs Issues: write" in run("deliveries", "dead").out
    assert run("deliveries", "replay", "github:acme/shop#13").code == 0
    assert json.loads(run("deliveries", "dead", "--json").out) == []
    assert json.loads(run("deliveries", "dead", "--forge", "gitlab", "--json").out) == []
    assert run("deliveries", "replay", "github:acme/shop#13").code == 2
    assert run("deliveries", "replay").code == 2
    assert run("deliveries", "replay", "--all").out == "Nothing was given up.\n"


def test_pruning_keeps_what_is_unanswered(run: Run, filled: Place) -> None:
    """Only the processed delivery goes."""
    assert run("db", "prune", "--days", "0").out == "Removed 1 deliveries and 0 journal entries.\n"
    assert {row["id"] for row in json.loads(run("deliveries", "list", "--json").out)} == {"d-dead", "d-waits"}


def test_a_newer_database_is_refused(run: Run, filled: Place) -> None:
    """Exit code 2 and what to do."""
    with opened(filled) as database:
        database.write(lambda c: c.execute(schema_version.update().values(version=VERSION + 1)))
    ran = run("db", "upgrade")
    assert ran.code == 2
    assert "newer Closeout" in ran.err


def test_a_broken_database_is_a_sentence(run: Run, tmp_path: Path) -> None:
    """Exit code 3, and the variable that says where it is."""
    (tmp_path / "closeout.sqlite3").write_text("no database" * 100, encoding="utf-8")
    ran = run("deliveries", "list")
    assert ran.code == 3
    assert "CLOSEOUT_DATABASE_URL" in ran.err
