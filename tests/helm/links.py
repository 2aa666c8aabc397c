"""Whether the objects of a release find each other by the names and labels that they give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
