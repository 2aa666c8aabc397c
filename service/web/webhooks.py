"""Receiving a delivery: verify it, keep it, answer. Looking at the issue is the workers' part.

This is plain WSGI, in front of the pages: a web framework's own work would be the larger half of what a delivery costs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

import structlog
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.wsgi import get_input_stream

from service.model import IssueRef
from service.providers.base import Delivery, Stale, Trust, Unverified, WebhookParser
from service.store.database import StoreUnavailable
from service.tracing import Span, untold
from service.web.limits import LARGEST
from service.work.queue import Queue

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/webhooks/"
# Browsers run nothing, load nothing and frame nothing of whatever is answered here.
GUARDS = (
    ("X-Content-Type-Options", "nosniff"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
)
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


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    said: Mapping[str, object]
    headers: tuple[tuple[str, str], ...] = ()


class Webhooks:
    """Answers what is sent to a webhook's address, and leaves everything else to `pages`."""

    def __init__(self, desk: Desk, pages: WSGIApplication) -> None:
        self._desk, self._pages = desk, pages

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        forge = path.removeprefix(PREFIX)
        if forge == path or not forge or "/" in forge:
            return self._pages(environ, start_response)
        if environ["REQUEST_METHOD"] != "POST":
            return _send(Answer(405, {"error": "a forge delivers by POST"}, (("Allow", "POST"),)), start_response)
        try:
            answer = _receive(self._desk, forge, environ)
        except Exception as error:  # noqa: BLE001 - a forge is answered in any case
            answer = answer_to(error, path)
        return _send(answer, start_response)


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


def _send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    body = json.dumps(answer.said).encode() + b"\n"
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *GUARDS, *answer.headers]
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
    return [body]


def _receive(desk: Desk, forge: str, environ: WSGIEnvironment) -> Answer:
    receiver = desk.receivers.get(forge)
    if receiver is None:
        return _refusal(forge, 404, f"no forge named {forge!r} is configured here", environ)
    try:
        body = _body(environ)
        headers = _headers(environ)
        delivery = receiver.parse(headers, body, forge=forge, trust=receiver.trust())
    except Stale as error:
        return _stale(desk, forge, str(error), environ)
    except (HTTPException, Unverified, ValueError) as error:
        return _refused(desk, forge, error, environ)
    if delivery is None:
        return _ignored(desk, Delivery("", "", ()), forge, "this event is about nothing that Closeout acts on")
    with desk.traced(forge, delivery.id, delivery.event):
        return _take(desk, forge, delivery, body)


def _body(environ: WSGIEnvironment) -> bytes:
    """As it was sent: what is signed. Nothing is ever unpacked, so that no small body becomes a large one."""
    if environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
        raise UnsupportedMediaType("send the delivery as it is: a compressed one (Content-Encoding) is not taken")
    body = get_input_stream(environ, max_content_length=LARGEST).read()
    if not environ.get("CONTENT_LENGTH") and len(body) >= LARGEST:  # a chunked body is cut there without a word
        raise RequestEntityTooLarge
    return body


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """As WSGI has them (PEP 3333), under the names that parsers know."""
    sent = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
    return sent | {"Content-Type": environ.get("CONTENT_TYPE", "")}


def _take(desk: Desk, forge: str, delivery: Delivery, body: bytes) -> Answer:
    refs = [ref for ref in delivery.refs if ref.node is not None or desk.allows(ref)]  # an id has no project yet
    if not refs:
        names = ", ".join(sorted({ref.project for ref in delivery.refs}))
        return _ignored(desk, delivery, forge, f"{names} is not among the projects of CLOSEOUT_PROJECTS")
    try:
        accepted = desk.queue.accept(forge, delivery.id, delivery.event, refs, body)
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


def _stale(desk: Desk, forge: str, reason: str, environ: WSGIEnvironment) -> Answer:
    """2xx as well: it is the forge's own, and a forge must not stop delivering because our clock is wrong."""
    desk.delivered(forge, "", "stale")
    _log.warning("delivery_stale", forge=forge, reason=reason, peer=environ.get("REMOTE_ADDR"))
    return Answer(202, {"ignored": reason})


def _refused(desk: Desk, forge: str, error: Exception, environ: WSGIEnvironment) -> Answer:
    desk.delivered(forge, "", "refused")
    match error:
        case RequestEntityTooLarge():
            return _refusal(forge, 413, f"a delivery is at most {LARGEST // 1024**2} MiB", environ)
        case HTTPException():
            return _refusal(forge, error.code or 400, str(error.description), environ)
        case Unverified():
            return _refusal(forge, 401, str(error), environ)
        case _:
            return _refusal(forge, 400, str(error), environ)


def _refusal(forge: str, status: int, reason: str, environ: WSGIEnvironment) -> Answer:
    _log.warning("delivery_refused", forge=forge, status=status, reason=reason, peer=environ.get("REMOTE_ADDR"))
    return Answer(status, {"error": reason})
