"""Everything that was seen → every line, in the order of reading: settings, database, forges, projects."""

from __future__ import annotations

from collections.abc import Iterator

from service.doctor import forges, projects, routes, store
from service.doctor.lines import About, Line
from service.doctor.observation import Observation, StoreSeen
from service.wording import counted


def lines(seen: Observation) -> tuple[Line, ...]:
    return (*_settings(seen), *store.lines(seen), *routes.lines(seen), *_forges(seen))


def _forges(seen: Observation) -> Iterator[Line]:
    work = seen.store.work if isinstance(seen.store, StoreSeen) else None
    there = tuple(route.outlet.name for route in seen.routes)
    for forge in seen.forges:
        heard = None if work is None else work.last_deliveries.get(forge.name)
        yield from forges.lines(forge, seen.at, work)
        for project in forge.projects:
            yield from projects.lines(forge, project, has_heard=heard is not None, there=there)


def _settings(seen: Observation) -> Iterator[Line]:
    about = About("settings")
    if seen.dry_run:
        yield about.warn("dry-run", "CLOSEOUT_DRY_RUN is set: nothing is written to any forge", "unset it to go live")
    if seen.public_url.startswith("http://"):
        what = f"CLOSEOUT_PUBLIC_URL is {seen.public_url}: whoever listens on the way can follow the links, too"
        yield about.warn("calendars", what, "put TLS in front of it, and write https://")
    elif seen.public_url:
        yield about.ok("calendars", f"meetings and reviews are linked at {seen.public_url}")
    for reason in seen.unfound:
        yield about.warn("projects", reason, "check the entry's spelling, and let our account into its projects")
    if seen.left_out:
        what = f"{seen.left_out} more projects were not looked at"
        yield about.skipped("projects", what, "name them with --project")
    checked = sum(len(forge.projects) for forge in seen.forges)
    if not seen.unfound:
        yield about.ok("projects", f"{counted(checked, 'project')} looked at")
