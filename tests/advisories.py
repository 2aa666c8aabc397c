"""Asks an index which of what the lock installs has known flaws: `python -m tests.advisories`.

Exit code 1 where there are any. Where no index answers, or none that knows of advisories, it says so and the code is 0;
with `--strict` that is an error too. Once all was looked up, `make check` asks no more until the lock changes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
STAMP = ROOT / ".venv" / ".audited"
_LIST, _FOUND = ROOT / ".venv" / "audited.txt", ROOT / ".venv" / "audited.json"
_UV = str(ROOT / ".tools" / "bin" / "uv")
_EXPORT = (_UV, "export", "--quiet", "--frozen", "--no-dev", "--all-extras", "--no-emit-project", "-o", str(_LIST))
_APART = (_UV, "run", "--quiet", "--isolated", "--frozen", "--only-group", "audit")
_AUDIT = ("pip-audit", "--disable-pip", "--require-hashes", "--timeout", "10", "--progress-spinner", "off")
_PATIENCE = 600  # seconds


class Verdict(NamedTuple):
    """`unknown`: why not all of it was looked up, "" where it was."""

    flaws: tuple[str, ...]
    unknown: str = ""


def verdict(dependencies: Sequence[Mapping[str, Any]]) -> Verdict:
    """What pip-audit's JSON says. https://github.com/pypa/pip-audit#usage"""
    flaws = (
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for one in dependencies
        for flaw in one.get("vulns", ())
    )
    return Verdict(tuple(flaws), next((one["skip_reason"] for one in dependencies if "skip_reason" in one), ""))


def ask() -> Verdict:
    """Takes some seconds where an index answers."""
    _FOUND.unlink(missing_ok=True)
    subprocess.run(_EXPORT, cwd=ROOT, check=True, timeout=_PATIENCE)
    command = (*_APART, *_AUDIT, "-f", "json", "-o", str(_FOUND), "-r", str(_LIST))
    try:
        done = subprocess.run(command, cwd=ROOT, check=False, timeout=_PATIENCE, capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        return Verdict((), f"no answer within {_PATIENCE} seconds")
    if not _FOUND.exists():
        return Verdict((), done.stderr.strip().rpartition("\n")[2] or f"pip-audit ended with {done.returncode}")
    return verdict(json.loads(_FOUND.read_text("utf-8"))["dependencies"])


def main(words: Sequence[str]) -> int:
    found = ask()
    for flaw in found.flaws:
        sys.stderr.write(f"{flaw}\n")
    if found.flaws:
        sys.stderr.write("These flaws are known; `uv lock --upgrade-package NAME` takes the version that mends one.\n")
        return 1
    if found.unknown:
        sys.stderr.write(f"Note: what uv.lock names is not audited, as no index told of all of it: {found.unknown}\n")
        return int("--strict" in words)
    STAMP.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
