"""One kept-alive connection to one GitLab server, through python-gitlab, with its traps closed.

Left alone, python-gitlab waits for ever, sleeps through rate limits inside our thread, repeats POSTs after a 502,
follows page links to any host with our token, and requests follows 307 and 308 on writes. Here there is a timeout,
repeats are ours to decide, and a request leaves for the configured host or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import gitlab
import requests
import tenacity
from gitlab.base import RESTObject, RESTObjectList
from gitlab.exceptions import GitlabError

from service.providers.base import MalformedReply, RateLimited, Unavailable
from service.providers.exchanges import Meter, Observer, unobserved
from service.providers.gitlab.endpoints import ENDPOINTS, quota
from service.providers.gitlab.errors import ForeignHost, refusal, unanswered
from service.providers.limits import PATIENCE, Limiter, Unlimited, limited, noting
from service.providers.one_try import OneTry
from service.providers.permits import ask_permit

T = TypeVar("T")
Row = dict[str, Any]

TIMEOUT = 20.0  # seconds to connect, and between two bytes
ATTEMPTS = 4
PAGE = 100  # rows; GitLab's maximum
MOST_ROWS = 50_000  # GitLab's own limit for offset pagination
USER_AGENT = "closeout"


class Session(requests.Session):
    """Counts what is sent, keeps the last answer's headers and the last write's name, and stays with one host."""

    def __init__(self, url: str, observer: Observer = unobserved) -> None:
        super().__init__()
        self._origin = _origin(url)
        self._root = urlsplit(url).path.rstrip("/")
        self._meter = Meter(ENDPOINTS, quota, observer)
        self.sent = 0
        self.headers_seen: Mapping[str, str] = {}
        self.written = ""  # GitLab's id of the last request that writes

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        if _origin(request.url or "") != self._origin:
            raise ForeignHost(request=request)
        if _writes(request):
            ask_permit()
        self.sent += 1
        self.headers_seen = {}
        send, path = super().send, urlsplit(request.url or "").path.removeprefix(self._root)
        answer = self._meter.measured(request.method or "", path, lambda: send(request, **kwargs))
        self.headers_seen = answer.headers
        if _writes(request):
            self.written = answer.headers.get("X-Request-Id", "")
        return answer

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Only reads follow redirects: requests would turn a redirected POST into a GET, or repeat it elsewhere."""
        target = super().get_redirect_target(resp)
        if target is None or resp.request.method not in ("GET", "HEAD"):
            return None
        if _origin(urljoin(resp.url, target)) != self._origin:
            resp.close()
            raise ForeignHost(response=resp)
        return target


class Sdk(gitlab.Gitlab):
    """python-gitlab, never repeating or waiting by itself: the exception it raises carries no Retry-After."""

    def http_request(self, verb: str, path: str, *args: Any, **kwargs: Any) -> requests.Response:
        own = {"obey_rate_limit": False, "max_retries": 0, "retry_transient_errors": False}
        return super().http_request(verb, path, *args, **kwargs | own)


class Connection:
    """Sends calls of the SDK, and says what came of them in our own errors. For one thread.

    `patience`: seconds slept here for a rate limit at most; a longer one is the caller's.
    """

    def __init__(  # noqa: PLR0913 - all but two are named
        self,
        url: str,
        token: str,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        observer: Observer = unobserved,
        limiter: Limiter | None = None,
        patience: float = PATIENCE,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the URL of a GitLab server; write it like https://gitlab.com")
        self._clock, self._sleep = clock, sleep
        self._one_try = OneTry()
        self._limiter = limiter or Unlimited()
        self._patience = patience
        self._session = Session(url, noting(self._limiter, observer))
        # A bearer token serves REST and GraphQL alike, and requests drops it when a redirect leaves the host.
        self.sdk = Sdk(
            url,
            oauth_token=token,
            session=self._session,
            timeout=TIMEOUT,
            per_page=PAGE,
            keep_base_url=True,
            user_agent=USER_AGENT,
        )

    @property
    def sent(self) -> int:
        return self._session.sent

    @property
    def written(self) -> str:
        return self._session.written

    def forget_written(self) -> None:
        self._session.written = ""

    @property
    def headers_seen(self) -> Mapping[str, str]:
        """The last answer's."""
        return self._session.headers_seen

    def repeat(self, doing: str, call: Callable[[Sdk], T]) -> T:
        """For what may safely happen twice: reads, PUT, DELETE. Repeats what may pass, a few times, briefly."""
        if self._one_try.is_on:
            return self._once(doing, call)
        answer: T = self._retrying(self._may_pass)(self._once, doing, call)
        return answer

    def together(self, act: Callable[[], T]) -> T:
        """After a wait all of these requests begin anew; see `OneTry`."""
        answer: T = self._retrying(self._may_pass)(self._one_try.of(act))
        return answer

    def create(self, doing: str, call: Callable[[Sdk], T]) -> T:
        """For a POST: an unclear outcome is never repeated, only a refusal that says nothing was done (429)."""
        answer: T = self._retrying(self._is_short_wait)(self._once, doing, call, creates=True)
        return answer

    def rows(self, doing: str, call: Callable[[Sdk], RESTObjectList[Any]], *, most: int = MOST_ROWS) -> Iterator[Row]:
        """The rows of a lazily paged list, at most `most` of them; each page is repeated like any read.

        Except after a page that is not JSON: python-gitlab has by then moved on, and would skip its rows.
        """
        pages = self.repeat(doing, call)
        for _ in range(most):
            again = self._retrying(self._may_pass_in_list)
            found: RESTObject | None = again(self._once, doing, lambda _: next(pages, None))
            if found is None:
                return
            yield found.attributes

    def _once(self, doing: str, call: Callable[[Sdk], T], *, creates: bool = False) -> T:
        return limited(self._limiter, lambda: self._sent(doing, call), creates=creates)

    def _sent(self, doing: str, call: Callable[[Sdk], T]) -> T:
        try:
            return call(self.sdk)
        except GitlabError as error:
            raise refusal(error, self._session.headers_seen, doing, self._clock()) from error
        except requests.RequestException as error:
            raise unanswered(error, doing) from error

    def _retrying(self, when: Callable[[BaseException], bool]) -> tenacity.Retrying:
        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_wait,
            sleep=self._sleep,
            retry=tenacity.retry_if_exception(when),
            reraise=True,
        )

    def _is_short_wait(self, error: BaseException) -> bool:
        return isinstance(error, RateLimited) and error.retry_after <= self._patience

    def _may_pass(self, error: BaseException) -> bool:
        return isinstance(error, Unavailable) or self._is_short_wait(error)

    def _may_pass_in_list(self, error: BaseException) -> bool:
        return self._may_pass(error) and not isinstance(error, MalformedReply)


_backoff = tenacity.wait_random_exponential(multiplier=0.3, max=4)


def _wait(attempt: tenacity.RetryCallState) -> float:
    error = attempt.outcome.exception() if attempt.outcome else None
    return error.retry_after if isinstance(error, RateLimited) else _backoff(attempt)


def _writes(request: requests.PreparedRequest) -> bool:
    """A POST to GraphQL writes where its document is a mutation."""
    if request.method == "GET" or not (request.url or "").endswith("/api/graphql"):
        return request.method != "GET"
    body = request.body if isinstance(request.body, (str, bytes)) else "{}"
    return str(json.loads(body).get("query", "")).lstrip().startswith("mutation")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, port
