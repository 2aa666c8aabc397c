"""Sending by Apprise, an optional extra that is imported when something is to be sent.

https://github.com/caronc/apprise has the address of each service that it knows.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from service.settings import NO_APPRISE, Route
from service.store.outbox import Letter

_STATUS = re.compile(r"error=(?P<status>\d{3})\b")
_TYPES = {"refused": "warning", "overdue": "warning", "completed": "success"}


class NotSent(Exception):
    """A letter did not reach its service. `str()` is a sentence for an operator; it never holds an address."""


def understood(route: Route) -> bool | None:
    """Whether Apprise knows what to do with the route's address; None where it is not installed. Sends nothing."""
    try:
        import apprise  # noqa: PLC0415 - an optional extra
    except ImportError:
        return None
    logging.getLogger("apprise").propagate = False  # what it says of an address may hold the secret in it
    with apprise.LogCapture(level=logging.WARNING):  # type: ignore[no-untyped-call]
        return bool(apprise.Apprise().add(route.address.get_secret_value()))


def send(route: Route, letter: Letter) -> None:
    """Hands the letter to the route's service, which answered that it took it. Raises `NotSent`.

    Apprise gives a service four seconds to connect and four to answer, unless the address says otherwise.
    """
    try:
        import apprise  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise NotSent(NO_APPRISE) from None
    logging.getLogger("apprise").propagate = False  # what it says names hosts and targets; we say what came of it
    asset = apprise.AppriseAsset(
        app_id="Closeout", app_desc="Closeout", storage_mode=apprise.PersistentStoreMode.MEMORY
    )
    target = apprise.Apprise(asset=asset)
    with apprise.LogCapture(level=logging.WARNING) as heard:  # type: ignore[no-untyped-call]
        known = target.add(route.address.get_secret_value())
        for service in target:
            _split(service, route)
        kind = apprise.NotifyType(_TYPES.get(letter.kind, "info"))
        plain = apprise.NotifyFormat.TEXT
        took = known and target.notify(title=letter.title, body=letter.text, notify_type=kind, body_format=plain)
        words = heard.getvalue()
    if not known:
        raise NotSent("Apprise does not know what to do with this address")
    if not took:
        status = _STATUS.search(words)
        raise NotSent(
            f"the service answered {status['status']}" if status else "the service did not answer, or refused"
        )


def _split(service: Any, route: Route) -> None:
    """A message that is longer than its service takes (2,000 characters on Discord) goes in parts, not in vain.

    https://github.com/caronc/apprise/wiki/Troubleshooting#too-much-data
    """
    if "overflow=" not in route.address.get_secret_value():
        import apprise  # noqa: PLC0415 - an optional extra

        service.overflow_mode = apprise.OverflowMode.SPLIT
