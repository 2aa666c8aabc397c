"""The documents for people hold together: what they point at is there, and what they show can be typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.policy import Policy, load
from service.settings.environment import PREFIX, variables
from tests.command_line import faults, in_blocks, in_prose

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for top in ("docs", "helm", "service") for page in ROOT.glob(f"{top}/**/*.md"))]
)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link names a file that is there, and each fragment a heading of it."""
    targets = [found["target"] for found in _LINK.finditer(_CODE.sub("", page.read_text(encoding="utf-8")))]
    broken = [target for target in targets if "://" not in target and not _leads(page, target)]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_commands_can_be_typed_as_they_are_shown(page: Path) -> None:
    """Each `closeout …` and `make …` is a command there is, with options and values that it takes."""
    text = page.read_text(encoding="utf-8")
    shown = [fault for command in in_blocks(text) for fault in faults(command)]
    named = [fault for command in in_prose(text) for fault in faults(command, named_only=True)]
    assert shown + named == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_settings_that_are_named_exist(page: Path) -> None:
    """A variable in a page is one that the program reads, or the tests do."""
    named = set(re.findall(rf"(?<!secrets\.){PREFIX}(?!TEST_)[A-Z_]+", page.read_text(encoding="utf-8")))
    assert [name for name in named if name not in variables()] == []


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        ("$ closeout plam github:acme/shop#12", "no command plam"),
        ("$ FORCE=1 .venv/bin/closeout plan --forced github:acme/shop#12", "--forced"),
        ("$ cd x && closeout plan   # without an issue", "ref"),
        ("$ closeout audit --format pdf | less", "pdf"),
        ("$ closeout --versoin", "no option --versoin"),
        ("$ closeout policy verify FILE", "no command verify"),
        ("$ make tests ARGS=-x", "no target tests"),
    ],
)
def test_the_check_sees_a_command_that_does_not_work(shown: str, says: str) -> None:
    """In a block, behind variables and other commands, with or without a remark."""
    (*_, command) = (c for c in in_blocks(f"```console\n{shown}\n```\n") if Path(c[0]).name in {"closeout", "make"})
    assert says in "\n".join(faults(command))


def test_every_policy_that_is_shown_is_one() -> None:
    """Each block of the recipes, and the README's, can be committed as it stands."""
    recipes = _policies(ROOT / "docs/recipes.md")
    assert len(recipes) > 10
    read = [load(block, "policy.yml") for block in (*recipes, *_policies(ROOT / "README.md"))]
    assert [policy for policy in read if not isinstance(policy, Policy)] == []


def test_the_defences_are_held_by_tests_that_are_there() -> None:
    """Each test that SECURITY.md names exists, and no defence is without one."""
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    missing = [
        f"{path}::{name}" for path, name in named if not re.search(rf"def {name}\(", (ROOT / path).read_text("utf-8"))
    ]
    rows = [line for line in page.splitlines() if line.startswith("|") and line.count("|") == 6][2:]
    assert missing == []
    assert len(rows) > 20
    assert [row for row in rows if "`tests/" not in row] == []


def test_the_readme_is_short() -> None:
    """It is read in five minutes; everything else has a page."""
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


def test_the_check_sees_a_broken_link() -> None:
    """A missing file and a missing heading are both told apart from what is there."""
    readme = ROOT / "README.md"
    assert _leads(readme, "docs/architecture.md#six-ideas")
    assert not _leads(readme, "docs/nowhere.md")
    assert not _leads(readme, "docs/architecture.md#seven-ideas")


def _policies(page: Path) -> list[str]:
    blocks: list[str] = re.findall(r"^```yaml\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert all(block.startswith("version: 1\n") for block in blocks)
    return blocks


def _leads(page: Path, target: str) -> bool:
    name, _, fragment = target.partition("#")
    to = (page.parent / name).resolve() if name else page
    if not fragment or to.suffix != ".md":
        return to.exists()
    return to.exists() and fragment in _headings(to.read_text(encoding="utf-8"))


def _headings(text: str) -> set[str]:
    """Headings as forges make anchors of them."""
    titles = re.findall(r"^#{1,6} (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
