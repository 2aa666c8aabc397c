"""Requests with bounded patience: PyGithub's requester underneath, the `ProviderError` family above.

Reads and writes that may be repeated are tried again after a server error, a broken connection or a short rate
limit. A create is tried again only where GitHub refused it outright: after anything else nobody knows whether it
happened, so the caller looks before it creates. Waits beyond the wire's patience are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

import requests
from github import Github
from github.Auth import Auth
from requests.utils import parse_header_links
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from service.providers.answers import Answers
from service.providers.base import MalformedReply, ProviderError, RateLimited, Rejected, Unavailable
from service.providers.exchanges import Observer, unobserved
from service.providers.github.connection import TIMEOUT, Connection, Counter
from service.providers.github.errors import Reply, Unsupported, graphql_error, reading, refusal
from service.providers.github.request import Request, Revalidation
from service.providers.limits import PATIENCE, Limiter, Unlimited, limited, noting
from service.providers.one_try import OneTry
from service.providers.permits import ask_permit

ATTEMPTS = 4
PAGE = 100
_backoff = wait_random_exponential(multiplier=0.5, max=4)
T = TypeVar("T")


class NoGraphQL(Unavailable):
    """The server has no GraphQL endpoint."""


@dataclass(frozen=True, slots=True)
class Wire:
    """How to reach a server: its REST root, who counts requests, and time, which is always handed in. `patience`: the
    longest single wait, in seconds.

    `limiter` gives an account's: an installation's number, `app` for the App itself, "" for a token's owner.
    """

    url: str
    counter: Counter
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    observer: Observer = unobserved
    limiter: Callable[[str], Limiter] = lambda _: Unlimited()
    patience: float = PATIENCE
    answers: Answers = field(default_factory=Answers)


@dataclass(frozen=True, slots=True)
class Answer:
    """What GraphQL answered: partial data is data. `names` are the fields that its errors are about."""

    data: Mapping[str, Any]
    error: ProviderError | None = None
    names: frozenset[str] = frozenset()

    def why_not(self, what: str) -> ProviderError:
        """Why `what` is not in the data. GitHub always says; an answer that does not is no answer of GitHub's."""
        return self.error or MalformedReply(f"GitHub's answer holds neither {what} nor an error")


class Gateway:
    """One credential's requests to one server, for one thread.

    `renew` replaces an expired credential and says whether it could; it is asked once per refused request.
    """

    def __init__(self, wire: Wire, auth: Auth, renew: Callable[[], bool] | None = None, account: str = "") -> None:
        self._wire = wire
        self._kept = Revalidation(wire.answers, wire.url, account)
        self._limiter = wire.limiter(account)
        self._renew = renew
        self._one_try = OneTry()
        self._connection = Connection(wire.url, wire.counter, noting(self._limiter, wire.observer))
        self._requester = Github(
            auth=auth,
            base_url=wire.url.rstrip("/"),
            lazy=True,
            per_page=PAGE,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            api_version="2022-11-28",
            timeout=TIMEOUT,
            user_agent=user_agent(),
        ).requester

    # --- REST -------------------------------------------------------------------------------------------------

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> Any:
        return self._patiently(Request("GET", path, parameters)).json()

    def reply(self, path: str) -> Reply:
        """For whom the answer's headers matter."""
        return self._patiently(Request("GET", path))

    def text(self, path: str) -> str:
        """A file's raw text: https://docs.github.com/en/rest/repos/contents#custom-media-types-for-repository-contents"""
        return self._patiently(Request("GET", path, accept="application/vnd.github.raw+json", again=True)).text

    def pages(
        self, path: str, parameters: Mapping[str, str | int] | None = None, *, most: int = 1000, within: str = ""
    ) -> Iterator[Mapping[str, Any]]:
        """Every row of a list, page after page, at most `most` pages. `within` names the list in an object's answer."""
        for page in range(1, most + 1):
            asked: Mapping[str, str | int] = {**(parameters or {}), "per_page": PAGE, "page": page}
            rows = _rows(self._patiently(Request("GET", path, asked, again=True)), path, within)
            yield from rows
            if len(rows) < PAGE:
                return

    def pages_by_cursor(self, path: str, *, most: int) -> Iterator[Mapping[str, Any]]:
        """Every row of a list that knows no page numbers, at most `most` pages.

        https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api#using-link-headers
        """
        cursor: Mapping[str, str] = {}
        for _ in range(most):
            reply = self._patiently(Request("GET", path, {"per_page": PAGE, **cursor}, again=True))
            yield from _rows(reply, path)
            following = parse_header_links(reply.headers.get("link", ""))
            pages = [parse_qs(urlsplit(link["url"]).query) for link in following if link.get("rel") == "next"]
            if not pages or "cursor" not in pages[0]:
                return
            cursor = {"cursor": pages[0]["cursor"][0]}

    def write(self, verb: str, path: str, body: object = None) -> Any:
        """A write that may safely happen twice. Any answer but 2xx is an error, a redirect too."""
        return self._patiently(Request(verb, path, body=body)).json()

    def create(self, path: str, body: object) -> Any:
        """A write that must not happen twice. `Unavailable`: it may have happened."""
        return self._patiently(Request("POST", path, body=body), repeatable=False).json()

    # --- GraphQL ----------------------------------------------------------------------------------------------

    def query(self, document: str, variables: Mapping[str, object]) -> Answer:
        """Raises only what is worth another try, and `NoGraphQL`; other errors are in the answer."""
        return self._limited(lambda: self._ask(document, variables, asks=True))

    def mutate(self, document: str, variables: Mapping[str, object], *, repeatable: bool = True) -> Any:
        """The mutation's data. Any error in the answer is raised."""
        answer = self._limited(lambda: self._ask(document, variables, repeatable=repeatable), repeatable=repeatable)
        if answer.error is not None:
            raise answer.error
        return answer.data

    def _ask(
        self, document: str, variables: Mapping[str, object], *, repeatable: bool = True, asks: bool = False
    ) -> Answer:
        body = {"query": document, "variables": variables}
        request = Request("POST", self._requester.graphql_url, body=body, asks=asks)
        reply = self._once(request, repeatable=repeatable)
        with reading("a GraphQL request"):
            return self._answer(reply, reply.json())

    def _answer(self, reply: Reply, said: Mapping[str, Any]) -> Answer:
        data, errors = said.get("data") or {}, said.get("errors") or ()
        if not errors:
            return Answer(said["data"])
        error = graphql_error(errors, reply, self._wire.clock())
        if isinstance(error, RateLimited) or (isinstance(error, Unavailable) and not any(data.values())):
            raise error
        names = {part for each in errors for part in each.get("path") or () if isinstance(part, str)}
        unknown = error.names if isinstance(error, Unsupported) else frozenset()
        return Answer(data, error, unknown | names)

    # --- patience ---------------------------------------------------------------------------------------------

    def together(self, act: Callable[[], T]) -> T:
        """After a wait all of these requests begin anew; see `OneTry`."""
        return self._retrying(self._one_try.of(act))

    def _patiently(self, request: Request, *, repeatable: bool = True) -> Reply:
        def once(asked: Request) -> Reply:
            return self._once(asked, repeatable=repeatable)

        return self._limited(lambda: self._kept.asked(request, once), repeatable=repeatable)

    def _limited(self, act: Callable[[], T], *, repeatable: bool = True) -> T:
        return self._retrying(
            lambda: limited(self._limiter, act, creates=not repeatable),
            repeatable=repeatable,
        )

    def _retrying(self, act: Callable[[], T], *, repeatable: bool = True) -> T:
        if self._one_try.is_on:
            return act()
        worth = (RateLimited, Unavailable) if repeatable else RateLimited
        retrying = Retrying(
            sleep=self._wire.sleep,
            retry=retry_if_exception(lambda error: isinstance(error, worth) and not isinstance(error, NoGraphQL)),
            wait=_wait,
            stop=partial(_is_enough, patience=self._wire.patience),
            reraise=True,
        )
        return retrying(act)

    def _once(self, request: Request, *, repeatable: bool) -> Reply:
        reply = self._send(request)
        if reply.status == 401 and self._renew is not None and self._renew():
            reply = self._send(request)
        if reply.status < 300 or (reply.status == 304 and request.tag):
            return reply
        if reply.status == 304:
            raise MalformedReply(f"GitHub answered 304 to {request}, which knows of no earlier answer")
        if reply.status in (404, 405, 501) and request.path == self._requester.graphql_url:
            raise NoGraphQL(f"GitHub answered {reply.status} to {request}; this server has no GraphQL there")
        if reply.status >= 500 and not repeatable:
            raise Unavailable(f"GitHub answered {reply.status} to {request}; it may or may not have happened")
        raise refusal(reply, str(request), self._wire.clock())

    def _send(self, request: Request) -> Reply:
        if request.writes:
            ask_permit()
        reply = self._sent(request)
        if request.writes:
            self._wire.counter.written = reply.headers.get("x-github-request-id", "")
        return reply

    def _sent(self, request: Request) -> Reply:
        try:
            status, headers, text = self._requester.requestJson(
                request.verb,
                request.path,
                dict(request.parameters or {}),
                request.headers,
                request.body,
                self._connection,
            )
        except requests.RequestException as error:
            raise Unavailable(f"GitHub did not answer {request}: {type(error).__name__}") from None
        return Reply(status, headers, text)


def _rows(reply: Reply, path: str, within: str = "") -> list[Mapping[str, Any]]:
    rows = reply.json()
    if within and isinstance(rows, dict):
        rows = rows.get(within)
    if not isinstance(rows, list):
        raise MalformedReply(f"GitHub's answer to GET {path} is not a list")
    return rows


def repository(project: str) -> str:
    """`acme/shop` → `/repos/acme/shop`."""
    owner, _, name = project.partition("/")
    return f"/repos/{segment(owner)}/{segment(name)}"


def segment(text: str) -> str:
    """One part of a path. `.` and `..` cannot be one: HTTP clients would resolve them into another path."""
    if text in ("", ".", ".."):
        raise Rejected(f"{text!r} cannot be part of a request to GitHub")
    return quote(text, safe="")


def user_agent() -> str:
    try:
        return f"closeout/{version('closeout')}"
    except PackageNotFoundError:
        return "closeout"


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after if isinstance(error, RateLimited) else _backoff(state)


def _is_enough(state: RetryCallState, *, patience: float) -> bool:
    waited = state.idle_for + state.upcoming_sleep
    return state.attempt_number >= ATTEMPTS or state.upcoming_sleep > patience or waited > 2 * patience
