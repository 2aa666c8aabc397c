"""`/healthz`: the process answers. `/readyz`: it can do its work, or the reasons why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from flask import Flask, Response, jsonify

from service.web.sent import HEALTH

Checks: TypeAlias = Mapping[str, Callable[[], str | None]]  # each says what is wrong, or None


def add_health(app: Flask, checks: Checks) -> None:
    def healthz() -> Response:
        return jsonify(status="ok")

    def readyz() -> tuple[Response, int]:
        answers = {name: _answer(check) for name, check in checks.items()}
        ready = all(answer == "ok" for answer in answers.values())
        return jsonify(status="ready" if ready else "not ready", checks=answers), 200 if ready else 503

    app.add_url_rule(HEALTH, view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)


def _answer(check: Callable[[], str | None]) -> str:
    try:
        return check() or "ok"
    except Exception as error:  # noqa: BLE001 - a check that fails is a reason, not a crash
        return str(error) or type(error).__name__
