"""The server of `closeout serve` in a thread of this process, so that a test sees what the application does in it."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress

from granian.server.embed import Server

from service.web.intake import Intake
from service.web.limits import Limits
from service.web.serving import Gate, Served, spoken, usable_port


def until_it_listens(port: int) -> None:
    pause = threading.Event()
    for _ in range(1200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        pause.wait(0.05)
    raise AssertionError(f"nothing listens on {port}")


class Embedded:
    """Serves as soon as it is made, on this machine only."""

    def __init__(self, served: Served) -> None:
        bind = ("127.0.0.1", usable_port("127.0.0.1", 0))
        self.url = f"http://{bind[0]}:{bind[1]}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(served, bind), daemon=True)
        self._thread.start()
        until_it_listens(bind[1])

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join()

    def _run(self, served: Served, bind: tuple[str, int]) -> None:
        gate = Gate(lambda: served, _fails)
        gate.build()
        asyncio.set_event_loop(self._loop)
        self._server = Server(Intake(gate, Limits()), **spoken(bind, Limits()))
        self._loop.run_until_complete(self._server.serve())
        self._loop.close()


def _fails(error: Exception) -> None:
    raise error
