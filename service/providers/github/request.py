"""One request to GitHub; and those that come again and again, mostly with the same answer.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from service.providers.answers import Answers, Tagged
from service.providers.github.errors import Reply

_ACCEPT = "application/vnd.github+json"  # https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#accept


@dataclass(frozen=True, slots=True)
class Request:
    verb: str
    path: str
    parameters: Mapping[str, str | int] | None = None
    body: object = None
    accept: str = _ACCEPT
    asks: bool = False  # a GraphQL query: a POST that writes nothing
    again: bool = False  # a read that comes again and again, mostly with the same answer
    tag: str = ""  # of the answer that is kept

    @property
    def writes(self) -> bool:
        return self.verb != "GET" and not self.asks

    @property
    def headers(self) -> dict[str, str]:
        return {"Accept": self.accept} | ({"If-None-Match": self.tag} if self.tag else {})

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"


@dataclass(frozen=True, slots=True)
class Revalidation:
    """One credential's: what GitHub says is still the same does not count against its quota."""

    answers: Answers
    url: str
    account: str

    def asked(self, request: Request, send: Callable[[Request], Reply]) -> Reply:
        """What `send` returns, or the answer that is kept, where that is what it said."""
        if not request.again:
            return send(request)
        key = (self.url, self.account, request.path, request.accept, *sorted((request.parameters or {}).items()))
        kept = self.answers.find(key)
        reply = send(request if kept is None else replace(request, tag=kept.tag))
        if reply.status == 304 and kept is not None:
            return Reply(200, {**kept.headers, **reply.headers}, kept.text)
        if "etag" in reply.headers:
            self.answers.keep(key, Tagged(reply.headers["etag"], reply.headers, reply.text))
        return reply
