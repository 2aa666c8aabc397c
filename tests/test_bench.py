"""`make bench` runs, and says what it promises to say; what it measures here means nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import postgres
from tests.bench.__main__ import PARTS, arguments, main
from tests.bench.receiver import lost_in_a_kill

SAID = {
    "receiver": {"application", "clients", "deliveries/s", "p50 ms", "p99 ms", "% of bare", "errors"},
    "queue": {"database", "processes", "drained/s", "pick-up p50 ms", "p99 ms"},
    "memory": {"command", "deliveries", "resident MB", "own MB"},
    "wsgi": {"application", "server", "clients", "deliveries/s", "p99 ms"},
}


@pytest.mark.xdist_group("postgresql")
def test_it_writes_both_forms(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part has its rows, and each aim says whether it is met; the same stands in the page."""
    monkeypatch.setenv(postgres.OTHER_SERVER, postgres_url)
    assert main(["--short", "--out", str(tmp_path), *SAID]) == 0
    told = json.loads((tmp_path / "bench.json").read_text("utf-8"))
    assert told["machine"].keys() >= {"cores", "python", "load", "slowed down, p99"}
    assert {name: SAID[name] - part["rows"][0].keys() for name, part in told["parts"].items()} == {
        n: set() for n in SAID
    }
    aims = [aim for part in told["parts"].values() for aim in part["aims"]]
    assert {frozenset(aim) for aim in aims} == {frozenset({"what", "wanted", "found", "met"})}
    page = (tmp_path / "bench.md").read_text("utf-8")
    assert [part["title"] for part in told["parts"].values() if f"## {part['title']}\n" not in page] == []


def test_it_names_its_parts(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` lists every part, and a part that does not exist is refused."""
    assert [name for name in PARTS if name not in arguments().format_help()] == []
    with pytest.raises(SystemExit, match="2"):
        main(["speed"])
    assert "invalid choice: 'speed'" in capsys.readouterr().err


def test_no_delivery_is_lost_that_was_answered_before_a_kill() -> None:
    """By kill -9, at eight clients: whatever was answered with 202 is in the database."""
    accepted, lost = lost_in_a_kill(100)
    assert accepted >= 100
    assert lost == 0
