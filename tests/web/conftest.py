"""The receiver over real loopback HTTP and a real database; nothing works on the queue here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from service.links import Links
from service.model import IssueRef
from service.providers.base import Trust
from service.providers.github.webhook import parse as parse_github
from service.providers.gitlab.webhook import parse as parse_gitlab
from service.settings import Settings
from service.store.appointments import Appointments
from service.store.database import Database
from service.store.feeds import Feeds
from service.store.inbox import Inbox
from service.web.app import Parts, create_site
from service.web.calendars import Shelf
from service.web.loopback import Loopback
from service.web.serving import Served
from service.web.webhooks import Desk, Receiver
from service.work.overview import Overview
from service.work.queue import Queue
from service.work.timing import Timing
from tests.clock import START
from tests.databases import PATIENCE, Place, opened
from tests.signatures import by_github
from tests.web.embedded import Embedded

GITHUB_SECRETS = ("the old secret", "the new secret")
GITLAB_SECRET = "gitlab's secret"
PUBLIC_URL = "https://closeout.example.org"
LINKS = Links(PUBLIC_URL, ("a new secret to seal links with, for tests", "the old secret, while it is replaced"))
SIGNING = "whsec_" + base64.b64encode(b"k" * 32).decode()


@dataclass
class Site:
    """The running receiver, and the forges' side of the conversation."""

    url: str
    place: Place
    database: Database
    queue: Queue
    problem: list[str]
    counted: list[tuple[str, str, str]]
    read: list[tuple[str, str]]  # what became of each request for a calendar

    def github(self, payload: object, *, secret: str = GITHUB_SECRETS[1], **headers: str) -> requests.Response:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        given = signed_by_github(body, secret, "72d3162e")
        return self.post("github", body, given | {key.replace("_", "-"): value for key, value in headers.items()})

    def gitlab(self, payload: object, *, secret: str = GITLAB_SECRET) -> requests.Response:
        headers = {"X-Gitlab-Event": "Issue Hook", "X-Gitlab-Token": secret, "Idempotency-Key": "key-1"}
        return self.post("gitlab", json.dumps(payload).encode(), headers)

    def signed(self, payload: object, at: datetime, **headers: str) -> requests.Response:
        """GitLab 19's way, signed at this time."""
        body, stamp = json.dumps(payload).encode(), str(int(at.timestamp()))
        digest = hmac.new(b"k" * 32, f"msg-1.{stamp}.".encode() + body, hashlib.sha256).digest()
        given = {"webhook-id": "msg-1", "webhook-timestamp": stamp, "X-Gitlab-Event": "Issue Hook"}
        given["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        return self.post("gitlab", body, given | {key.replace("_", "-"): value for key, value in headers.items()})

    def post(self, forge: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
        return requests.post(f"{self.url}/webhooks/{forge}", data=body, headers=headers, timeout=60)

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=60)

    @property
    def deliveries(self) -> list[str]:
        return [delivery.id for delivery in Inbox(self.database).latest()]

    @property
    def issues(self) -> set[str]:
        return {task.issue for task in Overview(self.database).tasks()}


def signed_by_github(body: bytes, secret: str, name: str) -> dict[str, str]:
    """The headers of a delivery."""
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": name,
        "X-Hub-Signature-256": by_github(body, secret),
    }


@pytest.fixture
def patience() -> float:
    """Seconds that a write may wait: so many that a busy machine is never taken for a locked database."""
    return PATIENCE


@pytest.fixture
def serving() -> Callable[[Served], Loopback | Embedded]:
    """What serves: the server of `closeout serve`."""
    return Embedded


@pytest.fixture
def site(place: Place, patience: float, serving: Callable[[Served], Loopback | Embedded]) -> Iterator[Site]:
    with opened(place, patience=patience) as database:
        queue, problem, counted = Queue(database, Timing(debounce=0)), list[str](), list[tuple[str, str, str]]()
        read = list[tuple[str, str]]()
        settings = Settings(projects=("acme/*",), database_url=SecretStr(""))
        receivers = {
            "github": Receiver("github", parse_github, lambda: Trust(GITHUB_SECRETS, START)),
            "gitlab": Receiver("gitlab", parse_gitlab, lambda: Trust((GITLAB_SECRET, SIGNING), START)),
        }

        def check() -> str | None:
            database.check()
            return problem[0] if problem else None

        def allows(ref: IssueRef) -> bool:
            return settings.allows(ref)

        parts = Parts(
            desk=Desk(receivers, queue, allows, delivered=lambda *told: counted.append(told)),
            overview=Overview(database),
            checks={"database": check},
            version="1.2.3",
            exposition=lambda accept: ("text/plain", f"for {accept}".encode()),
            shelf=Shelf(
                LINKS, Appointments(database), Feeds(database), allows, PUBLIC_URL, lambda *told: read.append(told)
            ),
        )
        made = create_site(parts)
        web = serving(Served(made.app, lambda: None, made.webhooks))
        yield Site(web.url, place, database, queue, problem, counted, read)
        web.stop()


def github_event(project: str = "acme/shop", number: int = 12) -> dict[str, Any]:
    return {"action": "labeled", "issue": {"number": number}, "repository": {"full_name": project}}


def gitlab_event(project: str = "acme/shop", number: int = 12) -> dict[str, Any]:
    return {
        "object_kind": "issue",
        "project": {"path_with_namespace": project},
        "object_attributes": {"iid": number, "action": "update"},
    }
