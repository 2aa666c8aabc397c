"""The YAML file for several forges, for the routes that notifications take, and for their words:

forges:
  github: {kind: github, token_file: /run/secrets/github, webhook_secret_file: /run/secrets/github-hook}
  internal: {kind: gitlab, url: https://gitlab.example.com, token_file: …, signing_token_file: …}
notify:
  oncall: {url_file: /run/secrets/slack, kinds: [refused, overdue], severities: [critical, high]}
messages:
  refused: {title: "Not yet: {title} ({issue})"}
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from service import plain_yaml
from service.settings.credentials import HOME, incomplete, secrets_of
from service.settings.messages import WordingEntry, messages_of
from service.settings.routes import RouteEntry, routes_of
from service.settings.secret_files import given_or_read
from service.settings.values import Forge, Kind, Route, RouteKind, Wording

_NAME = re.compile(r"[A-Za-z0-9_.-]+")


class Entry(BaseModel):
    """A forge as it is written; each secret is given as it is, or as the path of its file."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    url: str | None = Field(None, pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")
    token: SecretStr | None = None
    token_file: str | None = None
    app_id: str | None = Field(None, coerce_numbers_to_str=True)
    private_key: SecretStr | None = None
    private_key_file: str | None = None
    webhook_secret: SecretStr | None = None
    webhook_secret_file: str | None = None
    signing_token: SecretStr | None = None
    signing_token_file: str | None = None

    def secret(self, name: str, problems: list[str]) -> SecretStr | None:
        return given_or_read(self, name, problems)


class _ConfigFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    forges: dict[str, Entry] = Field(default_factory=dict)
    notify: dict[str, RouteEntry] = Field(default_factory=dict)
    messages: dict[RouteKind, WordingEntry] = Field(default_factory=dict)


class Configured(NamedTuple):
    forges: tuple[Forge, ...] = ()
    routes: tuple[Route, ...] = ()
    messages: Mapping[str, Wording] = MappingProxyType({})


def configured_in(path: Path, taken: set[str], problems: list[str]) -> Configured:
    """What the file configures. Adds a sentence to `problems` for each mistake; `taken` are forges already there."""
    try:
        read = _ConfigFile.model_validate(plain_yaml.read(path.read_text(encoding="utf-8")).data)
    except OSError as error:
        problems.append(f"CLOSEOUT_CONFIG: cannot read {path} ({error.strerror})")
    except plain_yaml.NotYaml as error:
        problems.append(f"CLOSEOUT_CONFIG: {path}:{error.line} is not YAML: {error}")
    except UnicodeDecodeError:
        problems.append(f"CLOSEOUT_CONFIG: {path} is not text in UTF-8")
    except ValidationError as error:
        problems += _sentences(path, error)
    else:
        forges = tuple(_forge(path, name, entry, taken, problems) for name, entry in read.forges.items())
        routes = routes_of(read.notify, f"{path}: notify", problems)
        return Configured(forges, routes, messages_of(read.messages, f"{path}: messages", problems))
    return Configured()


def _sentences(path: Path, error: ValidationError) -> Iterator[str]:
    for mistake in error.errors(include_input=False):
        loc = [str(part) for part in mistake["loc"]] or ["the file"]
        reason = _unknown(loc[-1]) if mistake["type"] == "extra_forbidden" else mistake["msg"]
        yield f"{path}: {'.'.join(loc)}: {reason}"


_KEYS = (*Entry.model_fields, *RouteEntry.model_fields, *WordingEntry.model_fields, *_ConfigFile.model_fields)


def _unknown(key: str) -> str:
    close = difflib.get_close_matches(key, _KEYS, n=1)
    return f"unknown key (did you mean {close[0]!r}?)" if close else "unknown key"


def _forge(path: Path, name: str, entry: Entry, taken: set[str], problems: list[str]) -> Forge:
    where = f"{path}: forges.{name}"
    found: list[str] = []
    if not _NAME.fullmatch(name):
        found.append("a forge's name has only letters, digits, dots, dashes and underscores")
    if name in taken:
        found.append(f"CLOSEOUT_{name.upper()}_… configures a forge of this name already; choose another")
    forge = Forge(
        name=name,
        kind=entry.kind,
        url=(entry.url or HOME[entry.kind]).rstrip("/"),
        token=entry.secret("token", found),
        app_id=entry.app_id,
        private_key=entry.secret("private_key", found),
        webhook_secrets=secrets_of(entry.secret("webhook_secret", found), entry.secret("signing_token", found)),
    )
    problems += [f"{where}: {problem}" for problem in found]
    problems += incomplete(forge, lambda key: f"{where}.{key}")
    return forge
