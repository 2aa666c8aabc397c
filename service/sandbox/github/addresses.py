"""GitHub's addresses and node ids for what the sandbox holds."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

from service.sandbox.ledger import Ledger
from service.sandbox.rows import IssueRow, Missing, Project

API = "/github/api/v3"


def api(world: Ledger, path: str = "") -> str:
    return f"{world.url}{API}{path}"


def web(world: Ledger, path: str = "") -> str:
    return f"{world.url}/github{path}"


def repo_api(world: Ledger, project: Project) -> str:
    return api(world, f"/repos/{project.path}")


def issue_api(world: Ledger, issue: IssueRow) -> str:
    return api(world, f"/repos/{issue.path}/issues/{issue.number}")


def issue_web(world: Ledger, issue: IssueRow) -> str:
    return web(world, f"/{issue.path}/issues/{issue.number}")


def node_id(kind: str, row_id: int) -> str:
    """An opaque id such as `I_a3dETzoxMg`; `kind` is GitHub's prefix."""
    raw = base64.urlsafe_b64encode(f"kwDO:{row_id}".encode()).decode().rstrip("=")
    return f"{kind}_{raw}"


def row_of(node: str) -> tuple[str, int]:
    """The prefix and the row's id of a node id. Raises Missing for what is no node id of this sandbox."""
    kind, _, raw = node.partition("_")
    try:
        text = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode()
        return kind, int(text.removeprefix("kwDO:"))
    except (binascii.Error, ValueError) as problem:
        raise Missing(f"Could not resolve to a node with the global id of '{node}'") from problem


def stamp(at: datetime) -> str:
    """GitHub's times have no fractions of a second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def maybe_stamp(at: datetime | None) -> str | None:
    return stamp(at) if at is not None else None
