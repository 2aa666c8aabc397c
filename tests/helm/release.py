"""The chart as Helm renders it: a release is its manifests and what its pods would find in their containers."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from tests.external import packages
from tests.setup_node import HELM

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/closeout"
VALUES = sorted((Path(__file__).parent / "values").glob("*.yaml"))
NAMESPACE = "tools"
IN_PROCESS = importlib.util.find_spec("helm_python") is not None
Manifest: TypeAlias = Mapping[str, Any]


class Refused(Exception):
    """Helm does not render the chart with these values; says why."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod's specification, and the object that makes it."""

    component: str
    owner: str
    spec: Mapping[str, Any]

    @property
    def container(self) -> Mapping[str, Any]:
        (only,) = self.spec["containers"]
        return only  # type: ignore[no-any-return]

    @property
    def env(self) -> Mapping[str, str]:
        return {entry["name"]: entry.get("value", "") for entry in self.container.get("env", ())}


@cache
def _helm() -> str:
    """The Helm of the tests' set-up; on another kind of machine the one that is there."""
    packages.require()
    if (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        return str(HELM)
    found = shutil.which("helm")
    if found is None:
        pytest.skip("the Helm that the test set-up installs runs on Linux on x86-64, and there is none on PATH")
    return found


def helm(*arguments: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs Helm, without any settings of the person who runs the tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("HELM_", "KUBE"))}
    return subprocess.run(
        (_helm(), *arguments), cwd=folder, env=own, capture_output=True, text=True, timeout=60, check=False
    )


@cache
def rendered(*values: Path, sets: Sequence[str] = (), name: str = "release") -> Sequence[Manifest]:
    """The manifests, hooks included, with these files and single values. Raises `Refused`."""
    if IN_PROCESS and len(values) == 1 and not sets:
        return _in_process(values[0], name)
    return by_command(*values, sets=sets, name=name)


def _in_process(values: Path, name: str) -> Sequence[Manifest]:
    """By Helm as a library: a tenth of the time, most of which goes by until the command has started."""
    from helm_python.chart import Chart  # noqa: PLC0415 - 80 MB, and there for Linux on x86-64 alone
    from helm_python.errors import HelmError  # noqa: PLC0415 - the same

    try:
        with Chart.load(CHART) as chart:
            made = chart.render(yaml.safe_load(values.read_text("utf-8")), name=name, namespace=NAMESPACE)
    except HelmError as error:
        raise Refused(str(error)) from None
    texts = (text for file, text in sorted(made.items()) if file.endswith(".yaml"))
    return tuple(manifest for text in texts for manifest in yaml.safe_load_all(text) if manifest)


def by_command(*values: Path, sets: Sequence[str] = (), name: str = "release") -> Sequence[Manifest]:
    """The same by `helm template`, as a person would have it."""
    options = [*(f"--values={file}" for file in values), *(f"--set={single}" for single in sets)]
    done = helm("template", name, CHART, f"--namespace={NAMESPACE}", *options)
    if done.returncode:
        raise Refused(done.stderr)
    return tuple(manifest for manifest in yaml.safe_load_all(done.stdout) if manifest)


def of_kind(manifests: Sequence[Manifest], kind: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def pods(manifests: Sequence[Manifest]) -> Iterator[Pod]:
    for manifest in manifests:
        spec = manifest.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template is None and manifest["kind"] == "Pod":
            template = manifest
        if template is not None:
            labels = template["metadata"]["labels"]
            yield Pod(labels["app.kubernetes.io/component"], manifest["kind"], template["spec"])


def pod(manifests: Sequence[Manifest], component: str) -> Pod:
    (found,) = (pod for pod in pods(manifests) if pod.component == component)
    return found
