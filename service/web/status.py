"""The application of a process that receives nothing: health and metrics alone."""

from __future__ import annotations

from flask import Flask

from service.web.health import Checks, add_health
from service.web.metrics import Exposition, add_metrics


def create_status_app(checks: Checks, exposition: Exposition) -> Flask:
    app = Flask("closeout", static_folder=None)
    add_health(app, checks)
    add_metrics(app, exposition)
    return app
