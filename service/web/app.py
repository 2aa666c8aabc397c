"""The Flask application: verify a delivery, keep it, answer. Looking at the issue is the workers' part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from service.model import IssueRef
from service.providers.base import Delivery, Unverified, WebhookParser
from service.store.database import StoreUnavailable
from service.tracing import Span, untold
from service.web.health import Checks, add_health
from service.web.metrics import Exposition, add_metrics
from service.web.page import add_page
from service.work.overview import Overview
from service.work.queue import Queue

LARGEST = 25 * 1024 * 1024  # bytes; GitHub sends no larger event, and GitLab's default limit lies below
_RETRY_AFTER = "10"  # seconds
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Receiver:
    """How one forge's deliveries are verified and read."""

    forge: str
    parse: WebhookParser
    secrets: Sequence[str] = field(repr=False)


class Delivered(Protocol):
    """Hears of each delivery to a configured forge, and what became of it. `event`: "" where it was not believed."""

    def __call__(self, forge: str, event: str, result: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is put together from. `allows`: whether an issue's project may be acted on.

    `traced` makes the span of taking in a believed delivery, from its forge, its id and its event.
    """

    receivers: Mapping[str, Receiver]
    queue: Queue
    overview: Overview
    allows: Callable[[IssueRef], bool]
    checks: Checks
    now: Callable[[], datetime]
    version: str
    delivered: Delivered
    exposition: Exposition
    traced: Callable[[str, str, str], AbstractContextManager[Span]] = untold


def create_app(parts: Parts) -> Flask:
    app = Flask("closeout", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StoreUnavailable, _store_error)
    app.register_error_handler(Exception, _our_error)
    app.add_url_rule(
        "/webhooks/<forge>", view_func=lambda forge: _receive(parts, forge), methods=["POST"], endpoint="webhook"
    )
    add_health(app, parts.checks)
    add_metrics(app, parts.exposition)
    add_page(app, parts.overview, sorted(parts.receivers), parts.version)
    return app


def _receive(parts: Parts, forge: str) -> tuple[Response, int]:
    receiver = parts.receivers.get(forge)
    if receiver is None:
        return _refusal(forge, 404, f"no forge named {forge!r} is configured here")
    try:
        body = _body()
        delivery = receiver.parse(dict(request.headers), body, forge=forge, secrets=receiver.secrets, now=parts.now())
    except RequestEntityTooLarge:
        return _refused(parts, forge, 413, f"a delivery is at most {LARGEST // 1024**2} MiB")
    except Unverified as error:
        return _refused(parts, forge, 401, str(error))
    except ValueError as error:
        return _refused(parts, forge, 400, str(error))
    if delivery is None:
        return _ignored(parts, Delivery("", "", ()), forge, "this event is about nothing that Closeout acts on")
    with parts.traced(forge, delivery.id, delivery.event):
        return _take(parts, forge, delivery, body)


def _body() -> bytes:
    body = request.get_data(cache=False)
    if request.content_length is None and len(body) >= LARGEST:  # a chunked body is cut there without a word
        raise RequestEntityTooLarge
    return body


def _take(parts: Parts, forge: str, delivery: Delivery, body: bytes) -> tuple[Response, int]:
    refs = [ref for ref in delivery.refs if ref.node is not None or parts.allows(ref)]  # an id has no project yet
    if not refs:
        names = ", ".join(sorted({ref.project for ref in delivery.refs}))
        return _ignored(parts, delivery, forge, f"{names} is not among the projects of CLOSEOUT_PROJECTS")
    try:
        accepted = parts.queue.accept(forge, delivery.id, delivery.event, refs, body)
    except StoreUnavailable:
        parts.delivered(forge, delivery.event, "unstored")
        raise
    parts.delivered(forge, delivery.event, "repeated" if accepted.repeated else "accepted")
    issues = [str(ref) for ref in refs]
    _log.info(
        "delivery_accepted",
        forge=forge,
        delivery=delivery.id,
        on=delivery.event,
        issues=issues,
        repeated=accepted.repeated,
    )
    return jsonify(delivery=delivery.id, issues=issues, repeated=accepted.repeated), 202


def _ignored(parts: Parts, delivery: Delivery, forge: str, reason: str) -> tuple[Response, int]:
    """2xx all the same: a forge stops delivering to a webhook that keeps answering with errors."""
    parts.delivered(forge, delivery.event, "ignored")
    _log.info("delivery_ignored", forge=forge, delivery=delivery.id, reason=reason)
    return jsonify(ignored=reason), 202


def _refused(parts: Parts, forge: str, status: int, reason: str) -> tuple[Response, int]:
    parts.delivered(forge, "", "refused")
    return _refusal(forge, status, reason)


def _refusal(forge: str, status: int, reason: str) -> tuple[Response, int]:
    _log.warning("delivery_refused", forge=forge, status=status, reason=reason, peer=request.remote_addr)
    return jsonify(error=reason), status


def _http_error(error: HTTPException) -> tuple[Response, int]:
    return jsonify(error=f"{error.name}: {error.description}"), error.code or 500


def _store_error(error: StoreUnavailable) -> tuple[Response, int, dict[str, str]]:
    _log.error("database_unavailable", reason=str(error))
    return jsonify(error="the delivery could not be stored; send it again"), 503, {"Retry-After": _RETRY_AFTER}


def _our_error(error: Exception) -> tuple[Response, int]:
    _log.error("request_failed", path=request.path, exc_info=error)
    return jsonify(error="something went wrong here; the log says what"), 500
