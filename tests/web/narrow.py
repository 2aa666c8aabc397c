"""A process of its own that serves a small application under narrow limits: `python -m tests.web.narrow PORT`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from service.web.limits import Limits
from service.web.serving import Served, serve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NARROW = Limits(head_seconds=1, body_seconds=1, head=16 * 1024, body=1024**2, held=1024**2, threads=2)


def told(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """What the application was given, or a mistake of its own."""
    if environ["PATH_INFO"] == "/mistake":
        raise ZeroDivisionError("a secret of ours")
    start_response("200 OK", [("Content-Type", "application/json")])
    given = {name: value for name, value in environ.items() if isinstance(value, str)}
    return [json.dumps(given | {"body": len(environ["wsgi.input"].read())}).encode()]


if __name__ == "__main__":
    sys.exit(serve(lambda: Served(told, lambda: None), lambda _: 1, ("127.0.0.1", int(sys.argv[1])), NARROW))
