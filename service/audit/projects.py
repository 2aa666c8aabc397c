"""Which projects an audit walks: those named, else those of CLOSEOUT_PROJECTS that are no globs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from service.model import IssueRef
from service.settings import Settings, SettingsError

Project: TypeAlias = tuple[str, str]  # (forge, path)


def named(names: Sequence[str], settings: Settings) -> tuple[Project, ...]:
    """From `--project`. Raises `SettingsError` with every name that cannot be used."""
    problems = tuple(problem for name in names for problem in _problems(name, settings))
    if problems:
        raise SettingsError(problems)
    return tuple(_split(name) for name in names)


def configured(settings: Settings) -> tuple[tuple[Project, ...], tuple[str, ...]]:
    """The projects, and the globs that name none by themselves. Raises `SettingsError` where there is no project."""
    globs = tuple(entry for entry in settings.projects if set(entry) & set("*?["))
    names = [_completed(entry, settings) for entry in settings.projects if entry not in globs]
    if not names:
        listed = ", ".join(globs)
        raise SettingsError(
            (f"CLOSEOUT_PROJECTS ({listed}) names no single project: say which with --project github:acme/shop",)
        )
    return named(names, settings), globs


def _completed(entry: str, settings: Settings) -> str:
    """With its forge in front where there is only one that it can be."""
    forges = [forge.name for forge in settings.forges]
    return f"{forges[0]}:{entry}" if ":" not in entry and len(forges) == 1 else entry


def _problems(name: str, settings: Settings) -> Iterator[str]:
    forge, path = _split(name)
    forges = [one.name for one in settings.forges]
    if not forges:
        yield "no forge is configured: set CLOSEOUT_GITHUB_TOKEN or CLOSEOUT_GITLAB_TOKEN"
    elif not path or set(path) & set("*?[") or "/" not in path.strip("/"):
        yield f"{name!r} is not one project; write it like {forges[0]}:acme/shop"
    elif forge not in forges:
        yield f"{name}: no forge named {forge!r} is configured: there is {', '.join(forges)}"
    elif not settings.allows(IssueRef(forge, path, 1)):
        yield f"{path} is not among CLOSEOUT_PROJECTS ({', '.join(settings.projects)})"


def _split(name: str) -> Project:
    forge, _, path = name.strip().partition(":")
    return forge, path
