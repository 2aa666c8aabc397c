"""Signed deliveries of the size that forges send: 10 to 15 kB of JSON, with the keys and addresses of GitHub's."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.signatures import by_github

SECRET = "a secret for the benchmark alone"
ISSUES = 200
PATH = "/webhooks/github"
_API = "https://api.github.com"
_TEXT = "".join(
    f"| 14:{n % 60:02} | Step {n}: the dashboard showed the error rate of checkout rising on node {n * 7 % 31} |\r\n"
    for n in range(120)
)
_LINKS = ("forks", "keys", "teams", "hooks", "events", "branches", "tags", "blobs", "trees", "statuses", "languages")
_MORE = ("stargazers", "contributors", "subscribers", "commits", "comments", "contents", "compare", "merges", "pulls")


def request(number: int, name: str) -> bytes:
    """The whole request of a delivery about issue `number`, ready to be sent."""
    return _HEADS[number % ISSUES].replace(b"%name%", name.encode()) + _BODIES[number % ISSUES]


def body(number: int) -> bytes:
    """10 to 15 kB: the longer the text of the issue, the longer."""
    issue = {
        "id": 2_000_000 + number,
        "number": number + 1,
        "title": f"Outage {number}: checkout was slow",
        "body": _TEXT[: 3_500 + number * 4_500 // ISSUES],
        "user": _person("alice"),
        "labels": [_label(name) for name in ("type-post-mortem", "severity-high", "status-review")],
        "assignees": [_person("bob"), _person("carol")],
        "state": "open",
        "created_at": "2026-03-01T14:03:00Z",
        **_links(f"repos/acme/shop/issues/{number + 1}", _LINKS[:5]),
    }
    payload = {"action": "edited", "issue": issue, "repository": _repository(), "sender": _person("alice")}
    return json.dumps(payload).encode()


def _repository() -> Mapping[str, object]:
    numbers = {name: 1000 + len(name) for name in ("id", "size", "forks_count", "watchers", "open_issues")}
    flags = {f"has_{name}": True for name in ("issues", "projects", "downloads", "wiki", "pages", "discussions")}
    names = {"full_name": "acme/shop", "name": "shop", "owner": _person("acme"), "default_branch": "main"}
    return names | numbers | flags | _links("repos/acme/shop", _LINKS + _MORE)


def _person(login: str) -> Mapping[str, object]:
    return {"login": login, "id": len(login), "type": "User", **_links(f"users/{login}", _LINKS)}


def _label(name: str) -> Mapping[str, object]:
    return {"name": name, "color": "d73a4a", "default": False, "url": f"{_API}/repos/acme/shop/labels/{name}"}


def _links(of: str, names: tuple[str, ...]) -> dict[str, object]:
    return {f"{name}_url": f"{_API}/{of}/{name}{{/sha}}" for name in names}


def _head(content: bytes) -> bytes:
    lines = (
        f"POST {PATH} HTTP/1.1",
        "Host: closeout.example",
        "User-Agent: GitHub-Hookshot/044aadd",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        "X-GitHub-Event: issues",
        "X-GitHub-Delivery: %name%",
        f"X-Hub-Signature-256: {by_github(content, SECRET)}",
        "",
        "",
    )
    return "\r\n".join(lines).encode()


_BODIES = [body(number) for number in range(ISSUES)]
_HEADS = [_head(content) for content in _BODIES]
