"""One API request, as the handlers see it: who calls, with which parameters, about which project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from service.sandbox.gitlab.access import can_read, can_see, level
from service.sandbox.rows import Group, IssueRow, Missing, Person, Project
from service.sandbox.world import World

FORGE = "gitlab"


class Problem(Exception):
    """An error answer. `body` is what GitLab sends: `{"message": …}`, or `{"error": …}` for a bad parameter."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.headers = headers or {}


def not_found(thing: str = "") -> Problem:
    return Problem(404, {"message": f"404 {thing} Not Found" if thing else "404 Not found"})


def forbidden() -> Problem:
    return Problem(403, {"message": "403 Forbidden"})


def invalid(field_name: str, what: str) -> Problem:
    """A value that a model refuses."""
    return Problem(400, {"message": {field_name: [what]}})


def bad_parameter(sentence: str) -> Problem:
    """A value that the API's own declaration refuses."""
    return Problem(400, {"error": sentence})


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers: a JSON value, or text."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    """`params` holds the query and, over it, the body's fields; names end without `[]`. `raw_id` is the decoded
    first path segment after `projects/` or `groups/`.
    """

    world: World
    caller: Person | None
    params: dict[str, Any]
    raw_id: str = ""
    url: str = ""  # the request's own, without its query
    token: str = field(default="", repr=False)

    @property
    def login(self) -> str | None:
        return self.caller.login if self.caller else None

    @property
    def actor(self) -> str:
        """The caller's login. Raises 401 for an anonymous call."""
        if self.caller is None:
            raise Problem(401, {"message": "401 Unauthorized"})
        return self.caller.login

    @property
    def premium(self) -> bool:
        return self.world.features[FORGE].premium

    # --- what the path names ----------------------------------------------------------------------------------

    def project(self, wanted: str | int | None = None) -> Project:
        """By numeric id or full path. A private project without access is 404, as if it were not there."""
        text = str(self.raw_id if wanted is None else wanted)
        try:
            found = self._project_by(text)
        except Missing:
            raise not_found("Project") from None
        if not can_read(found, self.login):
            raise not_found("Project")
        return found

    def _project_by(self, text: str) -> Project:
        if text.isdigit():
            return self.world.project_by_id(FORGE, int(text))
        moved = self.world.renamed(FORGE, text)
        if moved is not None and (FORGE, text.lower()) not in self.world.projects:
            where = self.url.replace(text.replace("/", "%2F"), str(moved.id))
            raise Problem(301, {"message": "Moved Permanently"}, {"Location": where})
        return self.world.project(FORGE, text)

    def group(self) -> Group:
        for group in self.world.groups.values():
            if group.forge == FORGE and self.raw_id.lower() in {str(group.id), group.path.lower()}:
                return group
        raise not_found("Group")

    def group_projects(self, group: Group) -> list[Project]:
        """The group's projects that the caller can read."""
        prefix = f"{group.path.lower()}/"
        found = [p for p in self.world.projects_of(FORGE) if p.path.lower().startswith(prefix)]
        return [p for p in found if can_read(p, self.login)]

    def group_level(self, group: Group) -> int:
        """Membership is kept by project here; a group grants the highest level among its projects."""
        return max((self.level(project) for project in self.group_projects(group)), default=0)

    def issue(self, project: Project, iid: int) -> IssueRow:
        found = project.issues.get(iid)
        if found is None or not can_see(self.world, found, self.login):
            raise not_found()
        return found

    # --- what the caller may ----------------------------------------------------------------------------------

    def level(self, project: Project) -> int:
        return level(project, self.login)

    def need(self, project: Project, least: int) -> None:
        """Raises 401 or 403 below this access level."""
        if level(project, self.actor) < least:
            raise forbidden()

    # --- parameters -------------------------------------------------------------------------------------------

    def required(self, name: str) -> Any:
        if name not in self.params:
            raise bad_parameter(f"{name} is missing")
        return self.params[name]

    def text(self, name: str, default: str = "") -> str:
        value = self.params.get(name)
        return default if value is None else str(value)

    def number(self, name: str, default: int) -> int:
        value = self.params.get(name, default)
        if not str(value).lstrip("-").isdigit():
            raise bad_parameter(f"{name} is invalid")
        return int(value)

    def flag(self, name: str) -> bool | None:
        """True, False, or None where it was not sent."""
        value = self.params.get(name)
        if value is None or value == "":
            return None
        if str(value).lower() not in {"true", "false", "1", "0", "t", "f", "yes", "no", "on", "off"}:
            raise bad_parameter(f"{name} is invalid")
        return str(value).lower() in {"true", "1", "t", "yes", "on"}

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(name, default) or default
        if value not in allowed:
            raise bad_parameter(f"{name} does not have a valid value")
        return value

    def words(self, name: str) -> list[str] | None:
        """A list parameter, given as an array or as a comma string; None where it was not sent."""
        value = self.params.get(name)
        if value is None:
            return None
        items = value if isinstance(value, list) else str(value).split(",")
        return [text for item in items if (text := str(item).strip())]
