"""A person at GitHub's API: plain HTTP, redirects shown as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import requests

from service.sandbox import Sandbox

SHOP = "/repos/acme/shop"
OPS = "/repos/acme/ops"
ISSUE = f"{SHOP}/issues/1"


@dataclass(frozen=True)
class GitHubCaller:
    sandbox: Sandbox
    login: str | None
    token: str = ""

    def as_(self, login: str | None) -> GitHubCaller:
        return replace(self, login=login, token="")

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> requests.Response:
        """`path` begins after `/api/v3`."""
        token = self.token or (f"token-{self.login}" if self.login else "")
        own = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.sandbox.github_url}/api/v3{path}"
        return requests.request(method, url, headers=own | (headers or {}), timeout=10, allow_redirects=False, **more)

    def get(self, path: str, **query: Any) -> Any:
        return self._good(self.ask("GET", path, params=query))

    def post(self, path: str, **body: Any) -> Any:
        return self._good(self.ask("POST", path, json=body))

    def patch(self, path: str, **body: Any) -> Any:
        return self._good(self.ask("PATCH", path, json=body))

    def put(self, path: str, **body: Any) -> Any:
        return self._good(self.ask("PUT", path, json=body))

    def delete(self, path: str, **body: Any) -> Any:
        return self._good(self.ask("DELETE", path, json=body))

    def status(self, method: str, path: str, **body: Any) -> int:
        return self.ask(method, path, json=body or None).status_code

    def refused(self, method: str, path: str, **body: Any) -> tuple[int, Any]:
        """Status and body of an answer that is expected to be an error."""
        answer = self.ask(method, path, json=body or None)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()

    def query(self, document: str, **variables: Any) -> Any:
        """GraphQL: the whole answer."""
        sent: Any = {"query": document, "variables": variables}
        headers = {"Authorization": f"Bearer {self.token or f'token-{self.login}'}"}
        return requests.post(f"{self.sandbox.github_url}/api/graphql", json=sent, headers=headers, timeout=10).json()

    @staticmethod
    def _good(answer: requests.Response) -> Any:
        assert answer.status_code < 300, f"{answer.status_code}: {answer.text}"
        return answer.json() if answer.content and "json" in answer.headers["Content-Type"] else answer.text


def names(rows: Any) -> list[str]:
    """Label names, or logins, of a list as GitHub shows it."""
    return [row.get("name") or row["login"] for row in rows]
