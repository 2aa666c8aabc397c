"""Hearing at once what other processes tell through a PostgreSQL server."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

_log = structlog.get_logger()
_WAIT = 0.25  # seconds after which a listener looks whether it should end
_AGAIN = 1.0  # seconds before it tries again, where the server is away


class Listener:
    """A thread with a connection of its own. While the server is away nothing is heard; callers poll as well.

    `engine` makes psycopg connections that commit each statement. `heard` is called with what was told, and with ""
    each time it begins to listen, for what it may have missed.
    """

    def __init__(self, engine: Engine, channel: str, heard: Callable[[str], None]) -> None:
        self._engine, self._channel, self._heard = engine, channel, heard
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="closeout-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        from psycopg import Error  # noqa: PLC0415 - an optional extra

        while not self._closing.is_set():
            try:
                self._listen()
            except (DBAPIError, Error) as error:
                _log.warning("listener_disconnected", reason=" ".join(str(error).split()))
                self._closing.wait(_AGAIN)

    def _listen(self) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f"LISTEN {self._channel}")
            self._heard("")
            driver = connection.connection.driver_connection
            while driver is not None and not self._closing.is_set():
                for told in driver.notifies(timeout=_WAIT):
                    self._heard(told.payload)
