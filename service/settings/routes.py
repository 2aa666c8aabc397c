"""Routes of notifications as they are written: in the file that CLOSEOUT_CONFIG names, or in CLOSEOUT_NOTIFY."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import RootModel, SecretStr, ValidationError

from service import plain_yaml
from service.settings.secret_files import given_or_read
from service.settings.values import ROUTE, Route, RouteFilters

_VARIABLE = "CLOSEOUT_NOTIFY"
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


class RouteEntry(RouteFilters):
    """A route as it is written; its address is given as it is, or as the path of its file."""

    url: SecretStr | None = None
    url_file: str | None = None


_Entries = RootModel[dict[str, RouteEntry]]


def routes_in(secret: SecretStr | None, problems: list[str]) -> tuple[Route, ...]:
    """The routes of the variable: one named `default` for a single address, else as YAML says.

    Adds a sentence to `problems` for each mistake; none repeats what was given.
    """
    text = secret.get_secret_value().strip() if secret else ""
    if not text:
        return ()
    if _ADDRESS.fullmatch(text):
        return (Route(name="default", address=SecretStr(text)),)
    try:
        written = plain_yaml.read(text).data
    except plain_yaml.NotYaml:
        written = None
    if not isinstance(written, dict):
        problems.append(f"{_VARIABLE}: neither an Apprise URL, like slack://…, nor YAML that names routes")
        return ()
    try:
        entries = _Entries.model_validate(written).root
    except ValidationError as error:
        problems += _sentences(error)
    else:
        return routes_of(entries, _VARIABLE, problems)
    return ()


def routes_of(entries: Mapping[str, RouteEntry], where: str, problems: list[str]) -> tuple[Route, ...]:
    """The routes of these entries, without those that have no usable address, each of which is a sentence."""
    made = (_route(name, entry, f"{where}.{name}", problems) for name, entry in entries.items())
    return tuple(route for route in made if route is not None)


def merged(some: tuple[Route, ...], more: tuple[Route, ...], problems: list[str]) -> tuple[Route, ...]:
    taken = {route.name for route in some}
    doubled = (route.name for route in more if route.name in taken)
    problems += [
        f"{_VARIABLE} has a route {name!r} already; choose another name in CLOSEOUT_CONFIG" for name in doubled
    ]
    return (*some, *more)


def _route(name: str, entry: RouteEntry, where: str, problems: list[str]) -> Route | None:
    found: list[str] = []
    if not ROUTE.fullmatch(name):
        found.append("a route's name has small letters, digits, dashes and underscores, 40 at most")
    address = given_or_read(entry, "url", found)
    if address is None and not found:
        found.append("url is missing: set it, or url_file, to an Apprise URL, like slack://…")
    if address is not None and not _ADDRESS.fullmatch(address.get_secret_value().strip()):
        found.append("this is no Apprise URL, like slack://…")
    problems += [f"{where}: {problem}" for problem in found]
    if address is None or found:
        return None
    filters = entry.model_dump(include=set(RouteFilters.model_fields))
    return Route(name=name, address=SecretStr(address.get_secret_value().strip()), **filters)


def _sentences(error: ValidationError) -> Iterator[str]:
    for mistake in error.errors(include_input=False):
        place = ".".join([_VARIABLE, *map(str, mistake["loc"])])
        yield f"{place}: {'unknown key' if mistake['type'] == 'extra_forbidden' else mistake['msg']}"
