"""A worker whose SQLite file takes nothing for a while: it waits, and no issue is left half done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.work.troubled import TROUBLES

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_look_that_could_not_be_put_down_is_made_again(tmp_path: Path, trouble: str) -> None:
    """The trouble is logged and the thread lives on; once writes are taken again the issue is looked at anew."""
    command = [sys.executable, "-m", "tests.work.troubled", f"sqlite:///{tmp_path}/closeout.sqlite3", trouble]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"told": True, "looks": 2, "deliveries": ["processed"]}
