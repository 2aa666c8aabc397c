"""The `CLOSEOUT_…` variables: their names, what they mean, and how they become `Settings`."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from service.cron import Cron, time_zone
from service.settings import mistakes
from service.settings.config_file import configured_in
from service.settings.credentials import HOME, incomplete, listed, secrets_of
from service.settings.routes import merged, routes_in
from service.settings.secret_files import SecretFiles, Unreadable, is_secret
from service.settings.values import Bind, Forge, Settings, SettingsError, Wording

PREFIX = "CLOSEOUT_"
_PLAIN = {*Settings.model_fields} - {
    "forges",
    "routes",
    "messages",
    "bind",
    "metrics_bind",
    "projects",
    "confidential",
    "link_secrets",
}  # what needs no putting together
_SEALING = 32  # characters: who holds one link can try secrets on it at leisure
_SQLITE = "sqlite:///closeout.sqlite3"


class Environment(BaseSettings):
    """The variables as they are written, before they are put together; docs/operations.md lists them from here."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", env_ignore_empty=True)

    github_url: str = Field(HOME["github"], description="GitHub's web address, or your GitHub Enterprise Server's")
    github_token: SecretStr | None = Field(None, description="Token of the account that acts on GitHub")
    github_app_id: str | None = Field(None, description="Id of a GitHub App, instead of a token")
    github_private_key: SecretStr | None = Field(None, description="The GitHub App's private key (PEM)")
    github_webhook_secret: SecretStr | None = Field(
        None, description="Secret of the webhook on GitHub; two, separated by a comma, while one replaces the other"
    )
    gitlab_url: str = Field(HOME["gitlab"], description="GitLab's web address, or your own server's")
    gitlab_token: SecretStr | None = Field(None, description="Token of the account that acts on GitLab (scope `api`)")
    gitlab_webhook_secret: SecretStr | None = Field(
        None, description="Secret token of the webhook on GitLab; two, separated by a comma, as above"
    )
    gitlab_signing_token: SecretStr | None = Field(
        None, description="Signing token of the webhook (`whsec_…`, GitLab 19.0 and later), instead or as well"
    )
    database_url: SecretStr = Field(
        SecretStr(_SQLITE), description="Where the inbox and the queue are kept: `sqlite:///…` or `postgresql://…`"
    )
    notify: SecretStr | None = Field(
        None,
        description="Where notifications go: an Apprise URL, or several routes as YAML (docs/notifications.md)",
    )
    bind: str = Field("127.0.0.1:8080", description="Address and port to listen on")
    metrics_bind: str | None = Field(
        None,
        description="Address and port where `closeout worker` answers `/metrics`, `/healthz` and `/readyz` "
        "(`closeout serve` does so at `CLOSEOUT_BIND`)",
    )
    public_url: str = Field(
        "",
        description="Where this service is reached from outside, like `https://closeout.example.org`: invitations and "
        "calendars are linked there (docs/calendars.md); empty: nothing is linked",
    )
    link_secret: SecretStr | None = Field(
        None,
        description="What those links are sealed with, such as `openssl rand -hex 32` gives; two, separated by a "
        "comma, while one replaces the other",
    )
    projects: str = Field("*", description="Projects that may be acted on: globs, separated by commas")
    confidential: str = Field(
        "", description="Projects of which notifications treat everything as confidential: globs, as above"
    )
    log: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged")
    dry_run: bool = Field(default=False, description="Decide and log, but write nothing to any forge")
    traces: bool = Field(
        default=False,
        description="Send OpenTelemetry traces; where to, the standard `OTEL_EXPORTER_OTLP_…` variables say",
    )
    debounce: float = Field(0.5, ge=0, le=60, description="Seconds to wait for further events on an issue")
    workers: int = Field(
        4, ge=0, le=64, description="How many issues are looked at at the same time; 0 leaves that to `closeout worker`"
    )
    timezone: str = Field("UTC", description="Time zone in which schedules are meant, like `Europe/Berlin`")
    audit: str = Field("", description="When the audit runs, like `0 9 * * MON-FRI` (cron); empty: never by itself")
    weekly: str = Field(
        "", description="When routes hear how it went since the last time, like `0 9 * * MON` (cron); empty: never"
    )
    resync: str = Field(
        "*/10 * * * *", description="When changes that no delivery told of are looked for (cron); `off`: never"
    )
    redelivery: str = Field(
        "5-59/10 * * * *", description="When forges are asked to deliver again what failed (cron); `off`: never"
    )
    audit_looks: int = Field(
        100, ge=0, le=10_000, description="How many issues one audit looks at, and so reminds people of, at most"
    )
    replay_hours: float = Field(
        24,
        ge=0.5,
        le=24,
        description="Hours by which the time that GitLab signs may differ from ours, to either side; what is older or "
        "newer is not acted on",
    )
    keep_deliveries: float = Field(30, ge=1, description="Days for which processed deliveries are kept")
    keep_journal: float = Field(365, ge=1, description="Days for which the journal of changes is kept")
    policy: Path | None = Field(None, description="Policy file for projects that have none of their own")
    config: Path | None = Field(
        None, description="YAML file that configures several forges, and the routes and words of notifications"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _readable(cls, value: object) -> object:
        if isinstance(value, Unreadable):
            raise ValueError(value.problem)  # noqa: TRY004 - pydantic collects ValueErrors
        return value

    @field_validator("bind", "metrics_bind")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return None if value is None else str(Bind.parse(value))

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        return time_zone(value).key

    @field_validator("audit", "weekly")
    @classmethod
    def _cron(cls, value: str) -> str:
        return Cron.parse(value).expression if value else value

    @field_validator("resync", "redelivery")
    @classmethod
    def _cron_or_off(cls, value: str) -> str:
        return "" if value.strip().lower() == "off" else Cron.parse(value).expression

    @field_validator("traces")
    @classmethod
    def _followed(cls, value: bool) -> bool:  # noqa: FBT001 - a validator's form
        if value and not _has_telemetry():
            raise ValueError("traces need OpenTelemetry, which is not installed; run pip install 'closeout[otel]'")
        return value

    @field_validator("github_url", "gitlab_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        return web_address(value)

    @field_validator("public_url")
    @classmethod
    def _public_address(cls, value: str) -> str:
        return web_address(value) if value else value

    @field_validator("link_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        lengths = [len(secret.get_secret_value()) for secret in secrets_of(value)]
        if value is not None and min(lengths, default=0) < _SEALING:
            raise ValueError(
                f"a secret of at least {_SEALING} characters is needed, as `openssl rand -hex 32` makes it"
            )
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: SecretStr) -> SecretStr:
        return SecretStr(database_address(value.get_secret_value()))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings names all sources
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SecretFiles(settings_cls, PREFIX)


def _has_telemetry() -> bool:
    try:
        return importlib.util.find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:  # a package above it: of OpenTelemetry often only the API is there
        return False


def web_address(value: str) -> str:
    """The address without a trailing slash. Raises ValueError with the expected form."""
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
        raise ValueError(f"{value!r} is not a web address; write it like https://github.example.com")
    return value.rstrip("/")


def database_address(url: str) -> str:
    """The URL, if there can be such a database. Raises ValueError with what to write or install, never the URL."""
    if url.startswith("sqlite:///"):
        return url
    if not url.startswith(("postgresql://", "postgres://")):
        forms = "sqlite:////var/lib/closeout/closeout.sqlite3 or postgresql://user:password@host:5432/closeout"
        raise ValueError(f"no database that is known; write {forms}")
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ValueError("the port is no number; in a password, write %40 for @, %3A for : and %2F for /") from None
    if importlib.util.find_spec("psycopg") is None:
        raise ValueError("PostgreSQL needs a driver that is not installed; run pip install 'closeout[postgres]'")
    return url


def variables() -> dict[str, FieldInfo]:
    """Every variable by name, secrets with their `_FILE` form too."""
    plain = {f"{PREFIX}{name.upper()}": info for name, info in Environment.model_fields.items()}
    return plain | {f"{name}_FILE": info for name, info in plain.items() if is_secret(info)}


def load() -> Settings:
    """The settings that the environment describes. Raises `SettingsError` with every mistake in it."""
    known = variables()
    problems = [*mistakes.misspelt(os.environ, known, PREFIX), *mistakes.doubled(os.environ, known)]
    try:
        environment = Environment()
    except ValidationError as error:
        raise SettingsError((*problems, *mistakes.sentences(error, os.environ, PREFIX))) from None
    forges = tuple(_forges(environment, problems))
    routes, messages = routes_in(environment.notify, problems), dict[str, Wording]()
    if environment.config is not None:
        configured = configured_in(environment.config, {forge.name for forge in forges}, problems)
        forges += configured.forges
        routes = merged(routes, configured.routes, problems)
        messages = dict(configured.messages)
    if environment.public_url and environment.link_secret is None:
        wanted = "set it to what `openssl rand -hex 32` gives, and keep it: links are sealed with it"
        problems.append(f"{PREFIX}LINK_SECRET is missing beside {PREFIX}PUBLIC_URL: {wanted}")
    if problems:
        raise SettingsError(tuple(problems))
    plain = environment.model_dump(include=_PLAIN)
    projects = listed(environment.projects) or ("*",)
    metrics_bind = Bind.parse(environment.metrics_bind) if environment.metrics_bind else None
    return Settings(
        forges=forges,
        routes=routes,
        messages=messages,
        bind=Bind.parse(environment.bind),
        metrics_bind=metrics_bind,
        projects=projects,
        confidential=listed(environment.confidential),
        link_secrets=secrets_of(environment.link_secret),
        **plain,
    )


def _forges(env: Environment, problems: list[str]) -> Iterator[Forge]:
    if env.github_token or env.github_app_id or env.github_private_key or env.github_webhook_secret:
        github = Forge(
            name="github",
            kind="github",
            url=env.github_url,
            token=env.github_token,
            app_id=env.github_app_id,
            private_key=env.github_private_key,
            webhook_secrets=secrets_of(env.github_webhook_secret),
        )
        problems += incomplete(github, lambda key: f"{PREFIX}GITHUB_{key.upper()}")
        yield github
    if env.gitlab_token or env.gitlab_webhook_secret or env.gitlab_signing_token:
        secrets = secrets_of(env.gitlab_webhook_secret, env.gitlab_signing_token)
        token, url = env.gitlab_token, env.gitlab_url
        gitlab = Forge(name="gitlab", kind="gitlab", url=url, token=token, webhook_secrets=secrets)
        problems += incomplete(gitlab, lambda key: f"{PREFIX}GITLAB_{key.upper()}")
        yield gitlab
