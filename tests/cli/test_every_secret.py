"""Every secret that can be set is planted, by name, so that a new one cannot be forgotten; none is found anywhere."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.sandbox import Sandbox
from service.settings import Forge, Route, Settings
from service.settings.config_file import Entry
from service.settings.environment import Environment, variables
from service.settings.routes import RouteEntry
from service.settings.secret_files import is_secret
from tests.cli.conftest import Run

MARK = "canary9d2e"
_BASE64 = base64.b64encode(MARK.encode() * 3).decode()
KEY = (
    f"-----BEGIN RSA PRIVATE KEY-----\n{base64.b64encode(MARK.encode() * 3).decode()}\n-----END RSA PRIVATE KEY-----\n"
)
PLANTED = {
    "CLOSEOUT_GITHUB_TOKEN": f"{MARK}-token",
    "CLOSEOUT_GITHUB_PRIVATE_KEY": KEY,
    "CLOSEOUT_GITHUB_WEBHOOK_SECRET": f"{MARK}-hook,{MARK}-old",
    "CLOSEOUT_GITLAB_TOKEN": f"{MARK}-token",
    "CLOSEOUT_GITLAB_WEBHOOK_SECRET": f"{MARK}-hook",
    "CLOSEOUT_GITLAB_SIGNING_TOKEN": f"whsec_{_BASE64}",
    "CLOSEOUT_DATABASE_URL": f"postgresql://closeout:{MARK}@127.0.0.1:9/closeout",
    "CLOSEOUT_LINK_SECRET": f"{MARK}-seals-links-with-at-least-32-characters",
    "CLOSEOUT_NOTIFY": f"jsons://user:{MARK}@127.0.0.1:9/{MARK}",
}
COMMANDS = (("doctor", "--json"), ("plan", "github:acme/shop#1"), ("plan", "gitlab:acme/shop#1", "--json"), ("audit", "--format", "json"),
            ("deliveries", "list"), ("notify", "list"), ("notify", "test"), ("db", "upgrade"), ("serve", "--bind", "nowhere"))  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]


def _seen(*texts: str) -> list[str]:
    return [text[max(0, text.find(mark) - 200) :][:400] for text in texts for mark in (MARK, _BASE64) if mark in text]


def test_every_secret_setting_is_planted() -> None:
    """Whoever adds one says here how it looks, and it is looked for from then on."""
    there = {name for name, field in variables().items() if is_secret(field) and not name.endswith("_FILE")}
    assert set(PLANTED) == there


def test_what_sounds_like_a_secret_is_kept_as_one() -> None:
    """By its name, in every place where settings are written: as text it would be shown by the first `repr`."""
    for model in (Environment, Entry, RouteEntry, Forge, Route, Settings):
        for name, field in model.model_fields.items():
            sounds = re.search(r"token|secret|private_key|password|credential|database_url|^address$", name)
            if sounds and not name.endswith("_file"):
                assert "SecretStr" in str(field.annotation), f"{model.__name__}.{name}"
    shown = repr(Settings(database_url=SecretStr(MARK))) + repr(
        Forge(name="x", kind="github", url="", token=SecretStr(MARK))
    )
    assert _seen(shown) == []


@pytest.mark.parametrize(("as_app", "as_files"), [(False, False), (True, True)], ids=["token", "app, in files"])
def test_no_command_shows_any_of_them(run: Run, sandbox: Sandbox, tmp_path: Path, as_files: bool, as_app: bool) -> None:
    """With forges that refuse us, and a database and a route that are away."""
    left_out = "CLOSEOUT_GITHUB_TOKEN" if as_app else "CLOSEOUT_GITHUB_PRIVATE_KEY"
    secrets = {name: value for name, value in PLANTED.items() if name != left_out}
    given = {"CLOSEOUT_GITHUB_URL": sandbox.github_url, "CLOSEOUT_GITLAB_URL": sandbox.gitlab_url}
    given |= {"CLOSEOUT_PROJECTS": "acme/shop"} | ({"CLOSEOUT_GITHUB_APP_ID": "7"} if as_app else {})
    for name, value in secrets.items():
        if as_files:
            (tmp_path / name).write_text(value)
        given |= {f"{name}_FILE": str(tmp_path / name)} if as_files else {name: value}
    said = [run(*command, **given) for command in COMMANDS]
    assert {ran.code for ran in said} <= {0, 1, 2, 3}
    assert sum(bool(ran.code) for ran in said) >= len(COMMANDS) - 1
    assert _seen(*(ran.out + ran.err for ran in said)) == []


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("value", [MARK, f"a: {MARK}\nb: [", f"postgresql://{MARK}:{MARK}@h:{MARK}/"])
def test_a_malformed_one_is_not_repeated(run: Run, name: str, value: str) -> None:
    """What is wrong with it is said without it."""
    ran = run("plan", "github:acme/shop#1", **{name: value})
    assert ran.code in {2, 3}
    assert _seen(ran.out + ran.err) == []


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_no_process_shows_any_of_them_to_others(tmp_path: Path, command: str) -> None:
    """In the list of processes: neither the one that was started nor those it starts."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLOSEOUT_")}
    own = PLANTED | {"CLOSEOUT_DATABASE_URL": f"sqlite:///{tmp_path}/closeout.sqlite3", "CLOSEOUT_BIND": "127.0.0.1:0"}
    del own["CLOSEOUT_GITHUB_PRIVATE_KEY"]
    away = {"CLOSEOUT_GITHUB_URL": "http://127.0.0.1:9", "CLOSEOUT_GITLAB_URL": "http://127.0.0.1:9"}
    process = subprocess.Popen(
        [sys.executable, "-m", "service", command], env={**inherited, **own, **away, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    introduction = _introduced(process)
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    process.terminate()
    out, err = process.communicate(timeout=60)
    assert str(process.pid) in listed
    assert _seen(introduction, listed, out, err) == []


def _introduced(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    while "Ctrl-C" not in "".join(lines[-1:]):
        lines.append(process.stdout.readline())
        assert lines[-1], lines
    return "".join(lines)
