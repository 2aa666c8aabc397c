"""Threads find what they need imported: import locks of several at once can stop a service before its first look."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_thread_imports_the_service_or_an_sdk() -> None:
    """One process from its start, as the modules are loaded here by now."""
    command = [sys.executable, "-m", "tests.journeys.importing"]
    watched = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert watched.returncode == 0, watched.stderr
    assert watched.stdout.split() == []
