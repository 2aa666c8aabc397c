"""`make check` finds a secret in the tree, and code that a security linter objects to."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

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
