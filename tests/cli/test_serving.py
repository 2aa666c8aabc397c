"""`closeout serve` as a process of its own: it starts, answers, and stops cleanly; or says why not."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
COMPLETE = {
    "CLOSEOUT_GITHUB_URL": "http://127.0.0.1:9",
    "CLOSEOUT_GITHUB_TOKEN": "the-token",
    "CLOSEOUT_GITHUB_WEBHOOK_SECRET": "the-secret",
}
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLOSEOUT_")}
        given = {**inherited, **COMPLETE, "PYTHONPATH": str(ROOT), **environment}
        command = [sys.executable, "-m", "service", *arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=tmp_path, env=given, stdout=pipe, stderr=pipe, text=True)
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


def introduction_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    while lines[-1:] != ["Stop with Ctrl-C.\n"]:
        lines.append(process.stdout.readline())
        assert lines[-1], f"it ended after {lines}"
    return "".join(lines)


def port_in(introduction: str) -> int:
    found = re.search(r"listens on http://127\.0\.0\.1:(\d+)$", introduction, re.MULTILINE)
    assert found is not None
    return int(found[1])


def answer(port: int, path: str) -> tuple[int, str]:
    """The answer, waiting for the server to listen."""
    pause = threading.Event()
    for _ in range(600):
        with suppress(OSError), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        pause.wait(0.05)
    raise AssertionError(f"nothing listens on {port}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(start: Start, number: signal.Signals) -> None:
    """Health, readiness and the page answer; a signal ends it with exit code 0 and nothing on stderr."""
    process = start("serve", "--bind", "127.0.0.1:0", CLOSEOUT_LOG="error")
    said = introduction_of(process)
    port = port_in(said)
    assert answer(port, "/healthz")[0] == 200
    assert "/webhooks/github" in answer(port, "/")[1]
    assert "closeout_build_info{" in answer(port, "/metrics")[1]
    assert answer(port, "/readyz")[0] in (200, 503)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert f"webhook: http://127.0.0.1:{port}/webhooks/github" in said
    assert "the-token" not in said
    assert "the-secret" not in said


def test_a_receiver_may_leave_the_looking_to_others(start: Start, run: Run) -> None:
    """With no workers it is ready all the same and says so; a worker without workers is a mistake."""
    process = start("serve", "--bind", "127.0.0.1:0", CLOSEOUT_WORKERS="0")
    said = introduction_of(process)
    assert "receives only" in said
    assert answer(port_in(said), "/readyz") == (200, '{"status":"ready","checks":{"database":"ok","workers":"ok"}}\n')
    ran = run("worker", CLOSEOUT_WORKERS="0", **COMPLETE)
    assert ran.code == 2
    assert "CLOSEOUT_WORKERS is 0" in ran.err


def test_a_database_that_cannot_be_used_ends_it(start: Start, tmp_path: Path) -> None:
    """Exit code 3 with the reason, though the server was up by then."""
    (tmp_path / "closeout.sqlite3").write_text("no database" * 100, encoding="utf-8")
    process = start("serve", "--bind", "127.0.0.1:0")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "not a database" in err
    assert "Traceback" not in err


def test_a_policy_with_mistakes_ends_it(start: Start, tmp_path: Path) -> None:
    """Exit code 2 with each mistake's line: a wrong policy must not half-apply."""
    (tmp_path / "policy.yml").write_text("version: 2\n", encoding="utf-8")
    process = start("serve", "--bind", "127.0.0.1:0", CLOSEOUT_POLICY="policy.yml")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "policy.yml:1: version" in err


def test_a_worker_alone_stops_cleanly(start: Start) -> None:
    """`closeout worker` shares the database of a receiver elsewhere."""
    process = start("worker")
    assert process.stdout is not None
    assert "4 threads" in process.stdout.readline()
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def test_a_worker_answers_for_itself_where_it_is_told_to(start: Start) -> None:
    """Its metrics and its health, at an address of its own; it takes no webhooks."""
    process = start("worker", "--metrics-bind", f"127.0.0.1:{_free_port()}", CLOSEOUT_LOG="error")
    assert process.stdout is not None
    port = int(process.stdout.readline().rpartition(":")[2])
    assert "closeout_queue_issues{" in answer(port, "/metrics")[1]
    assert answer(port, "/healthz")[0] == 200
    assert answer(port, "/webhooks/github")[0] == 404
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(("command", "option"), [("serve", "--bind"), ("worker", "--metrics-bind")])
def test_a_port_in_use_is_a_sentence(run: Run, command: str, option: str) -> None:
    """Exit code 2; granian alone would share the port and let half of the deliveries go elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        ran = run(command, option, f"127.0.0.1:{other.getsockname()[1]}", **COMPLETE)
    assert ran.code == 2
    assert option in ran.err


def test_missing_settings_are_sentences(run: Run) -> None:
    """Exit code 2 with what to set."""
    ran = run("serve")
    assert ran.code == 2
    assert "CLOSEOUT_GITHUB_WEBHOOK_SECRET" in ran.err
    assert run("serve", "--bind", "nowhere", **COMPLETE).code == 2
    assert "--metrics-bind" in run("worker", "--metrics-bind", "nowhere", **COMPLETE).err
