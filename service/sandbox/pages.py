"""People's pages: a plain tracker in the browser."""

from __future__ import annotations

from flask import Blueprint

from service.sandbox.world import World


def blueprint(world: World) -> Blueprint:  # noqa: ARG001 - the routes come with the pages
    return Blueprint("pages", __name__)
