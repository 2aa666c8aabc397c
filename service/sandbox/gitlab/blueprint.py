"""GitLab's API mounted under `/gitlab/api`: who calls, which handler answers, and how answers look on the wire."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote
from uuid import uuid4

from flask import Blueprint, Response, g, jsonify, request

from service.sandbox.gitlab import (
    boards,
    files,
    hooks_api,
    issues,
    labels,
    links,
    merge_requests,
    notes,
    people,
    request_notes,
)
from service.sandbox.gitlab.call import FORGE, Call, Problem, Reply
from service.sandbox.gitlab.graphql_api import answer
from service.sandbox.gitlab.webhooks import GitLabSpeaker
from service.sandbox.rows import Person, Refused
from service.sandbox.world import World

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

PARTS: tuple[ModuleType, ...] = (
    issues,
    links,
    notes,
    labels,
    boards,
    people,
    files,
    merge_requests,
    request_notes,
    hooks_api,
)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
PREFIX = "/gitlab/api/v4"
DIGITS, SEGMENT = r"\d+", r"[^/]+"


class Route(NamedTuple):
    method: str
    pattern: re.Pattern[str]
    handler: Callable[..., Any]


def blueprint(world: World) -> Blueprint:
    """Also makes the courier speak GitLab."""
    mounted = Blueprint(FORGE, __name__, url_prefix="/gitlab")
    mounted.add_url_rule("/api/v4/", "root", partial(_rest, world), methods=METHODS)
    mounted.add_url_rule("/api/v4/<path:rest>", "rest", partial(_rest, world), methods=METHODS)
    mounted.add_url_rule("/api/graphql", "graphql", partial(_graphql, world), methods=["POST"])
    mounted.after_request(_named)
    world.courier.register(FORGE, GitLabSpeaker(world))
    return mounted


def _named(response: Response) -> Response:
    """https://docs.gitlab.com/administration/logs/tracing_correlation_id/"""
    response.headers["X-Request-Id"] = uuid4().hex
    return response


def _compiled(method: str, path: str, handler: Callable[..., Any]) -> Route:
    """Paths are matched as sent, percent-encoded: `acme%2Fshop` is one segment, as GitLab demands."""
    pattern = re.sub(r"<(int:)?(\w+)>", lambda m: f"(?P<{m[2]}>{DIGITS if m[1] else SEGMENT})", path)
    return Route(method, re.compile(pattern), handler)


ROUTES = [_compiled(*route) for part in PARTS for route in part.ROUTES]


def _rest(world: World, rest: str = "") -> ResponseReturnValue:  # noqa: ARG001 - matched as sent, below
    path = _raw_path().removeprefix(PREFIX).rstrip("/")
    try:
        call = _call(world)
        handler, values = _find(path)
        call.raw_id = values.pop("owner", "")
        return _respond(handler(call, **{k: int(v) if k.endswith("id") else v for k, v in values.items()}))
    except Problem as problem:
        response = jsonify(problem.body)
        response.status_code = problem.status
        response.headers.update(dict(problem.headers))
        return response
    except Refused as problem:
        return jsonify(message={problem.field or "base": [str(problem)]}), 400


def _find(path: str) -> tuple[Callable[..., Any], dict[str, str]]:
    """The handler and what the path says. Raises 404 and 405."""
    found = [(route, match) for route in ROUTES if (match := route.pattern.fullmatch(path))]
    method = "GET" if request.method == "HEAD" else request.method
    for route, match in found:
        if route.method == method:
            return route.handler, {name: unquote(value) for name, value in match.groupdict().items()}
    raise Problem(405, {"error": "405 Not Allowed"}) if found else Problem(404, {"error": "404 Not Found"})


def _raw_path() -> str:
    """As it was sent: WSGI's own path is already decoded."""
    uri: str = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or request.path
    return uri.partition("?")[0]


def _call(world: World) -> Call:
    g.chain = request.headers.get("X-Gitlab-Event-UUID", "")[:64]
    token = _token()
    return Call(world, _caller(world, token), _params(), url=f"{world.url}{_raw_path()}", token=token)


def _token() -> str:
    bearer = request.headers.get("Authorization", "")
    token = request.headers.get("PRIVATE-TOKEN") or request.args.get("private_token")
    return token or (bearer[7:] if bearer.lower().startswith("bearer ") else "")


def _caller(world: World, token: str) -> Person | None:
    """None for a call without credentials; 401 for wrong ones."""
    if not token:
        return None
    person = world.bearer(token)
    if person is None:
        raise Problem(401, {"message": "401 Unauthorized"})
    g.actor = person.login
    return person


def _params() -> dict[str, Any]:
    """The query and, over it, the body's fields."""
    given: dict[str, Any] = {}
    for source in (request.args, request.form):
        for name, values in source.lists():
            given[name.removesuffix("[]")] = values if name.endswith("[]") else values[-1]
    if request.is_json and request.get_data():
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise Problem(400, {"error": "The provided body is not a JSON object"})
        given |= {name.removesuffix("[]"): value for name, value in body.items()}
    return given


def _respond(answered: object) -> Response:
    """A handler gives a JSON value, a Reply, or None for 204."""
    if answered is None:
        return Response(status=204)
    reply = answered if isinstance(answered, Reply) else Reply(answered)
    text = isinstance(reply.value, str)
    response = Response(reply.value) if text else jsonify(reply.value)
    response.status_code = reply.status
    response.headers.update(dict(reply.headers))
    return response


def _graphql(world: World) -> ResponseReturnValue:
    """404 where the server has none; a wrong token is 401; everything else is 200 with `errors`."""
    if not world.features[FORGE].graphql:
        return jsonify(error="404 Not Found"), 404
    try:
        call = _call(world)
    except Problem as problem:
        message = "Invalid token" if problem.status == 401 else "Unexpected end of document"
        return jsonify(errors=[{"message": message}]), problem.status
    variables = call.params.get("variables")
    return jsonify(
        answer(
            call, call.text("query"), variables if isinstance(variables, Mapping) else {}, call.text("operationName")
        )
    )
