"""Kinds that clusters learn from somebody else, held against what the makers of the Gateway API and of the Prometheus
operator publish.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from tests.external import packages
from tests.helm.release import Manifest

APIS = frozenset({"gateway.networking.k8s.io/v1", "monitoring.coreos.com/v1"})


def mistakes(manifest: Manifest) -> Sequence[str]:
    """A sentence for each, with the path to the place: wrong values, what is missing, and fields there are not."""
    return _mistakes(json.dumps([manifest]))


@cache
def _mistakes(manifests: str) -> Sequence[str]:
    found: list[str] = json.loads(packages.run_script("kinds.mjs", {"MANIFESTS": manifests}))
    return found
