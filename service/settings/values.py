"""What the service needs to know before it starts, as values."""

from __future__ import annotations

import importlib.util
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from service.model import IssueRef

ROUTE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
Kind: TypeAlias = Literal["github", "gitlab"]
RouteKind: TypeAlias = Literal["opened", "review", "refused", "completed", "due", "overdue", "audit", "weekly"]


class SettingsError(Exception):
    """The configuration cannot be used. `problems` holds one sentence for each mistake."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Bind(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Bind:
        """`127.0.0.1:8080`, `:8080` (every address) or `[::1]:8080`. Raises ValueError with the expected form."""
        host, colon, port = text.rpartition(":")
        if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
            raise ValueError(f"{text!r} is not an address and port; write it like 127.0.0.1:8080")
        return cls(host.strip("[]") or "0.0.0.0", int(port))  # noqa: S104 - asked for by leaving the host out


class Forge(BaseModel):
    """One forge: where it is, who we are there, and which webhook deliveries to believe.

    `name` is the forge in every issue's name and the last part of its webhook address. `url` is the address
    people use in a browser. `webhook_secrets` are all accepted, so that a secret can be changed without losing
    deliveries; GitLab's signing tokens stand among them and are told apart by their `whsec_`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    url: str
    token: SecretStr | None = None
    app_id: str | None = None
    private_key: SecretStr | None = None
    webhook_secrets: tuple[SecretStr, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(secret.get_secret_value() for secret in self.webhook_secrets)


class RouteFilters(BaseModel):
    """What a route takes. None takes everything; what is confidential is taken only where that is said.

    `each`: the audit's message comes once for each owner or team, with all that is theirs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: frozenset[RouteKind] | None = None
    severities: frozenset[Literal["critical", "high", "medium", "low"]] | None = None
    teams: frozenset[str] | None = None
    owners: frozenset[str] | None = None
    each: Literal["owner", "team"] | None = None
    projects: tuple[str, ...] = ("*",)
    confidential: bool = False
    per_minute: int = Field(20, ge=1, le=600)


class Outlet(RouteFilters):
    """One way out for notifications, as far as it matters for what goes there."""

    name: str

    def reaches(self, ref: IssueRef) -> bool:
        return project_matches(ref, self.projects)


class Route(Outlet):
    """One way out, and where it leads. `address` is an Apprise URL, and as a whole a secret."""

    address: SecretStr


class Wording(BaseModel):
    """How a message is worded: `{heading}` and `{text}` are the usual words, other names in braces parts of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = "{heading}"
    text: str = "{text}"


class Settings(BaseModel):
    """The whole configuration. Times are in seconds; what is kept is kept for days."""

    model_config = ConfigDict(frozen=True)

    forges: tuple[Forge, ...] = ()
    routes: tuple[Route, ...] = ()
    messages: dict[str, Wording] = Field(default_factory=dict)  # by kind
    database_url: SecretStr = SecretStr("sqlite:///closeout.sqlite3")
    bind: Bind = Bind("127.0.0.1", 8080)
    metrics_bind: Bind | None = None
    projects: tuple[str, ...] = ("*",)
    confidential: tuple[str, ...] = ()
    log: str = "info"
    dry_run: bool = False
    traces: bool = False
    debounce: float = 0.5
    workers: int = 4
    timezone: str = "UTC"
    audit: str = ""
    weekly: str = ""
    resync: str = "*/10 * * * *"  # empty: never
    redelivery: str = "5-59/10 * * * *"  # empty: never
    audit_looks: int = 100
    replay_hours: float = 24
    keep_deliveries: float = 30
    keep_journal: float = 365
    policy: Path | None = None
    public_url: str = ""  # empty: nobody is given an address of ours
    link_secrets: tuple[SecretStr, ...] = ()

    def allows(self, ref: IssueRef) -> bool:
        """Whether this issue's project is one that may be acted on."""
        return project_matches(ref, self.projects)

    def serving_problems(self) -> tuple[str, ...]:
        """Why webhooks cannot be received with these settings; empty when they can."""
        if not self.forges:
            return (_NO_FORGE,)
        return tuple(without_secret(forge) for forge in self.forges if not forge.webhook_secrets)

    def sending_problem(self) -> str | None:
        """Why what the routes are there for cannot be sent; None if it can, or there are none."""
        return NO_APPRISE if self.routes and importlib.util.find_spec("apprise") is None else None


def project_matches(ref: IssueRef, globs: tuple[str, ...]) -> bool:
    names = (ref.project.lower(), f"{ref.forge}:{ref.project}".lower())
    return any(fnmatchcase(name, glob.lower()) for glob in globs for name in names)


NO_APPRISE = "no notification can be sent: Apprise is not installed; run pip install 'closeout[notify]'"
_NO_FORGE = (
    "no forge is configured: set CLOSEOUT_GITHUB_TOKEN and CLOSEOUT_GITHUB_WEBHOOK_SECRET, "
    "or CLOSEOUT_GITLAB_TOKEN and CLOSEOUT_GITLAB_WEBHOOK_SECRET"
)


def without_secret(forge: Forge) -> str:
    """What to say of a forge whose webhook has no secret."""
    own = forge.name == forge.kind
    where = f"CLOSEOUT_{forge.kind.upper()}_WEBHOOK_SECRET" if own else f"forges.{forge.name}.webhook_secret"
    return f"{where} is missing: set it to the secret that the webhook was given, or nothing can be verified"
