"""Builds the package as its users get it, with the uv of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
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


def built(source: Path, out: Path) -> tuple[Path, Path]:
    """The source distribution, and the wheel that is made from nothing else."""
    run(uv(), "build", "--quiet", "--out-dir", out, source)
    return next(out.glob("*.tar.gz")), next(out.glob("*.whl"))


def installed(wheel: Path, folder: Path) -> Path:
    """The command `closeout` in an environment that holds the wheel, what the lock names for it, and nothing else."""
    named = run(uv(), "export", "--quiet", "--frozen", "--no-dev", "--no-emit-project")
    requirements = folder / "requirements.txt"
    requirements.write_text(named, encoding="utf-8")
    run(uv(), "venv", "--quiet", "--python", sys.executable, folder / "venv")
    bin_folder = folder / "venv/bin"
    install = (uv(), "pip", "install", "--quiet", "--python", bin_folder / "python")
    run(*install, "--require-hashes", "--requirement", requirements)
    run(*install, "--no-deps", "--offline", wheel)
    return bin_folder / "closeout"
