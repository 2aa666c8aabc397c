"""A person at GitLab's API: plain HTTP, with every answer held against GitLab's own description of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from service.sandbox import Sandbox
from tests.contracts.gitlab_contract import check_reply

SHOP, OPS = "acme%2Fshop", "acme%2Fops"


@dataclass(frozen=True)
class Caller:
    sandbox: Sandbox
    login: str | None

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> requests.Response:
        """`path` begins after `/api/v4`; redirects are not followed."""
        own = {"PRIVATE-TOKEN": f"token-{self.login}"} if self.login else {}
        url = f"{self.sandbox.gitlab_url}/api/v4{path}"
        answer = requests.request(method, url, headers=own | (headers or {}), timeout=10, allow_redirects=False, **more)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        problems = check_reply(
            method, answer.request.path_url, answer.status_code, answer.json() if is_json else answer.text
        )
        assert not problems, f"{method} {path} -> {answer.status_code}: {problems}"
        return answer

    def get(self, path: str, **query: Any) -> Any:
        return self._good(self.ask("GET", path, params=query))

    def post(self, path: str, **body: Any) -> Any:
        return self._good(self.ask("POST", path, json=body))

    def put(self, path: str, **body: Any) -> Any:
        return self._good(self.ask("PUT", path, json=body))

    def delete(self, path: str) -> None:
        self._good(self.ask("DELETE", path))

    def refused(self, method: str, path: str, **body: Any) -> tuple[int, Any]:
        """Status and body of an answer that is expected to be an error."""
        answer = self.ask(method, path, json=body or None)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()

    def query(self, document: str, **variables: Any) -> Any:
        """GraphQL: the whole answer."""
        url = f"{self.sandbox.gitlab_url}/api/graphql"
        headers = {"Authorization": f"Bearer token-{self.login}"} if self.login else {}
        sent: Any = {"query": document, "variables": variables}
        return requests.post(url, json=sent, headers=headers, timeout=10).json()

    @staticmethod
    def _good(answer: requests.Response) -> Any:
        assert answer.status_code < 300, f"{answer.status_code}: {answer.text}"
        return answer.json() if answer.content and "json" in answer.headers["Content-Type"] else answer.text
