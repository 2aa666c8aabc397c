"""The test suite's own promises: no network but this machine, and nothing skipped in CI."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

ROOT = Path(__file__).parent.parent
SUITE = """
import pytest

def test_runs() -> None:
    pass

@pytest.mark.skip(reason="not today")
def test_skips() -> None:
    pass

@pytest.mark.xfail(strict=True)
def test_fails_as_expected() -> None:
    raise AssertionError
"""


def test_a_connection_to_another_machine_is_refused() -> None:
    """Nothing here talks to the internet, whatever a test or a library tries."""
    with socket.socket() as plug, pytest.raises((SocketConnectBlockedError, UserWarning)):
        plug.connect(("192.0.2.1", 80))


def test_loopback_stays_open() -> None:
    """The sandbox and the service are reached over real sockets."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


@pytest.mark.parametrize(
    ("ci", "code", "said"),
    [("true", 1, "nothing may be skipped in CI (Skipped: not today)"), ("", 0, "1 skipped")],
)
def test_a_skip_fails_the_run_in_ci_only(tmp_path: Path, ci: str, code: int, said: str) -> None:
    """A skipped test hides nothing in CI; an expected failure is no skip."""
    (tmp_path / "test_small.py").write_text(SUITE)
    done = _pytest(tmp_path, ci)
    assert (done.returncode, said in done.stdout) == (code, True), done.stdout
    assert "1 xfailed" in done.stdout


def test_a_module_that_skips_itself_fails_the_run_in_ci(tmp_path: Path) -> None:
    """Skipping at import is found too."""
    (tmp_path / "test_small.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")
    assert _pytest(tmp_path, "true").returncode != 0


def _pytest(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.no_skips",
        "-p",
        "no:cacheprovider",
        "-rs",
        str(folder),
    )
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
