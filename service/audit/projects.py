"""Which projects an audit walks: those named, else those of CLOSEOUT_PROJECTS; a pattern stands for what it matches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from service.audit.gathering import Failure, Project
from service.model import IssueRef
from service.providers.base import NotFound, Provider, ProviderError
from service.settings import Settings, SettingsError

_WILD = "*?["


@dataclass(frozen=True, slots=True)
class Target:
    """A project's path, or a pattern of paths, and the forges it may be on."""

    forges: tuple[str, ...]
    path: str

    @property
    def is_pattern(self) -> bool:
        """A path without its forge is looked for where there are several."""
        return bool(set(self.path) & set(_WILD)) or len(self.forges) > 1

    @property
    def under(self) -> str:
        """The owner or group that everything it matches stands under; empty where it names none."""
        literal = self.path[: min((self.path.index(sign) for sign in _WILD if sign in self.path), default=None)]
        return literal.rpartition("/")[0]

    def matches(self, path: str) -> bool:
        return fnmatchcase(path.lower(), self.path.lower())

    def __str__(self) -> str:
        return f"{self.forges[0]}:{self.path}" if len(self.forges) == 1 else self.path


def named(names: Sequence[str], settings: Settings) -> tuple[Target, ...]:
    """From `--project`. Raises `SettingsError` with every name that cannot be used."""
    problems = tuple(problem for name in names for problem in _problems(name, settings))
    if problems:
        raise SettingsError(problems)
    return tuple(Target((forge,), path) for forge, _, path in (name.strip().partition(":") for name in names))


def configured(settings: Settings) -> tuple[Target, ...]:
    """The entries of CLOSEOUT_PROJECTS. Raises `SettingsError` where no forge is configured."""
    forges = tuple(forge.name for forge in settings.forges)
    if not forges:
        raise SettingsError((_NO_FORGE,))
    return tuple(
        Target((forge,), path) if colon and forge in forges else Target(forges, entry)
        for entry in settings.projects
        for forge, colon, path in (entry.partition(":"),)
    )


def expanded(
    targets: Sequence[Target], providers: Mapping[str, Provider], settings: Settings
) -> tuple[tuple[Project, ...], tuple[Failure, ...]]:
    """Each project once, and the patterns that could not be looked up or match nothing that may be acted on."""
    projects: dict[Project, None] = {}
    failures: list[Failure] = []
    for target in targets:
        found, trouble = _looked_up(target, providers, settings) if target.is_pattern else (_itself(target), ())
        projects |= dict.fromkeys(found)
        failures += trouble
        if not found and not trouble:
            failures.append(Failure(str(target), "our account sees no such project that may be acted on"))
    return tuple(projects), tuple(failures)


def _itself(target: Target) -> tuple[Project, ...]:
    return ((target.forges[0], target.path),)


def _looked_up(
    target: Target, providers: Mapping[str, Provider], settings: Settings
) -> tuple[tuple[Project, ...], tuple[Failure, ...]]:
    found: list[Project] = []
    failures: list[Failure] = []
    for forge in target.forges:
        try:
            seen = [path for path in providers[forge].projects(target.under) if target.matches(path)]
        except NotFound as error:
            failures += [Failure(f"{forge}:{target.path}", str(error))] if len(target.forges) == 1 else []
        except ProviderError as error:
            failures.append(Failure(f"{forge}:{target.path}", str(error)))
        else:
            found += [(forge, path) for path in seen if settings.allows(IssueRef(forge, path, 1))]
    return tuple(found), tuple(failures)


_NO_FORGE = "no forge is configured: set CLOSEOUT_GITHUB_TOKEN or CLOSEOUT_GITLAB_TOKEN"


def _problems(name: str, settings: Settings) -> Iterator[str]:
    forge, _, path = name.strip().partition(":")
    forges = [one.name for one in settings.forges]
    is_pattern = bool(set(path) & set(_WILD))
    if not forges:
        yield _NO_FORGE
    elif not path or (not is_pattern and "/" not in path.strip("/")):
        yield f"{name!r} is not a project; write it like {forges[0]}:acme/shop, or {forges[0]}:acme/* for all of them"
    elif forge not in forges:
        yield f"{name}: no forge named {forge!r} is configured: there is {', '.join(forges)}"
    elif not is_pattern and not settings.allows(IssueRef(forge, path, 1)):
        yield f"{path} is not among CLOSEOUT_PROJECTS ({', '.join(settings.projects)})"
