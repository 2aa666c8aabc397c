"""`make check` finds a secret in the tree, and code that a security linter objects to."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import advisories

ROOT = Path(__file__).parent.parent
BODY = "ABCDEFGHIJKLMNOPQRST"


def _scanned(tmp_path: Path, text: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "leak.py").write_text(text)
    command = ("make", "-s", "secrets", f"SCAN={tmp_path / 'leak.py'}", f"SCANNED={tmp_path / 'stamp'}")
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


SECRETS = {
    "GitLab Token": f'TOKEN = "glpat-{BODY}"',
    "GitHub Token": f'TOKEN = "ghp_{BODY}{BODY[:16]}"',
    "Private Key": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "Basic Auth Credentials": "postgresql://closeout:s3" + "kr1t@db/closeout",
    "Slack Token": "xoxb" + "-123456789012-123456789012-" + BODY,
}
DANGERS = {
    "S307": "eval(text)",
    "S602": "subprocess.run(text, shell=True)",
    "S506": "yaml.load(text)",
    "S113": "requests.get(text)",
    "S501": "requests.get(text, verify=False, timeout=1)",
    "S324": "hashlib.md5(text)",
    "S701": "jinja2.Environment()",
    "S301": "pickle.loads(text)",
    "S311": "random.random()",
    "S608": "connection.execute(f'select * from {text}')",
}


def test_a_secret_in_the_tree_is_found(tmp_path: Path) -> None:
    """With its kind and its place."""
    done = _scanned(tmp_path, "\n".join(SECRETS.values()))
    assert done.returncode != 0
    found = re.findall(r"Secret Type: (.+)\nLocation: +\S+leak\.py:(\d+)", done.stdout)
    assert dict(found) == {kind: str(line) for line, kind in enumerate(SECRETS, 1)}


def test_a_clean_file_is_looked_through_once(tmp_path: Path) -> None:
    """What did not change since costs nothing."""
    assert _scanned(tmp_path, "postgresql://user:password@host/closeout\n").returncode == 0
    assert (tmp_path / "stamp").exists()


def test_dangerous_code_is_objected_to() -> None:
    """By ruff's security rules, in the service's own code."""
    code = "".join(f"def f{n}(text, connection): {line}\n" for n, line in enumerate(DANGERS.values()))
    command = (
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--stdin-filename",
        "service/x.py",
        "--output-format",
        "concise",
        "-",
    )
    text = f"import hashlib, jinja2, pickle, random, requests, subprocess, yaml\n{code}"
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False, timeout=60)
    found = set(re.findall(r"S\d{3}", done.stdout))
    assert set(DANGERS) <= found


ALEMBIC = {"name": "alembic", "version": "1.20.1", "vulns": []}
FLAW = {"id": "PYSEC-2026-1", "fix_versions": ["2.1", "3.0"], "aliases": [], "description": "…"}
FLASK = {"name": "flask", "version": "2.0", "vulns": [FLAW, FLAW | {"id": "CVE-2026-2", "fix_versions": []}]}
UNKNOWN = {"name": "jinja2", "skip_reason": "Dependency not found on PyPI and could not be audited: jinja2 (3.1)"}


@pytest.mark.parametrize(
    ("dependencies", "known", "code", "strict"),
    [([ALEMBIC], True, 0, 0), ([ALEMBIC, UNKNOWN], False, 0, 1), ([FLASK, UNKNOWN], False, 1, 1)],
    ids=["all is well", "one is unknown", "flawed"],
)
def test_known_vulnerabilities_are_an_error_and_no_answer_is_said(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    dependencies: list[dict[str, object]],
    known: bool,
    code: int,
    strict: int,
) -> None:
    """Only where every package was looked up is the lock not asked about again."""
    monkeypatch.setattr(advisories, "ask", lambda: advisories.verdict(dependencies))
    monkeypatch.setattr(advisories, "STAMP", tmp_path / "stamp")
    assert (advisories.main([]), advisories.main(["--strict"])) == (code, strict)
    assert (tmp_path / "stamp").exists() is known
    said = capsys.readouterr().err
    assert (
        "flask 2.0: PYSEC-2026-1, mended in 2.1, 3.0\nflask 2.0: CVE-2026-2, mended in no version yet\n" in said
    ) == (code == 1)
    assert ("not audited" in said) == (not known and not code)


def test_an_index_that_is_not_reached_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Behind a proxy that is away, say; pip-audit itself, in this project's own state."""
    monkeypatch.setattr(advisories, "STAMP", tmp_path / "stamp")
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert advisories.main([]) == 0
    assert not (tmp_path / "stamp").exists()
    assert re.search("is not audited, as no index told of all of it: .+", capsys.readouterr().err)
