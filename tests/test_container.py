"""The image and the compose file: what they name is there, and the program starts with what they give it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from service.cli.app import app
from service.settings import Settings, load
from service.settings.environment import PREFIX, variables
from service.web import serving
from tests.packing import ROOT, run, uv, wheel_of

BIN = Path(sys.executable).parent
CHART = ROOT / "helm/closeout"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))

pytestmark = pytest.mark.xdist_group("packaging")


def _instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split()[0], " ".join(line.split()[1:])) for line in text.splitlines() if line]


def _said(instruction: str) -> list[str]:
    return [rest for name, rest in _instructions() if name == instruction]


def _image_env() -> dict[str, str]:
    return dict(entry.split("=", 1) for entry in " ".join(_said("ENV")).split())


def _settings(patch: pytest.MonkeyPatch, given: Mapping[str, str]) -> Settings:
    own = {name: value for name, value in given.items() if name.startswith(PREFIX)}
    assert set(own) <= set(variables())
    for name in variables():
        patch.delenv(name, raising=False)
    for name, value in own.items():
        patch.setenv(name, value)
    return load()


def test_the_dockerfile_has_nothing_to_complain_about() -> None:
    """Hadolint, with all its rules."""
    done = subprocess.run((BIN / "hadolint", ROOT / "Dockerfile"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_base_image_is_pinned_and_the_root_user_is_not_used() -> None:
    """One argument with a digest is the base of every stage; the user is a number, which Kubernetes can check."""
    (base,) = _said("ARG")
    assert re.fullmatch(r"PYTHON=[a-z./]+:[\w.-]+@sha256:[0-9a-f]{64}", base)
    assert [stage.split()[0] for stage in _said("FROM")] == ["${PYTHON}", "${PYTHON}"]
    assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", _said("USER")[-1])


def test_the_image_is_what_the_chart_takes_it_for() -> None:
    """Its user, the folder that it writes to and its command are those that the chart counts on."""
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    assert _said("USER")[-1] == f"{values['runAsUser']}:{values['fsGroup']}"
    data = re.search(r'"closeout.dataDir" -}}(.+?){{', (CHART / "templates/_settings.tpl").read_text("utf-8"))
    assert data is not None
    assert _said("VOLUME") == [data[1]]
    assert (json.loads(_said("ENTRYPOINT")[0]), _said("EXPOSE")) == (["closeout"], [str(values["web"]["port"])])


def test_the_image_starts_with_its_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """It serves, on every address; its health is asked on the port that it listens on; its file is on the volume."""
    settings = _settings(monkeypatch, _image_env())
    (command,) = json.loads(_said("CMD")[0])
    assert command in getattr(get_command(app), "commands", {})
    assert (settings.bind.host, str(settings.bind.port)) == ("0.0.0.0", _said("EXPOSE")[0])  # noqa: S104
    assert f"127.0.0.1:{settings.bind.port}/healthz" in _said("HEALTHCHECK")[0]
    assert settings.database_url.get_secret_value().startswith(f"sqlite:///{_said('VOLUME')[0]}/")


def test_what_the_image_is_made_of_is_enough(tmp_path: Path) -> None:
    """From what .dockerignore lets in, the lock's packages are named with their checksums, and the wheel is whole."""
    context = tmp_path / "context"
    context.mkdir()
    for name in _let_in():
        source = ROOT / name
        _ = shutil.copytree(source, context / name) if source.is_dir() else shutil.copy(source, context / name)
    for line in _said("COPY"):
        *sources, _ = line.split()
        assert line.startswith("--from=") or all((context / source).exists() for source in sources)
    (exported,) = (rest for rest in _said("RUN") if "uv export" in rest)
    options = exported.partition("uv export ")[2].partition(" --output-file")[0].split()
    wanted = run(uv(), "export", *options, "--offline", "--project", context)
    packages = re.findall(r"^([a-z0-9-]+)==", wanted, re.MULTILINE)
    assert {"apprise", "granian", "opentelemetry-sdk", "psycopg-binary"} <= set(packages)
    assert "pytest" not in packages
    assert wanted.count("--hash=sha256:") >= len(packages)
    assert _packed(wheel_of(context, tmp_path / "alone")) == _packed(wheel_of(ROOT, tmp_path / "checkout"))


def _let_in() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in lines
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


def _packed(wheel: Path) -> Sequence[str]:
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())


def test_the_compose_file_is_one() -> None:
    """By the Compose specification's own schema."""
    command = (BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml")
    assert "ok" in run(*command)


def test_compose_starts_the_program_on_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings are real, and the address names the server, user and database that are beside it."""
    closeout, database = _service("closeout"), _service("database")
    settings = _settings(monkeypatch, _image_env() | closeout["environment"])
    server = database["environment"]
    assert settings.database_url.get_secret_value() == (
        f"postgresql://{server['POSTGRES_USER']}:{server['POSTGRES_PASSWORD']}@database:5432/{server['POSTGRES_DB']}"
    )
    (port,) = closeout["ports"]
    assert port == f"127.0.0.1:{settings.bind.port}:{settings.bind.port}"
    assert int(closeout["stop_grace_period"].removesuffix("s")) > serving._STOPPING
    assert closeout["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert database["healthcheck"]["test"][-1] == server["POSTGRES_USER"]


def _service(name: str) -> dict[str, Any]:
    """The service, with a password where one is asked for."""
    text = re.sub(r"\$\{(\w+):\?[^}]*\}", "letters1and2digits", json.dumps(COMPOSE["services"][name]))
    return json.loads(text)  # type: ignore[no-any-return]
