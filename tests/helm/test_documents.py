"""The values that the documents show can be installed as they stand there."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from tests.helm.kubernetes_schemas import VERSIONS
from tests.helm.release import ROOT
from tests.helm.review import faults

pytestmark = pytest.mark.node

_BLOCK = re.compile(r"^ *```yaml\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def test_what_operations_shows_can_be_installed(tmp_path: Path) -> None:
    """The first values alone, and each of the others added to them."""
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    section = page.partition("\n## Kubernetes\n")[2].partition("\n## ")[0]
    files = []
    for number, block in enumerate(_BLOCK.findall(section)):
        files.append(tmp_path / f"{number}.yaml")
        files[-1].write_text(textwrap.dedent(block), encoding="utf-8")
    first, *others = files
    assert len(others) == 3
    for added in ((), *((other,) for other in others)):
        folder = tmp_path / "".join(file.stem for file in (first, *added))
        assert list(faults(first, *added, versions=VERSIONS[-1:], folder=folder)) == []
