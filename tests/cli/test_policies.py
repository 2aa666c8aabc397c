"""`policy check` and `rules`."""

from __future__ import annotations

import json
from pathlib import Path

from service.rules import rules
from tests.cli.conftest import Run


def test_a_good_policy_is_fine(run: Run, tmp_path: Path) -> None:
    """Exit code 0."""
    (tmp_path / "closeout.yml").write_text("version: 1\n", encoding="utf-8")
    ran = run("policy", "check", "closeout.yml")
    assert (ran.code, ran.out) == (0, "closeout.yml: fine\n")


def test_every_mistake_has_its_line(run: Run, tmp_path: Path) -> None:
    """Exit code 2; each line starts with file and line, so that editors and CI link it."""
    text = "version: 1\nrules:\n  clozure: {}\n  closure:\n    grace_secs: 1\n"
    (tmp_path / "closeout.yml").write_text(text, encoding="utf-8")
    ran = run("policy", "check", "closeout.yml")
    lines = ran.out.splitlines()
    assert ran.code == 2
    assert [line.split(": ")[0] for line in lines] == ["closeout.yml:3", "closeout.yml:5"]
    assert "closure" in lines[0]
    assert "grace_seconds" in lines[1]


def test_a_machine_reads_the_same(run: Run, tmp_path: Path) -> None:
    """`--json` carries the verdict and the lines."""
    (tmp_path / "closeout.yml").write_text("verzion: 1\n", encoding="utf-8")
    ran = run("policy", "check", "closeout.yml", "--json")
    said = json.loads(ran.out)
    assert (ran.code, said["valid"]) == (2, False)
    assert said["errors"]


def test_a_policy_that_cannot_be_read_is_a_sentence(run: Run, tmp_path: Path) -> None:
    """A missing file and a picture alike."""
    assert "cannot read nowhere.yml" in run("policy", "check", "nowhere.yml").err
    (tmp_path / "picture.yml").write_bytes(b"\x89PNG\xff")
    assert "not text" in run("policy", "check", "picture.yml").err


def test_every_rule_is_listed_and_explained(run: Run) -> None:
    """The list names each rule; one rule shows its reason, remedy and options."""
    listed = run("rules").out
    for rule in rules():
        assert rule.id in listed
        explained = " ".join(run("rules", rule.id).out.split())
        assert rule.why.split(".")[0] in explained
        assert all(name in explained for name in rule.options.model_fields)


def test_rules_as_json(run: Run) -> None:
    """For tools that build on the catalogue."""
    assert [row["id"] for row in json.loads(run("rules", "--json").out)] == [rule.id for rule in rules()]


def test_an_unknown_rule_names_those_there_are(run: Run) -> None:
    """Exit code 2."""
    ran = run("rules", "closing")
    assert ran.code == 2
    assert "closure" in ran.err
