"""The web application: webhooks in front, and behind them health, metrics and pages, which are Flask's."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, jsonify, request

from service.web.calendars import Shelf, add_calendars
from service.web.health import Checks, add_health
from service.web.metrics import Exposition, add_metrics
from service.web.page import add_page
from service.web.sent import GUARDS
from service.web.webhooks import Desk, Webhooks, answer_to
from service.work.overview import Overview


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is put together from."""

    desk: Desk
    overview: Overview
    checks: Checks
    version: str
    exposition: Exposition
    shelf: Shelf


@dataclass(frozen=True, slots=True)
class Site:
    """All of it as a WSGI application, and what takes webhooks on an event loop."""

    app: Flask
    webhooks: Webhooks


def create_site(parts: Parts) -> Site:
    app = _pages(parts)
    webhooks = Webhooks(parts.desk, app.wsgi_app)
    app.wsgi_app = webhooks  # type: ignore[method-assign]  # as Flask's pages on middleware say
    return Site(app, webhooks)


def _pages(parts: Parts) -> Flask:
    app = Flask("closeout", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.register_error_handler(Exception, _error)
    app.after_request(_guarded)
    add_health(app, parts.checks)
    add_metrics(app, parts.exposition)
    add_calendars(app, parts.shelf)
    add_page(app, parts.overview, sorted(parts.desk.receivers), parts.version)
    return app


def _error(error: Exception) -> tuple[Response, int, dict[str, str]]:
    rule = request.url_rule  # not the path: in a calendar's address it is a key
    answer = answer_to(error, rule.rule if rule is not None else "unknown")
    return jsonify(answer.said), answer.status, dict(answer.more_headers)


def _guarded(response: Response) -> Response:
    response.headers.update(GUARDS)
    return response
