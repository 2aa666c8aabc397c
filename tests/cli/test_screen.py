"""Nothing that others wrote steers a terminal, wherever a command shows it."""

from __future__ import annotations

import ast
import io
import json
import re
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from service.bootstrap.logs import configure
from service.cli.screen import say, say_json, screen
from service.visible import escaped, visible

CLI = Path(__file__).parents[2] / "service" / "cli"
HOSTILE = "a\x1b]0;owned\x07\x1b[2J\x9b31mb\rc\x08d\u202ee\u2066f\x00g\u2028h\x7f[link=https://evil.example]i[/link]"
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("path", sorted(CLI.glob("*.py")), ids=lambda path: path.name)
def test_every_command_shows_through_the_screen(path: Path) -> None:
    """A command that prints by itself would forget it. (The two that write files for this project are no commands.)"""
    if path.name in {"screen.py", "docs.py", "chart.py"}:
        return
    called = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
    assert called & {"print", "typer.echo", "typer.secho", "Console", "sys.stdout.write", "sys.stderr.write"} == set()


def test_lines_and_json_are_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    """The signs are seen, line ends and tabs stay, and JSON still says the same."""
    say(f"{HOSTILE}\n\tnext\r\n")
    say(HOSTILE, error=True)
    say_json({"title": HOSTILE}, indent=None)
    out, err = capsys.readouterr()
    assert UNSEEN.sub("", out.replace("\r\n", "")) == out.replace("\r\n", "")
    assert UNSEEN.sub("", err) == err
    assert "\\x1b[2J\\x9b31m" in out
    assert json.loads(out.splitlines()[-1]) == {"title": HOSTILE}


def test_tables_and_colours_are_harmless() -> None:
    """Rich's own colours work, and what others wrote is text: no sequence, no link, no markup."""
    table = Table("x")
    table.add_row(HOSTILE)
    table.add_row(Text(HOSTILE, style="red"))
    there = io.StringIO()
    screen(file=there, force_terminal=True, width=300).print(table, Text(HOSTILE, style="bold"), HOSTILE)
    shown = there.getvalue()
    assert "\x1b[31m" in shown
    bare = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert UNSEEN.sub("", bare) == bare
    assert bare.count("[link=https://evil.example]i[/link]") >= 2  # a cell is cut to the width it was measured by


@pytest.mark.parametrize("people", [True, False], ids=["terminal", "json"])
def test_log_lines_are_harmless(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, people: bool
) -> None:
    """Fields, and the messages of errors with their tracebacks."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: people)
    monkeypatch.setenv("NO_COLOR", "1")
    configure("debug")
    try:
        int(HOSTILE)
    except ValueError:
        structlog.get_logger().exception("look_failed", reason=HOSTILE, issues=[HOSTILE], error=ValueError(HOSTILE))
    structlog.reset_defaults()
    log = capsys.readouterr().err
    assert "ValueError" in log
    bare = re.sub(r"\x1b\[[0-9;]*m", "", log) if people else log
    assert UNSEEN.sub("", bare) == bare
    assert bare.count("\n") == 1 or people


@given(st.text())
def test_the_same_is_said(text: str) -> None:
    """What has no such sign is untouched, and JSON is the same data."""
    assert visible(text) == text or UNSEEN.search(text)
    assert json.loads(escaped(json.dumps(text, ensure_ascii=False))) == text
