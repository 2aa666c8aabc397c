"""Whether the objects of a release find each other by the names and labels that they give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.helm.release import Manifest, of_kind, pods

_BROUGHT = frozenset({"closeout-data"})  # claims that the values say exist already


def lost(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Names of the release's own objects that nothing answers to."""
    there = {(m["kind"], m["metadata"]["name"]) for m in manifests}
    for each in pods(manifests):
        for volume in each.spec.get("volumes", ()):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            if claim not in {None, *_BROUGHT} and ("PersistentVolumeClaim", claim) not in there:
                yield f"{each.component}: claim {claim}"
        account = each.spec.get("serviceAccountName", "default")
        if account != "default" and ("ServiceAccount", account) not in there:
            yield f"{each.component}: account {account}"
    for manifest in manifests:
        yield from (f"{manifest['kind']}: {lost}" for lost in _lost_by(manifest, manifests, there))


def _lost_by(manifest: Manifest, manifests: Sequence[Manifest], there: set[tuple[str, str]]) -> Iterator[str]:
    (service,) = of_kind(manifests, "Service")
    named, numbered = service["spec"]["ports"][0]["name"], service["spec"]["ports"][0]["port"]
    backends = {(service["metadata"]["name"], named), (service["metadata"]["name"], numbered)}
    spec = manifest.get("spec", {})
    match manifest["kind"]:
        case "Service":
            yield from _unmatched(spec["selector"], manifests)
        case "PodDisruptionBudget" | "Deployment":
            yield from _unmatched(spec["selector"]["matchLabels"], manifests)
        case "NetworkPolicy":
            yield from _unmatched(spec["podSelector"]["matchLabels"], manifests)
        case "ServiceMonitor" | "PodMonitor":
            yield from _unscraped(spec, manifests)
        case "HorizontalPodAutoscaler":
            target = spec["scaleTargetRef"]
            yield from () if (target["kind"], target["name"]) in there else (target["name"],)
        case "Ingress":
            used = [path["backend"]["service"] for rule in spec["rules"] for path in rule["http"]["paths"]]
            yield from (b["name"] for b in used if (b["name"], b["port"]["name"]) not in backends)
        case "HTTPRoute":
            used = [backend for rule in spec["rules"] for backend in rule["backendRefs"]]
            yield from (b["name"] for b in used if (b["name"], b["port"]) not in backends)
        case _:
            pass


def _unmatched(labels: Mapping[str, str], manifests: Sequence[Manifest]) -> Iterator[str]:
    made = [m["spec"]["template"]["metadata"]["labels"] for m in of_kind(manifests, "Deployment")]
    if not any(labels.items() <= own.items() for own in made):
        yield f"no pod has {labels}"


def _unscraped(spec: Mapping[str, Any], manifests: Sequence[Manifest]) -> Iterator[str]:
    """Ports that the services, or the pods, which a monitor selects do not have."""
    if "endpoints" in spec:
        found = [m for m in of_kind(manifests, "Service") if _fits(spec, m["metadata"])]
        there = {port["name"] for service in found for port in service["spec"]["ports"]}
    else:
        made = [m["spec"]["template"] for m in of_kind(manifests, "Deployment")]
        own = [template["spec"]["containers"] for template in made if _fits(spec, template["metadata"])]
        there = {port["name"] for containers in own for c in containers for port in c.get("ports", ())}
    for endpoint in spec.get("endpoints") or spec["podMetricsEndpoints"]:
        if endpoint["port"] not in there:
            yield f"no port {endpoint['port']}"


def _fits(spec: Mapping[str, Any], metadata: Mapping[str, Any]) -> bool:
    return bool(spec["selector"]["matchLabels"].items() <= metadata["labels"].items())
