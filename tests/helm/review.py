"""Everything that is asked of a release, as sentences; none means that it would run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from service.audit.projects import Target, configured, named
from service.bootstrap.looking import Looking
from service.settings import Settings, SettingsError, load
from service.settings.environment import PREFIX, variables
from tests.command_line import misunderstood
from tests.helm import kubernetes_schemas, pod_security
from tests.helm.inside import lay_out
from tests.helm.release import Manifest, Pod, Refused, pods, rendered

_SERVING = frozenset({"web", "worker"})
_OURS = frozenset({"web", "worker", "audit", "migration"})


def faults(*values: Path, versions: Sequence[str], folder: Path) -> Iterator[str]:
    """What Helm, Kubernetes' schemas, the Pod Security standard or Closeout itself has against these values."""
    try:
        manifests = rendered(*values)
    except Refused as refused:
        yield str(refused)
        return
    yield from (said for version in versions for m in manifests for said in kubernetes_schemas.mistakes(m, version))
    for pod in pods(manifests):
        yield from (f"{pod.component}: {said}" for said in pod_security.violations(pod.spec))
        if pod.component in _OURS:
            yield from (f"{pod.component}: {said}" for said in _of_program(pod, manifests, folder / pod.component))


def _of_program(pod: Pod, manifests: Sequence[Manifest], folder: Path) -> Iterator[str]:
    """The container's command and variables, given to the program as it is started there."""
    yield from misunderstood(pod.container["args"])
    given = lay_out(pod, manifests, folder)
    yield from (f"{name} is no setting" for name in given if name.startswith(PREFIX) and name not in variables())
    with pytest.MonkeyPatch.context() as patch:
        for name in variables():
            patch.delenv(name, raising=False)
        for name, value in given.items():
            patch.setenv(name, value)
        try:
            settings = load()
            Looking(settings)
            if pod.component == "audit":
                _ = _audited(pod.container["args"], settings)
        except SettingsError as error:
            yield from error.problems
            return
    if pod.component in _SERVING:
        yield from settings.serving_problems()


def _audited(arguments: Sequence[str], settings: Settings) -> Sequence[Target]:
    """What the audit would walk. Raises `SettingsError` where that cannot be."""
    names = [given.removeprefix("--project=") for given in arguments if given.startswith("--project=")]
    return named(names, settings) if names else configured(settings)
