"""`/metrics`: what this process counts and the database holds, for Prometheus and whatever else reads its format."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flask import Flask, Response, request

Exposition: TypeAlias = Callable[[str], tuple[str, bytes]]  # an Accept header → a content type and the text


def add_metrics(app: Flask, exposition: Exposition) -> None:
    def metrics() -> Response:
        kind, text = exposition(request.headers.get("Accept", ""))
        return Response(text, content_type=kind)

    app.add_url_rule("/metrics", view_func=metrics)
