"""What GitHub says about itself: limits, versions, zen."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from service.sandbox.github.call import current
from service.sandbox.github.limits import Limits

VERSIONS = ("2022-11-28", "2026-03-10")


def blueprint(limits: Limits) -> Blueprint:
    routes = Blueprint("service", __name__)

    @routes.get("/rate_limit")
    def rate_limit() -> Response:
        core = limits.peek(current().caller.login, "core")
        resources = {name: limits.peek(current().caller.login, name) for name in ("core", "search", "graphql")}
        return jsonify(resources=resources, rate=core)

    @routes.get("/versions")
    def versions() -> Response:
        return jsonify(list(VERSIONS))

    @routes.get("/zen")
    def zen() -> Response:
        return Response("Keep it logically awesome.", content_type="text/plain;charset=utf-8")

    @routes.get("/meta")
    def meta() -> Response:
        return jsonify(verifiable_password_authentication=False, hooks=["127.0.0.1/32"])

    return routes
