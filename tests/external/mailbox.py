"""An address on loopback that takes webhooks and keeps them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Delivered = tuple[dict[str, str], bytes]


class Mailbox:
    def __init__(self, url: str) -> None:
        self.url = url
        self.arrived: queue.Queue[Delivered] = queue.Queue()

    def next(self, timeout: float = 10) -> Delivered:
        """Headers and body of the next delivery. Raises queue.Empty where none arrives."""
        return self.arrived.get(timeout=timeout)


@contextmanager
def opened() -> Iterator[Mailbox]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            mailbox.arrived.put((dict(self.headers.items()), body))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """What arrives is asserted, not printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        mailbox = Mailbox(f"http://127.0.0.1:{server.server_port}/hook")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield mailbox
        finally:
            server.shutdown()
            thread.join()
