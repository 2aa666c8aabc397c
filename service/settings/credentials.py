"""What makes a forge's credentials complete, however they were written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pydantic import SecretStr

from service.settings.values import Forge

HOME: Mapping[str, str] = {"github": "https://github.com", "gitlab": "https://gitlab.com"}


def listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def secrets_of(*values: SecretStr | None) -> tuple[SecretStr, ...]:
    """Every secret in these comma-separated values."""
    return tuple(SecretStr(part) for value in values if value for part in listed(value.get_secret_value()))


def incomplete(forge: Forge, name: Callable[[str], str]) -> Iterator[str]:
    """What is missing or too much, as sentences; `name` says how a setting is called where it was written."""
    app = forge.app_id or forge.private_key
    if forge.kind == "gitlab" and app:
        yield f"{name('app_id')}: GitLab has no apps; set {name('token')} instead"
    elif forge.token and app:
        yield f"{name('token')} and {name('app_id')} are both set; keep the token or the app"
    elif app and not forge.private_key:
        yield f"{name('private_key')} is missing: an app acts with its private key (or name its file)"
    elif app and not forge.app_id:
        yield f"{name('app_id')} is missing: the private key belongs to an app"
    elif not forge.token and not app:
        yield f"{name('token')} is missing: set it to the token of the account that acts there"
