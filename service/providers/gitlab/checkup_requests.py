"""The requests that a check-up makes of GitLab, one method each, as `gateway.py` has those about issues."""

from __future__ import annotations

from collections.abc import Mapping

from service.providers.base import MalformedReply
from service.providers.gitlab.connection import Connection, Row


class CheckupRequests:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of the last answer."""
        return self._connection.headers_seen

    def token(self) -> Row:
        """https://docs.gitlab.com/api/personal_access_tokens/#self-inform"""
        return self._row("asking about our token", "/personal_access_tokens/self")

    def metadata(self) -> Row:
        """https://docs.gitlab.com/api/metadata/"""
        return self._row("asking for the version", "/metadata")

    def _row(self, doing: str, path: str) -> Row:
        reply = self._connection.repeat(doing, lambda sdk: sdk.http_get(path))
        if not isinstance(reply, Mapping):
            raise MalformedReply(f"GitLab's answer to {doing} is not the JSON it documents")
        return dict(reply)
