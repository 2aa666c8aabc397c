"""A project: what our account may do there, its webhook, what it can do, and its policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.doctor import routes, webhooks
from service.doctor.lines import About, Line
from service.doctor.observation import ForgeSeen, PolicyFile, ProjectSeen, Trouble
from service.model import Permission
from service.providers.checkup import Abilities, Account, Standing
from service.providers.github.needs import NEEDS
from service.wording import counted

# The least role that may edit what others wrote, and its name on the forge.
_ROLES = {"github": (Permission.WRITE, "Write"), "gitlab": (Permission.TRIAGE, "Reporter")}
# An App's permissions, by their keys; those for repositories it cannot do without.
_NEEDED = tuple(need for need in NEEDS if need.key and not need.setup)
_LEVELS = ("read", "write", "admin")


def lines(forge: ForgeSeen, project: ProjectSeen, *, has_heard: bool, there: tuple[str, ...] = ()) -> Iterator[Line]:
    """`has_heard`: the forge has sent something, through whatever webhook. `there`: the routes of the installation."""
    about = About(f"{forge.name}:{project.path}")
    if isinstance(project.standing, Trouble):
        fix = "check the name in CLOSEOUT_PROJECTS, and let our account into the project"
        yield about.trouble("access", project.standing, fix)
        return
    login = forge.account.login if isinstance(forge.account, Account) else "our account"
    yield _access(about, forge, project.standing, login)
    yield from _granted(about, project.standing.granted)
    yield from webhooks.lines(about, forge, project.webhooks, has_heard=has_heard)
    yield _abilities(about, forge.forge.kind, project.abilities)
    yield _policy(about, project.policy)
    if project.heard is not None:
        yield from routes.of_project(about, project.heard, private=project.standing.private, there=there)


def _access(about: About, forge: ForgeSeen, standing: Standing, login: str) -> Line:
    if standing.archived:
        return about.fail("access", "the project is archived, and takes no writes", "unarchive it, or leave it out")
    if not standing.has_issues:
        return about.fail("access", "issues are switched off", "switch them on in the project's settings")
    needed, name = _ROLES[forge.forge.kind]
    if standing.permission is None:
        return about.ok("access", "our account sees it")
    if not standing.permission.allows(needed):
        what = f"{login} has the permission {standing.permission.value}, too little to edit issues"
        return about.fail("access", what, f"give {login} the role {name}")
    return about.ok("access", f"{login} has the permission {standing.permission.value}")


def _granted(about: About, granted: Mapping[str, str]) -> Iterator[Line]:
    """An App's permissions, as far as the owner has accepted them."""
    if not granted:
        return
    lacking = [need for need in _NEEDED if not _reaches(granted.get(need.key), need.level)]
    for need in lacking:
        what = f"the App lacks {need.name} ({need.level}): {need.why}"
        say = about.fail if need.name.startswith("Repository") else about.warn
        yield say("permissions", what, "add it to the App, and let the owner accept it under Settings, GitHub Apps")
    if not lacking:
        yield about.ok("permissions", "the App has what it needs")


def _reaches(level: str | None, needed: str) -> bool:
    return level in _LEVELS and _LEVELS.index(level) >= _LEVELS.index(needed)


def _abilities(about: About, kind: str, found: Abilities | Trouble | None) -> Line:
    if isinstance(found, Trouble):
        return about.trouble("abilities", found, "our account must be able to read the project's issues")
    if found is None:
        return about.skipped("abilities", "the project has no issue to look at yet", "create one, and look again")
    if not found.graphql:
        what = f"the server's GraphQL does not answer us: looks take more requests. {_found(kind, found)}"
        return about.warn("abilities", what, "let requests through to the server's /api/graphql, or live with it")
    if kind == "github" and not found.capabilities.sub_issues:
        what = f"no sub-issues: action items are tied by their lines and markers. {_found(kind, found)}"
        return about.warn("abilities", what, "nothing to do; a newer GitHub has them")
    return about.ok("abilities", _found(kind, found))


def _found(kind: str, found: Abilities) -> str:
    has = found.capabilities
    if kind == "gitlab":
        several = "several assignees" if has.max_assignees > 1 else "one assignee, as on Free, until more are seen"
        return f"due dates; {several}"
    board = "a project's board" if has.project_board else "columns as labels"
    due = "deadlines in the field Target date" if has.native_due else "deadlines in the text"
    return f"{board}; {due}"


def _policy(about: About, found: PolicyFile | Trouble) -> Line:
    if isinstance(found, Trouble):
        return about.trouble("policy", found, "our account must be able to read the project's files")
    if found.errors:
        what = f"{counted(len(found.errors), 'mistake')}: {'; '.join(found.errors)}"
        return about.fail("policy", what, f"mend {found.path}; `closeout policy check` tells whether it is right")
    if not found.is_there:
        return about.ok("policy", f"no {found.path}: the defaults are in force")
    return about.ok("policy", f"{found.path} is valid")
