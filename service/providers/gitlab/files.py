"""One file of many projects in few requests. REST reads a file a request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.providers.base import ProviderError
from service.providers.gitlab import queries
from service.providers.gitlab.connection import Row
from service.providers.gitlab.errors import reading
from service.providers.gitlab.gateway import GraphQLRefused
from service.providers.gitlab.server import HOUR, Server

_TOGETHER = 10  # in one request; GitLab allows a query a complexity of 250 and says of no field what it counts


def read(server: Server, asked: Sequence[str], path: str) -> Iterator[tuple[str, str | None]]:
    """A file's text for each of the projects that could be read so, or None where it is not there.

    What is left, and what is wrong with it, is told when its file is asked for by itself.
    """
    for start in range(0, len(asked), _TOGETHER):
        if not server.reads_files_together:
            return
        yield from _read(server, asked[start : start + _TOGETHER], path)


def _read(server: Server, asked: Sequence[str], path: str) -> Iterator[tuple[str, str | None]]:
    variables: dict[str, object] = {"paths": [path]}
    variables |= {f"project{i}": project for i, project in enumerate(asked)}
    try:
        data = server.gateway.graphql(queries.files(len(asked)), variables)
    except GraphQLRefused:
        server.reads_files_one_by_one(HOUR)
        return
    except ProviderError:
        return
    for i, project in enumerate(asked):
        with reading(f"{path} of {project}"):
            blobs = _blobs(data.get(f"f{i}"), project)
            text = next((blob["rawBlob"] for blob in blobs or () if blob["path"] == path), None)
        if blobs is not None and (text is not None or not blobs):
            yield project, text.removeprefix("\ufeff") if text is not None else None


def _blobs(found: Row | None, project: str) -> Sequence[Row] | None:
    """None where the project or its code is not shown, or where it has another name by now."""
    if found is None or str(found["fullPath"]).casefold() != project.casefold() or not found["repository"]:
        return None
    return found["repository"]["blobs"]["nodes"]  # type: ignore[no-any-return]
