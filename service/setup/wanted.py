"""What a project should have, from its policy and from what the person asked for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from service.model import Label
from service.policy import FILES, Policy
from service.providers.gitlab.webhook import SIGNING_PREFIX
from service.providers.setup import WantedWebhook
from service.settings import Forge, Kind, SettingsError, without_secret
from service.setup.files import template_path
from service.vocabulary import COLUMNS, Vocabulary

BOARD_TITLE = "Post-mortems"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person asked for, beside the labels and the policy file."""

    board: bool = False
    templates: bool = False
    webhook: WantedWebhook | None = None
    send_secret: bool = False  # again, though the webhook has one


@dataclass(frozen=True, slots=True)
class Wanted:
    """`columns` are names of columns on GitHub, of labels on GitLab; `project` is the policy's own, by number."""

    kind: Kind
    vocabulary: Vocabulary
    labels: tuple[Label, ...]
    columns: tuple[str, ...]
    paths: tuple[str, ...]
    choice: Choice
    project: int | None = None


def wanted(policy: Policy, kind: Kind, choice: Choice) -> Wanted:
    vocabulary = policy.vocabulary
    project = _project(policy) if kind == "github" else None
    by_label = kind == "gitlab" or not (choice.board or project is not None)
    return Wanted(
        kind=kind,
        vocabulary=vocabulary,
        labels=_labels(vocabulary, kind, by_label=by_label),
        columns=_columns(vocabulary, kind),
        paths=(FILES[kind], *((template_path(kind),) if choice.templates else ())),
        choice=choice,
        project=project,
    )


def webhook_of(forge: Forge, url: str) -> WantedWebhook:
    """Where this forge's deliveries go. Raises `SettingsError`: no address, or nothing that could verify them."""
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
        raise SettingsError((f"--webhook: {url!r} is not a web address; write it like https://closeout.example.org",))
    if not forge.secrets:
        raise SettingsError((without_secret(forge),))
    address = url.rstrip("/")
    if address.count("/") == 2:
        address += f"/webhooks/{forge.name}"
    signing = [secret for secret in forge.secrets if forge.kind == "gitlab" and secret.startswith(SIGNING_PREFIX)]
    plain = [secret for secret in forge.secrets if secret not in signing]
    return WantedWebhook(address, next(iter(plain), ""), next(iter(signing), ""))


def _project(policy: Policy) -> int | None:
    options: Any = policy.options("board")
    number: int | None = options.project
    return number


def _labels(vocabulary: Vocabulary, kind: Kind, *, by_label: bool) -> tuple[Label, ...]:
    """The one that people put on first, then the taxonomy, and columns where they are labels; each name once."""
    columns = [vocabulary.column_label(column) for column in _label_columns(kind)] if by_label else []
    found: dict[str, Label] = {}
    for label in (vocabulary.trigger_label(), *vocabulary.taxonomy(), *columns):
        found.setdefault(label.name.casefold(), label)
    return tuple(found.values())


def _columns(vocabulary: Vocabulary, kind: Kind) -> tuple[str, ...]:
    if kind == "gitlab":
        return tuple(vocabulary.column_label(column).name for column in _label_columns(kind))
    return tuple(str(getattr(vocabulary.columns, column)) for column in COLUMNS)


def _label_columns(kind: Kind) -> tuple[str, ...]:
    """GitLab shows every closed issue in the built-in list Closed, which stands for Complete."""
    return COLUMNS[:-1] if kind == "gitlab" else COLUMNS
