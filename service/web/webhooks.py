"""Receiving a delivery: verify it, keep it, answer. Looking at the issue is the workers' part.

This stands in front of the pages: a web framework's own work would be the larger half of what a delivery costs. The
server's event loop awaits `Webhooks.answer`, which takes no thread; for any other server the same is WSGI.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import structlog
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.wsgi import get_input_stream

from service.model import IssueRef
from service.providers.base import Delivery, Stale, Trust, Unverified, WebhookParser
from service.store.database import StoreUnavailable
from service.tracing import Span, untold
from service.web.limits import LARGEST
from service.web.sent import PREFIX, Answer, Sent, addressed
from service.work.arrivals import Accepted
from service.work.queue import Queue

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

T = TypeVar("T")
_RETRY_AFTER = "10"  # seconds
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Receiver:
    """How one forge's deliveries are verified and read. `trust`: what is believed at this moment."""

    forge: str
    parse: WebhookParser
    trust: Callable[[], Trust]


class Delivered(Protocol):
    """Hears of each delivery to a configured forge, and what became of it. `event`: "" where it was not believed."""

    def __call__(self, forge: str, event: str, result: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What receiving needs. `allows`: whether an issue's project may be acted on.

    `traced` makes the span of taking in a believed delivery, from its forge, its id and its event.
    """

    receivers: Mapping[str, Receiver]
    queue: Queue
    allows: Callable[[IssueRef], bool]
    delivered: Delivered
    traced: Callable[[str, str, str], AbstractContextManager[Span]] = untold


class Webhooks:
    """Answers what is sent to a webhook's address. As a WSGI application it leaves everything else to `pages`."""

    def __init__(self, desk: Desk, pages: WSGIApplication) -> None:
        self._desk, self._pages = desk, pages

    async def answer(self, sent: Sent) -> Answer:
        """Never raises: a forge is answered in any case."""
        return await _answer(self._desk, sent, self._desk.queue.accepting)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        forge = addressed(environ.get("PATH_INFO", ""))
        if forge is None:
            return self._pages(environ, start_response)
        headers, peer = _headers(environ), environ.get("REMOTE_ADDR", "")
        try:
            sent = Sent(forge, environ["REQUEST_METHOD"], headers, _body(environ), peer)
        except HTTPException as error:
            answer = _refused(self._desk, Sent(forge, "", headers, b"", peer), error)
        else:
            answer = _at_once(_answer(self._desk, sent, self._accept))
        body = answer.body
        start_response(
            f"{answer.status} {HTTPStatus(answer.status).phrase}", [*answer.headers, ("Content-Length", str(len(body)))]
        )
        return [body]

    async def _accept(self, *delivery: Any) -> Accepted:
        """As the queue's own for coroutines, and waits right here."""
        return self._desk.queue.accept(*delivery)


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """As WSGI has them (PEP 3333)."""
    sent = {name[5:].replace("_", "-").lower(): text for name, text in environ.items() if name.startswith("HTTP_")}
    return sent | {"content-type": environ.get("CONTENT_TYPE", "")}


def _body(environ: WSGIEnvironment) -> bytes:
    body = get_input_stream(environ, max_content_length=LARGEST).read()
    if not environ.get("CONTENT_LENGTH") and len(body) >= LARGEST:  # a chunked body is cut there without a word
        raise RequestEntityTooLarge
    return body


def _at_once(coroutine: Coroutine[object, None, T]) -> T:
    """What a coroutine comes to that waits for no event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        ended: T = done.value
        return ended
    raise RuntimeError("it waits for an event loop, and there is none")


def answer_to(error: Exception, route: str) -> Answer:
    """What is said of an error that a request to `route` met; what is ours to mend goes to the log."""
    if isinstance(error, HTTPException):
        return Answer(error.code or 500, {"error": f"{error.name}: {error.description}"})
    if isinstance(error, StoreUnavailable):
        _log.error("database_unavailable", reason=str(error))
        said = {"error": "the database did not answer; send it again"}
        return Answer(503, said, (("Retry-After", _RETRY_AFTER),))
    _log.error("request_failed", route=route, exc_info=error)
    return Answer(500, {"error": "something went wrong here; the log says what"})


Keep: TypeAlias = Callable[[str, str, str, Sequence[IssueRef], bytes], Awaitable[Accepted]]


async def _answer(desk: Desk, sent: Sent, keep: Keep) -> Answer:
    try:
        return await _receive(desk, sent, keep)
    except Exception as error:  # noqa: BLE001 - a forge is answered in any case
        return answer_to(error, PREFIX + sent.forge)


async def _receive(desk: Desk, sent: Sent, keep: Keep) -> Answer:
    if sent.method != "POST":
        return Answer(405, {"error": "a forge delivers by POST"}, (("Allow", "POST"),))
    receiver = desk.receivers.get(sent.forge)
    if receiver is None:
        return _refusal(sent, 404, f"no forge named {sent.forge!r} is configured here")
    try:
        _unpacked(sent)
        delivery = receiver.parse(sent.headers, sent.body, forge=sent.forge, trust=receiver.trust())
    except Stale as error:
        return _stale(desk, sent, str(error))
    except (HTTPException, Unverified, ValueError) as error:
        return _refused(desk, sent, error)
    if delivery is None:
        return _ignored(desk, Delivery("", "", ()), sent.forge, "this event is about nothing that Closeout acts on")
    with desk.traced(sent.forge, delivery.id, delivery.event):
        return await _take(desk, sent, delivery, keep)


def _unpacked(sent: Sent) -> None:
    """Nothing is ever unpacked, so that no small body becomes a large one."""
    if sent.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise UnsupportedMediaType("send the delivery as it is: a compressed one (Content-Encoding) is not taken")


async def _take(desk: Desk, sent: Sent, delivery: Delivery, keep: Keep) -> Answer:
    forge = sent.forge
    refs = [ref for ref in delivery.refs if ref.node is not None or desk.allows(ref)]  # an id has no project yet
    if not refs:
        names = ", ".join(sorted({ref.project for ref in delivery.refs}))
        return _ignored(desk, delivery, forge, f"{names} is not among the projects of CLOSEOUT_PROJECTS")
    try:
        accepted = await keep(forge, delivery.id, delivery.event, refs, sent.body)
    except StoreUnavailable:
        desk.delivered(forge, delivery.event, "unstored")
        raise
    desk.delivered(forge, delivery.event, "repeated" if accepted.repeated else "accepted")
    said = {"delivery": delivery.id, "issues": [str(ref) for ref in refs], "repeated": accepted.repeated}
    _log.info("delivery_accepted", forge=forge, on=delivery.event, **said)
    return Answer(202, said)


def _ignored(desk: Desk, delivery: Delivery, forge: str, reason: str) -> Answer:
    """2xx all the same: a forge stops delivering to a webhook that keeps answering with errors."""
    desk.delivered(forge, delivery.event, "ignored")
    _log.info("delivery_ignored", forge=forge, delivery=delivery.id, reason=reason)
    return Answer(202, {"ignored": reason})


def _stale(desk: Desk, sent: Sent, reason: str) -> Answer:
    """2xx as well: it is the forge's own, and a forge must not stop delivering because our clock is wrong."""
    desk.delivered(sent.forge, "", "stale")
    _log.warning("delivery_stale", forge=sent.forge, reason=reason, peer=sent.peer)
    return Answer(202, {"ignored": reason})


def _refused(desk: Desk, sent: Sent, error: Exception) -> Answer:
    if sent.forge in desk.receivers:
        desk.delivered(sent.forge, "", "refused")
    match error:
        case RequestEntityTooLarge():
            return _refusal(sent, 413, f"a delivery is at most {LARGEST // 1024**2} MiB")
        case HTTPException():
            return _refusal(sent, error.code or 400, str(error.description))
        case Unverified():
            return _refusal(sent, 401, str(error))
        case _:
            return _refusal(sent, 400, str(error))


def _refusal(sent: Sent, status: int, reason: str) -> Answer:
    _log.warning("delivery_refused", forge=sent.forge, status=status, reason=reason, peer=sent.peer)
    return Answer(status, {"error": reason})
