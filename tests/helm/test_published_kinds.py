"""The check of kinds that others publish: what the chart makes of them is right, and what would be wrong is seen."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from tests.helm.published_kinds import mistakes
from tests.helm.release import of_kind, rendered

pytestmark = pytest.mark.node

VALUES = Path(__file__).parent / "values"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ("forges", "HTTPRoute"),
        ("everything", "ServiceMonitor"),
        ("everything", "PodMonitor"),
        ("everything", "PrometheusRule"),
    ],
)
def test_what_the_chart_makes_is_what_is_published(values: str, kind: str) -> None:
    """Every kind that the chart can make of them is in some release of the tests."""
    (manifest,) = of_kind(rendered(VALUES / f"{values}.yaml"), kind)
    assert mistakes(manifest) == []


@pytest.mark.parametrize(
    ("kind", "place", "value", "says"),
    [
        ("HTTPRoute", ("spec", "parentRefs", 0, "title"), "gateway", "spec.parentRefs.0.title: there is no such field"),
        ("HTTPRoute", ("spec", "rules", 0, "matches", 0, "path", "type"), "Prefix", "path.type: enum"),
        (
            "HTTPRoute",
            ("spec", "rules", 0, "backendRefs", 0, "port"),
            "http",
            'spec.rules.0.backendRefs.0.port: type {"type":"integer"}',
        ),
        ("HTTPRoute", ("spec", "rules", 0, "backendRefs", 0, "name"), None, "spec.rules.0.backendRefs.0.name"),
        ("HTTPRoute", ("kind",), "HTTPPath", "has no such kind"),
        (
            "ServiceMonitor",
            ("spec", "endpoints", 0, "every"),
            "30s",
            "endpoints.0.every: there is no such field",
        ),
        ("PodMonitor", ("spec", "podMetricsEndpoints", 0, "interval"), "soon", "interval: pattern"),
        ("PrometheusRule", ("spec", "groups", 0, "rules", 0, "expr"), {}, "rules.0.expr"),
        ("HTTPRoute", ("apiVersion",), "gateway.networking.k8s.io/v9", "nobody publishes gateway.networking.k8s.io/v9"),
    ],
)
def test_a_mistake_is_seen(kind: str, place: tuple[str | int, ...], value: object, says: str) -> None:
    """A field there is not, a value that is not allowed, a wrong type, a kind and a version that nobody knows."""
    release = rendered(VALUES / ("forges.yaml" if kind == "HTTPRoute" else "everything.yaml"))
    manifest: Any = copy.deepcopy(of_kind(release, kind)[0])
    *way, last = place
    part = manifest
    for step in way:
        part = part[step]
    part[last] = value
    assert says in "\n".join(mistakes(manifest))
