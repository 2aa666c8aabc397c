"""The page at `/`: what this is, and whether it keeps up."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from service.work.overview import Overview

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Closeout</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; color: #1f2328 }
  td, th { text-align: left; padding: .2rem 1.5rem .2rem 0 } code { background: #f0f2f4; padding: .1rem .3rem }
</style>
<h1>Closeout</h1>
<p>Keeps post-mortems honest inside the tracker: one closes only when its follow-through is in place.</p>
<table>
  <tr><th>Version<td>{{ version }}
  <tr><th>Webhooks<td>{% for forge in forges %}<code>/webhooks/{{ forge }}</code> {% endfor %}
  {% for state, count in depth.items() %}<tr><th>Issues {{ state }}<td>{{ count }}
  {% endfor %}
</table>
<p><a href="/healthz">healthz</a> · <a href="/readyz">readyz</a></p>
"""
_WORDS = {"ready": "waiting", "running": "being looked at", "idle": "settled", "dead": "given up"}


_TEMPLATE = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined).from_string(_PAGE)


def add_page(app: Flask, overview: Overview, forges: Sequence[str], version: str) -> None:
    def page() -> str:
        depth = {_WORDS[state]: count for state, count in overview.depth().items()}
        return _TEMPLATE.render(version=version, forges=forges, depth=depth)

    app.add_url_rule("/", view_func=page)
