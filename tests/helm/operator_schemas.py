"""What the chart may write into the Prometheus operator's objects; a field that is not here would be ignored or refused.

https://prometheus-operator.dev/docs/api-reference/api/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

from tests.helm.release import Manifest

API = "monitoring.coreos.com/v1"


def _closed(required: str = "", **properties: Any) -> dict[str, Any]:
    wanted = required.split()
    return {"type": "object", "additionalProperties": False, "required": wanted, "properties": properties}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": items}


_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}
_DURATION = {"type": "string", "pattern": "^([0-9]+h)?([0-9]+m)?([0-9]+s)?$", "minLength": 2}
_SELECTOR = _closed("matchLabels", matchLabels=_TEXTS)
_RELABELLING = _closed(
    sourceLabels=_list(_TEXT), targetLabel=_TEXT, regex=_TEXT, replacement=_TEXT, action={"enum": ["replace", "drop"]}
)
_ENDPOINT = _closed(
    "port", port=_TEXT, path=_TEXT, interval=_DURATION, honorLabels={"type": "boolean"}, relabelings=_list(_RELABELLING)
)
_ALERT = _closed(
    "alert expr labels annotations", alert=_TEXT, expr=_TEXT, labels=_TEXTS, annotations=_TEXTS, **{"for": _DURATION}
)
_SPECS = {
    "ServiceMonitor": _closed("selector endpoints", selector=_SELECTOR, endpoints=_list(_ENDPOINT)),
    "PodMonitor": _closed("selector podMetricsEndpoints", selector=_SELECTOR, podMetricsEndpoints=_list(_ENDPOINT)),
    "PrometheusRule": _closed("groups", groups=_list(_closed("name rules", name=_TEXT, rules=_list(_ALERT)))),
}
KINDS = frozenset(_SPECS)


def mistakes(manifest: Manifest) -> Iterator[str]:
    """A sentence for each, with the path to the place."""
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    if manifest["apiVersion"] != API:
        yield f"{kind} {name}: apiVersion is not {API}"
    for error in jsonschema.Draft202012Validator(_SPECS[kind]).iter_errors(manifest["spec"]):
        yield f"{kind} {name}: {'.'.join(map(str, error.absolute_path))}: {error.message}"
