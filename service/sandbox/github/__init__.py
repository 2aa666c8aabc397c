"""GitHub's API on the sandbox's world."""

from __future__ import annotations

from flask import Blueprint

from service.sandbox.world import World


def blueprint(world: World) -> Blueprint:  # noqa: ARG001 - the routes come with the API
    return Blueprint("github", __name__, url_prefix="/github")
