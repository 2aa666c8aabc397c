"""Webhooks out: what happened becomes signed deliveries, sent in order by one thread over real HTTP.

Each forge registers a `Speaker` that knows its payloads and headers. Every attempt is kept on its hook, with
the request and the answer, so that a forge's API can list and repeat it.
"""

from __future__ import annotations

import ipaddress
import json
import queue
import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from service.sandbox.rows import DeliveryRow, EventRow, HookRow, Project

if TYPE_CHECKING:
    from service.sandbox.ledger import Ledger

TIMEOUT_SECONDS = 10.0
KEPT_DELIVERIES = 500
KEPT_RESPONSE_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class Message:
    """What a forge has to tell about something that happened, before it is addressed to a hook."""

    event: str  # the forge's name for it: `issues`, `Issue Hook`
    action: str | None
    payload: Mapping[str, Any]
    subscription: str = ""  # what a hook must have subscribed to; the event's name where empty
    chain: str = ""  # names the request that set it off, where the forge tells


class Speaker(Protocol):
    """One forge's way of telling. Called while the world is locked."""

    def messages(self, project: Project, events: Sequence[EventRow]) -> Iterable[Message]:
        """The messages for the events of one action, in order."""

    def wants(self, hook: HookRow, message: Message) -> bool:
        """Whether the hook subscribed to this message and is not disabled."""

    def headers(self, hook: HookRow, delivery: DeliveryRow) -> dict[str, str]:
        """All headers of the delivery, signature included. Called right before sending."""

    def answered(self, hook: HookRow, delivery: DeliveryRow) -> None:
        """Takes note of an outcome (GitLab counts failures)."""


def loopback(url: str) -> bool:
    """Whether the sandbox may send there: plain HTTP to this machine."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


class Courier:
    """Queues deliveries and sends them one at a time, in order, while `start`ed."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._speakers: dict[str, Speaker] = {}
        self._queue: queue.Queue[tuple[Speaker, HookRow, DeliveryRow] | None] = queue.Queue()
        self._idle = threading.Condition()
        self._pending = 0
        self._thread: threading.Thread | None = None

    def register(self, forge: str, speaker: Speaker) -> None:
        self._speakers[forge] = speaker

    # --- queueing --------------------------------------------------------------------------------------

    def announce(self, project: Project, events: Sequence[EventRow]) -> None:
        """Tells every interested hook of the project, its group and the app."""
        speaker = self._speakers.get(project.forge)
        hooks = self._ledger.hooks_of(project)
        if speaker is None or not hooks:
            return
        for message in speaker.messages(project, events):
            guid = str(uuid.uuid4())
            for hook in hooks:
                if speaker.wants(hook, message):
                    self._enqueue(speaker, hook, self._draft(message, guid))

    def send(self, forge: str, hook: HookRow, message: Message) -> DeliveryRow:
        """Sends one message to one hook, wanted or not: pings and test deliveries."""
        return self._enqueue(self._speakers[forge], hook, self._draft(message, str(uuid.uuid4())))

    def send_again(self, forge: str, hook: HookRow, delivery: DeliveryRow) -> DeliveryRow:
        """A new attempt at the same message, under the same GUID."""
        again = DeliveryRow(
            id=self._ledger.next_id(),
            guid=delivery.guid,
            event=delivery.event,
            action=delivery.action,
            body=delivery.body,
            created_at=self._ledger.clock(),
            chain=delivery.chain,
            redelivery=True,
        )
        return self._enqueue(self._speakers[forge], hook, again)

    def _draft(self, message: Message, guid: str) -> DeliveryRow:
        body = json.dumps(message.payload, ensure_ascii=False, separators=(",", ":")).encode()
        return DeliveryRow(
            self._ledger.next_id(),
            guid,
            message.event,
            message.action,
            body,
            self._ledger.clock(),
            chain=message.chain,
        )

    def _enqueue(self, speaker: Speaker, hook: HookRow, delivery: DeliveryRow) -> DeliveryRow:
        hook.deliveries.append(delivery)
        del hook.deliveries[:-KEPT_DELIVERIES]
        with self._idle:
            self._pending += 1
        self._queue.put((speaker, hook, delivery))
        return delivery

    # --- sending ---------------------------------------------------------------------------------------

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sandbox-courier", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Sends what is queued, then ends the thread."""
        if self._thread is None:
            return
        self._queue.put(None)
        self._thread.join(timeout=TIMEOUT_SECONDS)
        self._thread = None

    def forget(self) -> None:
        """Drops what is queued and not yet sent."""
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return
            self._settled()

    def settle(self, timeout: float) -> bool:
        """Waits until every queued delivery has its answer. False: some have none after `timeout` seconds."""
        with self._idle:
            return self._idle.wait_for(lambda: self._pending == 0, timeout)

    def _settled(self) -> None:
        with self._idle:
            self._pending -= 1
            self._idle.notify_all()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                self._deliver(*item)
            finally:
                self._settled()

    def _deliver(self, speaker: Speaker, hook: HookRow, delivery: DeliveryRow) -> None:
        with self._ledger.lock:
            delivery.request_headers = speaker.headers(hook, delivery)
            url = hook.url
        started = time.monotonic()
        answer = _post(url, delivery.body, delivery.request_headers)
        with self._ledger.lock:
            delivery.status, delivery.error = answer.status, answer.error
            delivery.response_headers, delivery.response_body = answer.headers, answer.body
            delivery.duration = round(time.monotonic() - started, 3)
            delivery.delivered_at = self._ledger.clock()
            speaker.answered(hook, delivery)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: str
    error: str = ""


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> _Answer:
    """POSTs without following redirects; a failure to get an answer is an answer with status 0."""
    if not loopback(url):
        return _Answer(0, {}, "", f"{url} is not on this machine")
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=TIMEOUT_SECONDS)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body=body, headers=dict(headers))
        response = connection.getresponse()
        text = response.read(KEPT_RESPONSE_BYTES).decode("utf-8", "replace")
        return _Answer(response.status, dict(response.getheaders()), text)
    except TimeoutError:
        return _Answer(0, {}, "", "timed out")
    except (OSError, HTTPException) as problem:
        return _Answer(0, {}, "", f"failed to connect: {problem}")
    finally:
        connection.close()
