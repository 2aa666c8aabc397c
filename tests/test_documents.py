"""The documents for people hold together: what they point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("service/**/*.md")])
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link names a file that is there, and each fragment a heading of it."""
    targets = [found["target"] for found in _LINK.finditer(_CODE.sub("", page.read_text(encoding="utf-8")))]
    broken = [target for target in targets if "://" not in target and not _leads(page, target)]
    assert broken == []


def test_the_check_sees_a_broken_link() -> None:
    """A missing file and a missing heading are both told apart from what is there."""
    readme = ROOT / "README.md"
    assert _leads(readme, "docs/architecture.md#six-ideas")
    assert not _leads(readme, "docs/nowhere.md")
    assert not _leads(readme, "docs/architecture.md#seven-ideas")


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
