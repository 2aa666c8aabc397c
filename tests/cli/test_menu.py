"""The menu: every command explains itself, and the program starts fast because it imports little."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from typer.main import get_command

from service.cli.app import app
from tests.cli.conftest import Run


def _paths(command: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    children = getattr(command, "commands", None)
    if children is None:
        return [path]
    return [found for name, child in children.items() for found in _paths(child, (*path, name))]


COMMANDS = _paths(get_command(app))


def test_the_commands_are_those_documented() -> None:
    """A renamed command breaks somebody's script."""
    assert sorted(" ".join(path) for path in COMMANDS) == [
        "audit",
        "backfill",
        "calendar feed",
        "calendar list",
        "calendar revoke",
        "db prune",
        "db upgrade",
        "deliveries dead",
        "deliveries journal",
        "deliveries list",
        "deliveries replay",
        "deliveries show",
        "demo",
        "doctor",
        "notify list",
        "notify send",
        "notify test",
        "plan",
        "policy check",
        "reconcile",
        "rules",
        "sandbox",
        "serve",
        "setup",
        "simulate",
        "worker",
    ]
    assert isinstance(app, typer.Typer)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(run: Run, path: tuple[str, ...]) -> None:
    """`--help` ends well and shows a command to copy."""
    ran = run(*path, "--help")
    assert ran.code == 0
    assert f"closeout {' '.join(path)}" in ran.out.split("Example:")[1]


def test_the_version_is_the_packages(run: Run) -> None:
    """`--version` says what a bug report needs."""
    assert run("--version").out.startswith("closeout 0.")


def test_a_mistyped_command_is_a_usage_error(run: Run) -> None:
    """Exit code 2, with a pointer to the help."""
    ran = run("plam")
    assert ran.code == 2
    assert "plan" in ran.err


def test_the_command_line_imports_little() -> None:
    """What takes long to import is imported by the command that needs it."""
    code = "import sys, service.__main__, service.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"flask", "sqlalchemy", "pydantic", "github", "gitlab", "structlog", "yaml"} & set(loaded) == set()
