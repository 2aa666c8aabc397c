"""How long a check of a secret takes tells nothing about it: each of them is compared in constant time, always."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest

from service.providers.base import Trust, Unverified
from service.providers.github.webhook import parse as github
from service.providers.gitlab.webhook import parse as gitlab
from tests.clock import START
from tests.signatures import by_github

BODY = b"{}"
SECRETS = ("one secret", "another one", "a third one")
KEYS = tuple(f"whsec_{base64.b64encode(letter * 32).decode()}" for letter in (b"a", b"b", b"c"))


def _github(secret: str) -> Mapping[str, str]:
    signature = by_github(BODY, secret)
    return {"X-Hub-Signature-256": signature, "X-GitHub-Event": "ping", "X-GitHub-Delivery": "1"}


def _token(secret: str) -> Mapping[str, str]:
    return {"X-Gitlab-Token": secret, "X-Gitlab-Event": "Push Hook"}


def _signed(secret: str) -> Mapping[str, str]:
    stamp, key = str(int(START.timestamp())), base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"1.{stamp}.".encode() + BODY, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {
        "webhook-id": "1",
        "webhook-timestamp": stamp,
        "webhook-signature": signature,
        "X-Gitlab-Event": "Push Hook",
    }


@pytest.mark.parametrize(
    ("parse", "headers", "secrets", "stranger"),
    [
        (github, _github, SECRETS, "wrong"),
        (gitlab, _token, SECRETS, "wrong"),
        (gitlab, _signed, KEYS, f"whsec_{base64.b64encode(b'w' * 32).decode()}"),
    ],
    ids=["github", "gitlab token", "gitlab signature"],
)
def test_every_secret_is_compared_whichever_fits(
    monkeypatch: pytest.MonkeyPatch,
    parse: Callable[..., object],
    headers: Callable[[str], Mapping[str, str]],
    secrets: tuple[str, ...],
    stranger: str,
) -> None:
    """As many comparisons for the first as for the last and for none, and no other way of comparing."""
    compared, compare = list[bool](), hmac.compare_digest

    def counted(one: bytes, other: bytes) -> bool:
        compared.append(compare(one, other))
        return compared[-1]

    monkeypatch.setattr(hmac, "compare_digest", counted)
    for secret in (*secrets, stranger):
        with suppress(Unverified):
            parse(headers(secret), BODY, forge="forge", trust=Trust(secrets, START))
    assert compared == [True, False, False, False, True, False, False, False, True, False, False, False]
