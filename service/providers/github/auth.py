"""Credentials: a personal access token, or a GitHub App that mints a token for each installation.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import github.Auth

from service.providers.base import Forbidden, NotFound
from service.providers.cache import Cache
from service.providers.github.errors import Reply, reading
from service.providers.github.gateway import Gateway, Wire, repository, segment

_EARLY = 300  # seconds before its end a token is replaced
_INSTALLATION_SECONDS = 3600
_OFF = 20  # seconds; no request takes as long


@dataclass(frozen=True, slots=True)
class TokenAuth:
    """A fine-grained or classic personal access token; acts as its owner."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AppAuth:
    """A GitHub App: its client id or app id, and its private key in PEM."""

    app_id: str
    private_key: str = field(repr=False)


class Access(Protocol):
    """Which gateway serves which project, or which organisation."""

    @property
    def app(self) -> Gateway | None:
        """For what only an App's own key opens; None where we are no App."""

    def gateway(self, project: str) -> Gateway: ...

    def login(self) -> str:
        """Our own login, as authors are named over REST. One request, where GraphQL did not say it already."""

    def repositories(self) -> Iterator[Mapping[str, Any]]:
        """Every repository that we were let into."""

    def introduction(self) -> Reply:
        """The answer that says who we are."""


def access(auth: TokenAuth | AppAuth, wire: Wire, cache: Cache) -> Access:
    return TokenAccess(auth, wire) if isinstance(auth, TokenAuth) else AppAccess(auth, wire, cache)


class TokenAccess:
    """One token for everything."""

    app = None

    def __init__(self, auth: TokenAuth, wire: Wire) -> None:
        self._gateway = Gateway(wire, github.Auth.Token(auth.token))

    def gateway(self, project: str) -> Gateway:
        del project
        return self._gateway

    def login(self) -> str:
        with reading("our own account"):
            return str(self.introduction().json()["login"])

    def introduction(self) -> Reply:
        return self._gateway.reply("/user")

    def repositories(self) -> Iterator[Mapping[str, Any]]:
        """https://docs.github.com/en/rest/repos/repos#list-repositories-for-the-authenticated-user"""
        return self._gateway.pages("/user/repos", {"sort": "full_name"})


class AppAccess:
    """A gateway for each installation; its token lasts an hour and is replaced in time, or when it is refused."""

    def __init__(self, auth: AppAuth, wire: Wire, cache: Cache) -> None:
        self._app_id = auth.app_id
        self._wire = wire
        self._cache = cache
        key = AppKey(auth, wire.clock)
        self.app = Gateway(wire, key.auth, key.renew, account="app")
        self._gateways: dict[int, Gateway] = {}

    def gateway(self, project: str) -> Gateway:
        key = self._key(project)
        return self._gateway_of(self._cache.cached(key, _INSTALLATION_SECONDS, lambda: self._installation(project)))

    def login(self) -> str:
        with reading("our own App"):
            return f"{self.introduction().json()['slug']}[bot]"

    def introduction(self) -> Reply:
        return self.app.reply("/app")

    def repositories(self) -> Iterator[Mapping[str, Any]]:
        """https://docs.github.com/en/rest/apps/installations#list-repositories-accessible-to-the-app-installation

        Which installation serves which repository is then known, too.
        """
        for installation in self.app.pages("/app/installations"):
            with reading("the App's installations"):
                number = int(installation["id"])
            for row in self._gateway_of(number).pages("/installation/repositories", within="repositories"):
                with reading("the repositories of an installation"):
                    self._cache.put(self._key(str(row["full_name"])), number, _INSTALLATION_SECONDS)
                yield row

    def _key(self, project: str) -> tuple[str, str, str, str]:
        return ("installation", self._wire.url, self._app_id, project.casefold())

    def _gateway_of(self, installation: int) -> Gateway:
        if installation not in self._gateways:
            token = InstallationToken(self.app, installation, self._cache, self._wire)
            self._gateways[installation] = Gateway(self._wire, token, token.renew, str(installation))
        return self._gateways[installation]

    def _installation(self, project: str) -> int:
        path = repository(project) if "/" in project else f"/orgs/{segment(project)}"
        try:
            found = self.app.get(f"{path}/installation")
        except NotFound:
            raise Forbidden(f"the GitHub App is not installed on {project}; install it there") from None
        with reading(f"the installation on {project}"):
            return int(found["id"])


class AppKey:
    """Signs what an App says of itself, with the time as the forge has it: GitHub believes it for minutes only.

    https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
    """

    def __init__(self, auth: AppAuth, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._signed_at = 0
        self._sign = github.Auth.AppAuth.create_jwt_sign(auth.private_key, "RS256")
        self.auth = github.Auth.AppAuth(auth.app_id, sign_func=self._signed)

    def renew(self) -> bool:
        """Whether the refusal told us that the time was wrong."""
        return abs(self._now() - self._signed_at) > _OFF

    def _signed(self, claims: dict[str, Any]) -> str | bytes:
        self._signed_at = now = self._now()
        return self._sign({**claims, "iat": now - 60, "exp": now + 300})

    def _now(self) -> int:
        return int(self._clock().timestamp())


class InstallationToken(github.Auth.Auth):
    """The current token of one installation, shared by every thread through the cache."""

    def __init__(self, app: Gateway, installation: int, cache: Cache, wire: Wire) -> None:
        self._app = app
        self._installation = installation
        self._cache = cache
        self._wire = wire
        self._key = ("installation-token", wire.url, installation)

    @property
    def token_type(self) -> str:
        return "token"

    @property
    def token(self) -> str:
        kept: str | None = self._cache.get(self._key, None)
        return kept if kept is not None else self._mint()

    def renew(self) -> bool:
        self._cache.drop(self._key)
        return True

    def _mint(self) -> str:
        path = f"/app/installations/{self._installation}/access_tokens"
        minted = self._app.write("POST", path, {})
        with reading("an installation token"):
            token, end = str(minted["token"]), datetime.fromisoformat(minted["expires_at"])
        left = (end - self._wire.clock()).total_seconds() - _EARLY
        self._cache.put(self._key, token, max(left, 60.0))
        return token
