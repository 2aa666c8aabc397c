"""A loopback HTTP server that answers as told, for the shapes a real forge shows too rarely to wait for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Say:
    """One answer. `body` is sent as JSON unless it is text; `cut` closes the connection in the middle of it."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True)
class Asked:
    verb: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Scripted:
    """`script` maps "VERB /path" (without the query) to its answers in order; the last one stays."""

    url: str = ""
    script: dict[str, list[Say]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def on(self, what: str, *answers: Say) -> None:
        self.script[what] = list(answers)

    def lines(self) -> list[str]:
        return [f"{each.verb} {each.path.partition('?')[0]}" for each in self.asked]

    def answer(self, asked: Asked) -> Say:
        self.asked.append(asked)
        answers = self.script.get(f"{asked.verb} {asked.path.partition('?')[0]}", [Say(404, {"message": "Not Found"})])
        return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def serving() -> Iterator[Scripted]:
    scripted = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length)
            asked = Asked(self.command, self.path, dict(self.headers), json.loads(sent) if sent else None)
            say = scripted.answer(asked)
            body = say.body.encode() if isinstance(say.body, str) else json.dumps(say.body).encode()
            self.send_response(say.status)
            for name, value in {"Content-Type": "application/json", **say.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + 10 * say.cut))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = say.cut

        do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815 - the standard library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    scripted.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield scripted
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
