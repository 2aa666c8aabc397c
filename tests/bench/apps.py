"""Applications to compare the receiver with, each a WSGI callable."""

from __future__ import annotations

import asyncio
import hmac
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from pydantic import SecretStr
from pydantic_core import from_json

from service.bootstrap.logs import configure
from service.settings import Forge, Settings
from service.web.sent import Answer, Sent
from service.web.serving import Served
from tests.bench.deliveries import SECRET

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

DATABASE = "CLOSEOUT_BENCH_DATABASE"  # the variable that says where the database of an application is


def bare() -> Served:
    """Only verifies: reads the body, computes its HMAC, answers. The bound of what any receiver can do."""
    return Served(_bare, lambda: None)


def bare_on_the_loop() -> Served:
    """The same without a thread: what the receiver's own way in leaves room for."""
    return Served(_bare, lambda: None, BareOnTheLoop())


def trivial() -> Served:
    """Answers, and looks at nothing: how fast the client is."""
    return Served(lambda _, start_response: _taken(start_response), lambda: None)


def least() -> Served:
    """What a durable receiver cannot do without: verifies, reads the JSON, compresses, and keeps one row of each."""
    return Served(_bare, lambda: None, Least(os.environ[DATABASE]))


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


APPLICATIONS = {
    "trivial": trivial,
    "bare": bare,
    "bare_on_the_loop": bare_on_the_loop,
    "least": least,
    "one_row": one_row,
    "closeout": closeout,
}


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


class BareOnTheLoop:
    async def answer(self, sent: Sent) -> Answer:
        _verify(sent.body, sent.headers["x-hub-signature-256"])
        return Answer(202, {})


class Least:
    """On the event loop, as the receiver. A single thread writes, with hand-written SQL; what waits shares a commit."""

    def __init__(self, path: str) -> None:
        self._waiting: SimpleQueue[tuple[str, str, bytes, asyncio.Future[None]]] = SimpleQueue()
        self._path = path
        self._loop: asyncio.AbstractEventLoop | None = None

    async def answer(self, sent: Sent) -> Answer:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            threading.Thread(target=self._write, args=(self._loop,), daemon=True).start()
        _verify(sent.body, sent.headers["x-hub-signature-256"])
        kept = self._loop.create_future()
        issue = f"acme/shop#{from_json(sent.body)['issue']['number']}"
        self._waiting.put((sent.headers["x-github-delivery"], issue, sent.body, kept))
        await kept
        return Answer(202, {})

    def _write(self, loop: asyncio.AbstractEventLoop) -> None:
        connection = _opened(self._path)
        while True:
            batch = [self._waiting.get()]
            with suppress(Empty):
                while True:
                    batch.append(self._waiting.get_nowait())
            rows = [(name, issue, zlib.compress(content, 1)) for name, issue, content, _ in batch]
            connection.execute("begin immediate")
            connection.executemany("insert or ignore into deliveries values (?, ?, ?)", rows)
            connection.execute("commit")
            loop.call_soon_threadsafe(_set, [kept for *_, kept in batch])


def _set(all_kept: Iterable[asyncio.Future[None]]) -> None:
    for kept in all_kept:
        kept.set_result(None)


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
    _verify(content, environ["HTTP_X_HUB_SIGNATURE_256"])
    return content


def _verify(content: bytes, signature: str) -> None:
    expected = "sha256=" + hmac.digest(SECRET.encode(), content, "sha256").hex()
    if not hmac.compare_digest(expected, signature):
        raise ValueError("the benchmark signs everything that it sends")


def _taken(start_response: StartResponse) -> Iterable[bytes]:
    start_response("202 Accepted", [("Content-Type", "application/json"), ("Content-Length", "3")])
    return [b"{}\n"]
