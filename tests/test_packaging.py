"""The wheel as a user installs it: complete, typed, and nothing in it that belongs to the checkout alone."""

from __future__ import annotations

import configparser
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packing import ROOT, run, wheel_of

pytestmark = pytest.mark.xdist_group("packaging")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel_of(ROOT, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_the_whole_package(wheel: Path) -> None:
    """Every module, template, migration and page of the package is in it, and the marker that it is typed."""
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    sources = (path for path in (ROOT / "service").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    wanted = {path.relative_to(ROOT).as_posix() for path in sources}
    templates = {f"service/_issue_templates/{path.name}" for path in (ROOT / "issue_templates").glob("*.md")}
    assert "service/py.typed" in wanted
    assert len(templates) > 5
    assert wanted | templates <= packed


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    """No tests, no caches, no databases travel with it."""
    with zipfile.ZipFile(wheel) as archive:
        outside = [n for n in archive.namelist() if not n.startswith(("service/", "closeout-"))]
        waste = [n for n in archive.namelist() if n.endswith((".pyc", ".sqlite3", ".db")) or "node_modules" in n]
    assert (outside, waste) == ([], [])


def test_the_wheel_installs_the_command(wheel: Path) -> None:
    """The distribution is `closeout`, and so is its one command."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith("entry_points.txt"))
        points = configparser.ConfigParser()
        points.read_string(archive.read(name).decode())
    assert dict(points["console_scripts"]) == {"closeout": "service.__main__:main"}


def test_an_installed_wheel_finds_its_templates(wheel: Path, tmp_path: Path) -> None:
    """Without the checkout beside it, the package still has every template it ships."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    script = "import service, service.templates as t; print(service.__file__); print(*sorted(t.shipped()))"
    said = run(sys.executable, "-P", "-c", script, PYTHONPATH=str(tmp_path))
    where, names = said.splitlines()
    assert Path(where).is_relative_to(tmp_path)
    assert {"full_incident", "action_item"} <= set(names.split())
