"""What the program finds inside a pod of the chart: its files laid out in a folder, and its variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from tests.helm.release import Manifest, Pod, of_kind

CONTENTS = {
    "database-url": "postgresql://closeout:a%40b@db.example.com:5432/closeout",
    "notify": "json://notify.example.com/hook",
    "link-secret": "ab" * 32,
}  # others are any text


class Missing(Exception):
    """A pod mounts what nothing in the release brings."""


def lay_out(pod: Pod, manifests: Sequence[Manifest], root: Path) -> dict[str, str]:
    """Writes what is mounted below `root`, as if that were the container's, and returns the variables."""
    volumes = {volume["name"]: volume for volume in pod.spec["volumes"]}
    mounts = {mount["name"]: PurePosixPath(mount["mountPath"]) for mount in pod.container["volumeMounts"]}
    moved = {str(path): str(root / path.relative_to("/")) for path in mounts.values()}
    for name, path in mounts.items():
        for file, text in _files(volumes[name], manifests):
            place = root / path.relative_to("/") / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(_moved(text, moved), encoding="utf-8")
    return {name: _moved(value, moved) for name, value in pod.env.items()}


def _moved(text: str, moved: Mapping[str, str]) -> str:
    for path, new in moved.items():
        text = text.replace(path, new)
    return text


def _files(volume: Mapping[str, Any], manifests: Sequence[Manifest]) -> Iterator[tuple[str, str]]:
    for source in volume.get("projected", {}).get("sources", ()):
        for item in source["secret"]["items"]:
            yield item["path"], CONTENTS.get(item["path"], f"{source['secret']['name']} {item['key']}\n")
    if "configMap" not in volume:
        return
    wanted = volume["configMap"]
    for item in wanted.get("items", ()):
        yield item["path"], "brought by somebody else\n"
    if "items" not in wanted:
        found = [m for m in of_kind(manifests, "ConfigMap") if m["metadata"]["name"] == wanted["name"]]
        if not found:
            raise Missing(f"no ConfigMap {wanted['name']}")
        yield from found[0]["data"].items()
