"""Secrets that are handed over as files, as container platforms do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource


class Unreadable(NamedTuple):
    """Stands for a secret whose file could not be read, until it becomes one sentence among the others."""

    problem: str


def read_secret(path: str) -> str | Unreadable:
    """The file's text, without the line end an editor adds."""
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        return Unreadable(f"cannot read {path} ({reason}); name a readable file that holds the secret")


def given_or_read(entry: BaseModel, name: str, problems: list[str]) -> SecretStr | None:
    """An entry's secret: as it is written under `name`, or out of the file that `name_file` names."""
    given: SecretStr | None = getattr(entry, name)
    path: str | None = getattr(entry, f"{name}_file")
    if given and path:
        problems.append(f"{name} and {name}_file are both given; keep one of them")
    text = read_secret(path) if path else None
    if isinstance(text, Unreadable):
        problems.append(f"{name}_file: {text.problem}")
        return given
    return given if text is None else SecretStr(text)


def is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))


class SecretFiles(PydanticBaseSettingsSource):
    """`CLOSEOUT_X_FILE` for every secret `CLOSEOUT_X`."""

    def __init__(self, settings_cls: type[BaseSettings], prefix: str) -> None:
        super().__init__(settings_cls)
        self._prefix = prefix

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{self._prefix}{field_name.upper()}_FILE")
        value = read_secret(path) if path and is_secret(field) else None
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields.items()
        found = {name: self.get_field_value(info, name)[0] for name, info in fields}
        return {name: value for name, value in found.items() if value is not None}
