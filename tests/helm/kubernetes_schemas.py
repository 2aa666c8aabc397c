"""Kubernetes' own schemas, strictly: what an API server of that version would not know is a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import kubernetes_validate.utils as published
from referencing import Registry, Resource

from tests.helm import published_kinds
from tests.helm.release import Manifest

VERSIONS = tuple(f"1.{minor}" for minor in range(29, 38))


def mistakes(manifest: Manifest, version: str) -> Iterator[str]:
    """A sentence for each, with the path to the place."""
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    if manifest["apiVersion"] in published_kinds.APIS:
        yield from published_kinds.mistakes(manifest)
        return
    for error in _validator(version, kind, manifest["apiVersion"]).iter_errors(manifest):
        yield f"{kind} {name}: {'.'.join(map(str, error.absolute_path))}: {error.message}"


@cache
def _validator(version: str, kind: str, api: str) -> jsonschema.Draft202012Validator:
    group, slash, number = api.partition("/")
    file = f"{kind.lower()}-{group.partition('.')[0]}{'-' if slash else ''}{number}.json"
    schema = published.schema_contents(f"kubernetes-json-schema/v{version}.0-local-strict/{file}", version)
    return jsonschema.Draft202012Validator(schema, registry=_registry(version))


@cache
def _registry(version: str) -> Registry[Any]:
    definitions = published.schema_contents(
        f"kubernetes-json-schema/v{version}.0-local-strict/_definitions.json", version
    )
    return Resource.from_contents(definitions) @ Registry()
