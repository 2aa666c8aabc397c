"""Builds the package as its users get it, with the uv of the checkout."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_UV = ROOT / ".tools" / "bin" / "uv"


def uv() -> Path:
    """The checkout's own uv. Skips the test where it is missing."""
    if not _UV.exists():
        pytest.skip("uv is not in .tools; run `make install`")
    return _UV


def run(*command: str | Path, **environment: str) -> str:
    """What the command says. Fails the test where the command fails."""
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def wheel_of(source: Path, out: Path) -> Path:
    run(uv(), "build", "--wheel", "--quiet", "--out-dir", out, source)
    return next(out.glob("*.whl"))
