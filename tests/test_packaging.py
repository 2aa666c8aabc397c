"""What a release consists of: a source distribution, the wheel as a user installs it, and the list of what comes along."""

from __future__ import annotations

import configparser
import json
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.packing import ROOT, built, installed, run, uv

pytestmark = pytest.mark.xdist_group("packaging")


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return built(ROOT, tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def wheel(release: tuple[Path, Path]) -> Path:
    return release[1]


@pytest.fixture(scope="module")
def closeout(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(wheel, tmp_path_factory.mktemp("clean"))


def test_the_source_distribution_is_the_whole_checkout(release: tuple[Path, Path]) -> None:
    """Whoever unpacks it can do all that the README says: `make demo`, `make test`, the image, the chart."""
    if not (ROOT / ".git").exists():
        pytest.skip("what belongs to the checkout is known to git alone")
    tracked = set(run("git", "ls-files").splitlines())
    with tarfile.open(release[0]) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert "tests/test_packaging.py" in tracked
    assert tracked - packed == set()
    assert [name for name in packed if "node_modules" in name or name.endswith((".pyc", ".sqlite3"))] == []


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


def test_a_clean_environment_has_the_command(closeout: Path) -> None:
    """With its version, its rules and the check of a policy; nothing that only tests need is there."""
    assert run(closeout, "--version") == f"closeout {PROJECT['version']}\n"
    assert "closure" in run(closeout, "rules")
    frozen = run(uv(), "pip", "list", "--format", "json", "--python", closeout.parent / "python")
    names = {package["name"] for package in json.loads(frozen)}
    assert {"closeout", "flask", "granian"} <= names
    assert not {"pytest", "hypothesis", "ruff", "pip"} & names


def test_what_is_installed_finds_its_templates(closeout: Path) -> None:
    """Without the checkout beside it, the package still has every template it ships."""
    script = "import service, service.templates as t; print(service.__file__); print(*sorted(t.shipped()))"
    where, names = run(closeout.parent / "python", "-P", "-c", script).splitlines()
    assert Path(where).is_relative_to(closeout.parents[1])
    assert {"full_incident", "action_item"} <= set(names.split())


def test_what_is_installed_walks_an_incident_through_its_life(closeout: Path) -> None:
    """The demo, on both forges, with no other packages than those that the lock names for users."""
    said = run(closeout, "demo")
    assert "github" in said.lower()
    assert "gitlab" in said.lower()


def test_the_bill_of_materials_names_what_the_lock_installs(tmp_path: Path) -> None:
    """Each package that runs, extras included, in its version and with checksums; none that only develops."""
    _ = uv()
    file = tmp_path / "closeout.cdx.json"
    run("make", "sbom", f"SBOM={file}")
    bill = json.loads(file.read_text("utf-8"))
    assert (bill["bomFormat"], bill["metadata"]["component"]["version"]) == ("CycloneDX", PROJECT["version"])
    listed = {component["name"]: component for component in bill["components"]}
    assert {(name, component["version"]) for name, component in listed.items()} == set(_locked())
    for name, component in listed.items():
        assert component["purl"] == f"pkg:pypi/{name}@{component['version']}"
        assert all(reference["hashes"] for reference in component["externalReferences"])


def _locked() -> Iterator[tuple[str, str]]:
    """Name and version of each package that the lock reaches from the project, development aside."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))
    packages: Mapping[str, Any] = {package["name"]: package for package in lock["package"]}
    left, seen = [("closeout", extra) for extra in ("", *PROJECT["optional-dependencies"])], set[tuple[str, str]]()
    while left:
        name, extra = here = left.pop()
        if here in seen:
            continue
        seen.add(here)
        package = packages[name]
        needs = package.get("optional-dependencies", {}).get(extra, ()) if extra else package.get("dependencies", ())
        for need in needs:
            left.extend((need["name"], wanted) for wanted in ("", *need.get("extra", ())))
    yield from {(name, packages[name]["version"]) for name, _ in seen if name != "closeout"}
