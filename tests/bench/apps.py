"""Applications to compare the receiver with, each a WSGI callable."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from pydantic import SecretStr

from service.bootstrap.logs import configure
from service.settings import Forge, Settings
from service.web.serving import Served
from tests.bench.deliveries import SECRET

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

DATABASE = "CLOSEOUT_BENCH_DATABASE"  # the variable that says where the database of an application is


def bare() -> Served:
    """Only verifies: reads the body, computes its HMAC, answers. The bound of what any receiver can do."""
    return Served(_bare, lambda: None)


def trivial() -> Served:
    """Answers, and looks at nothing: how fast the client is."""
    return Served(lambda _, start_response: _taken(start_response), lambda: None)


def least() -> Served:
    """What a durable receiver cannot do without: verifies, reads the JSON, compresses, and keeps one row of each."""
    return Served(Least(os.environ[DATABASE]), lambda: None)


def one_row() -> Served:
    """Verifies, and commits a row of its own for each request: what a durable receiver is at its simplest."""
    return Served(OneRow(os.environ[DATABASE]), lambda: None)


def closeout() -> Served:
    """The receiver itself, as `closeout serve` puts it together with CLOSEOUT_WORKERS=0."""
    from service.bootstrap.service import Service  # noqa: PLC0415 - the others do without

    configure("info")
    service = Service(settings(f"sqlite:///{os.environ[DATABASE]}"))
    site = service.site()
    service.work()
    return Served(site.app, service.stop, site.webhooks)


APPLICATIONS = {"trivial": trivial, "bare": bare, "least": least, "one_row": one_row, "closeout": closeout}


def settings(database_url: str) -> Settings:
    forge = Forge(
        name="github",
        kind="github",
        url="http://127.0.0.1:9",
        token=SecretStr("none"),
        webhook_secrets=(SecretStr(SECRET),),
    )
    return Settings(forges=(forge,), database_url=SecretStr(database_url), workers=0, resync="", redelivery="")


def _bare(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/healthz":
        start_response("200 OK", [("Content-Length", "0")])
        return []
    _verified(environ)
    return _taken(start_response)


class Least:
    """A single thread writes, with hand-written SQL; what waits shares a commit."""

    def __init__(self, path: str) -> None:
        self._waiting: SimpleQueue[tuple[tuple[str, str, bytes], threading.Event]] = SimpleQueue()
        threading.Thread(target=self._write, args=(path,), daemon=True).start()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        content = _verified(environ)
        issue = f"acme/shop#{json.loads(content)['issue']['number']}"
        kept = threading.Event()
        self._waiting.put(((environ["HTTP_X_GITHUB_DELIVERY"], issue, zlib.compress(content, 1)), kept))
        if not kept.wait(60):
            raise TimeoutError("the writer is gone")
        return _taken(start_response)

    def _write(self, path: str) -> None:
        connection = _opened(path)
        while True:
            batch = [self._waiting.get()]
            with suppress(Empty):
                while True:
                    batch.append(self._waiting.get_nowait())
            connection.execute("begin immediate")
            connection.executemany("insert or ignore into deliveries values (?, ?, ?)", [row for row, _ in batch])
            connection.execute("commit")
            for _, kept in batch:
                kept.set()


class OneRow:
    """Each thread has a connection of its own; a row is on disk before the answer is given."""

    def __init__(self, path: str) -> None:
        self._path, self._threads = path, threading.local()
        _opened(path).close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        content = _verified(environ)
        if not hasattr(self._threads, "connection"):
            self._threads.connection = _opened(self._path)
        row = (environ["HTTP_X_GITHUB_DELIVERY"], "", content)
        self._threads.connection.execute("insert or ignore into deliveries values (?, ?, ?)", row)
        return _taken(start_response)


def _opened(path: str) -> sqlite3.Connection:
    """As the receiver opens its file."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=60)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute("create table if not exists deliveries (id text primary key, issue text, body blob)")
    return connection


def _verified(environ: WSGIEnvironment) -> bytes:
    content: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    expected = "sha256=" + hmac.digest(SECRET.encode(), content, hashlib.sha256).hex()
    if not hmac.compare_digest(expected, environ["HTTP_X_HUB_SIGNATURE_256"]):
        raise ValueError("the benchmark signs everything that it sends")
    return content


def _taken(start_response: StartResponse) -> Iterable[bytes]:
    start_response("202 Accepted", [("Content-Type", "application/json"), ("Content-Length", "3")])
    return [b"{}\n"]
