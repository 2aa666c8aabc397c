"""GitHub's API on the sandbox's world, in the layout of an Enterprise server: `/api/v3` and `/api/graphql`."""

from __future__ import annotations

from uuid import uuid4

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from service.sandbox.github import (
    app,
    comments,
    contents,
    family,
    fields,
    graphql,
    issues,
    labels,
    people,
    pulls,
    service,
    webhooks,
)
from service.sandbox.github.call import Call, Problem, authenticate
from service.sandbox.github.limits import Limits
from service.sandbox.github.speaker import GitHubSpeaker
from service.sandbox.world import World

_PARTS = (app, comments, contents, family, fields, issues, labels, people, pulls, webhooks)


def blueprint(world: World) -> Blueprint:
    """All routes under `/github/api`. GitHub's way of telling webhooks is registered on the way."""
    limits = Limits(world)
    world.courier.register("github", GitHubSpeaker(world))
    api = Blueprint("github", __name__, url_prefix="/github/api")
    rest = Blueprint("rest", __name__, url_prefix="/v3")
    for part in _PARTS:
        rest.register_blueprint(part.routes)
    rest.register_blueprint(service.blueprint(limits))
    rest.add_url_rule("/<path:path>", "unknown", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    api.register_blueprint(rest)
    api.register_blueprint(graphql.blueprint(world))
    api.before_request(lambda: _recognise(world))
    api.after_request(lambda response: _finish(limits, response))
    api.register_error_handler(Problem, lambda problem: problem.response())
    api.register_error_handler(HTTPException, _http_problem)
    return api


def _recognise(world: World) -> None:
    g.call = Call(world, authenticate(world, request.headers.get("Authorization", "")))
    g.actor = g.call.caller.login
    version = request.headers.get("X-GitHub-Api-Version", service.VERSIONS[0])
    if version not in service.VERSIONS:
        raise Problem(400, f"'{version}' is not a valid API version.")


def _unknown(**_path: str) -> Response:
    raise Problem(404, "Not Found")


def _http_problem(problem: HTTPException) -> Response:
    words = {404: "Not Found", 405: "Not Found", 413: "Request body is too large"}
    status = 404 if problem.code == 405 else problem.code or 500
    return Problem(status, words.get(status, problem.name)).response()


def _finish(limits: Limits, response: Response) -> Response:
    """The headers on every reply, and 304 for a reader who has this answer already."""
    response.headers["X-GitHub-Request-Id"] = str(uuid4()).upper()
    response.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
    response.headers["X-GitHub-Api-Version-Selected"] = service.VERSIONS[0]
    if request.method == "GET" and response.status_code == 200:
        response.add_etag(weak=True)
        response.make_conditional(request)
        response.headers.pop("Date", None)  # the server writes it
    resource = "graphql" if request.path.endswith("/graphql") else "core"
    is_free = response.status_code == 304 and g.get("actor") is not None
    response.headers.update(
        limits.told(g.get("actor"), resource) if is_free else limits.count(g.get("actor"), resource)
    )
    return response
