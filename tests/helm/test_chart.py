"""The chart on real tools: Helm renders it, Kubernetes' schemas know it, and the program starts with what it is given."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.cli.chart import PLACED
from service.settings.config_file import Entry
from service.settings.environment import PREFIX, Environment
from tests.helm.kubernetes_schemas import VERSIONS
from tests.helm.release import CHART, ROOT, VALUES, Manifest, by_command, helm, of_kind, pods, rendered
from tests.helm.review import faults

pytestmark = pytest.mark.node

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
EVERYTHING = Path(__file__).parent / "values/everything.yaml"


@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
def test_values_that_go_together_make_a_release_that_runs(values: Path, tmp_path: Path) -> None:
    """Nothing to say against it on the oldest and the newest Kubernetes; with everything on, on all of them."""
    assert helm("lint", "--strict", CHART, "--values", values).returncode == 0
    versions = VERSIONS if values == EVERYTHING else (VERSIONS[0], VERSIONS[-1])
    assert list(faults(values, versions=versions, folder=tmp_path)) == []


@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)
def test_the_command_makes_what_the_tests_look_at(values: Path) -> None:
    """`helm template` and Helm as a library, by which the tests render, come to the same objects."""

    def sorted_by_name(manifests: Sequence[Manifest]) -> list[Manifest]:
        return sorted(manifests, key=lambda each: (each["kind"], each["metadata"]["name"]))

    assert sorted_by_name(by_command(values)) == sorted_by_name(rendered(values))


@pytest.mark.parametrize("values", BROKEN, ids=lambda path: path.stem)
def test_what_helm_lets_pass_is_found_all_the_same(values: Path, tmp_path: Path) -> None:
    """Each of these passes `helm lint --strict`; its first line says what the other checks find."""
    expected = values.read_text("utf-8").partition("\n")[0].removeprefix("# finds: ")
    lint = helm("lint", "--strict", CHART, "--values", values)
    assert lint.returncode == 0, lint.stdout
    found = "\n".join(faults(values, versions=VERSIONS[-1:], folder=tmp_path))
    assert expected in found


def test_every_setting_can_be_set() -> None:
    """Between them, these values reach each variable of the program, and each key of a forge."""
    manifests = [rendered(values) for values in VALUES]
    names = {name for release in manifests for each in pods(release) for name in each.env if name.startswith(PREFIX)}
    settings = {name.removeprefix(PREFIX).removesuffix("_FILE").lower() for name in names}
    assert settings == set(Environment.model_fields)
    texts = [m["data"].get("closeout.yml", "") for release in manifests for m in of_kind(release, "ConfigMap")]
    files = [yaml.safe_load(text) for text in texts if text]
    keys = {key.removesuffix("_file") for file in files for forge in file["forges"].values() for key in forge}
    assert keys == {name.removesuffix("_file") for name in Entry.model_fields}


def test_each_value_has_a_place_and_a_meaning() -> None:
    """Every value in values.yaml is in the schema and in the README, and the schema knows no other."""
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    readme = (CHART / "README.md").read_text("utf-8")
    places = set(_places(values))
    assert places == set(_properties(schema, schema["definitions"] | schema["$defs"])) - {"global"}
    assert [place for place in places if not _described(place, readme)] == []


def test_the_chart_is_the_programs() -> None:
    """Both have one version, and values that a newer program would want are not kept under older names."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert (chart["appVersion"], chart["description"]) == (project["version"], project["description"])
    assert set(Environment.model_fields) >= PLACED
    assert chart["kubeVersion"] == f">={VERSIONS[0]}.0-0"


def _places(values: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict) and value and key not in {"resources", "labels"}:
            yield from _places(value, f"{path}{key}.")
        else:
            yield f"{path}{key}"


def _properties(schema: Mapping[str, Any], definitions: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for key, found in schema["properties"].items():
        own = definitions[found["$ref"].rpartition("/")[2]] if "$ref" in found else found
        if "properties" in own and key not in {"policy", "messages", "resources"}:
            yield from _properties(own, definitions, f"{path}{key}.")
        else:
            yield f"{path}{key}"


def _described(place: str, readme: str) -> bool:
    """With a row of its own, or as a part of the value that has one."""
    parts = place.split(".")
    return any(f"| `{'.'.join(parts[:length])}` |" in readme for length in range(1, len(parts) + 1))
