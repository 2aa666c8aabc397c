"""The ground under the world: one lock, one clock, one counter, and the record of what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from threading import RLock
from typing import Any, TypeAlias

from service.model import Permission
from service.sandbox.features import App, Features
from service.sandbox.hooks import Courier
from service.sandbox.rows import (
    BoardRow,
    DeletedIssue,
    EventRow,
    Group,
    HookRow,
    IssueRow,
    Missing,
    Person,
    Project,
)

FORGES = ("github", "gitlab")
WHOLE_SCOPES = {"github": ("project", "repo"), "gitlab": ("api",)}
Clock: TypeAlias = Callable[[], datetime]
Happening: TypeAlias = tuple[str, dict[str, Any]]  # kind and detail of an event that is about to be recorded


def system_clock() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """Finds rows and records events. Guard a read-then-write with `lock`; the world's acts take it themselves."""

    def __init__(self, clock: Clock = system_clock) -> None:
        self.lock = RLock()
        self.clock = clock
        self.courier = Courier(self)
        self.url = ""  # where the sandbox is served; set by the server
        self._clear()

    def _clear(self) -> None:
        self.people: dict[str, Person] = {}
        self.tokens: dict[str, str] = {}
        self._scopes: dict[str, tuple[str, ...]] = {}
        self._expiries: dict[str, datetime] = {}
        self.groups: dict[tuple[str, str], Group] = {}
        self.projects: dict[tuple[str, str], Project] = {}
        self.features = {forge: Features() for forge in FORGES}
        self.app = App()
        self.app_hooks: list[HookRow] = []
        self.events: list[EventRow] = []
        self._issues: dict[int, IssueRow] = {}  # by id
        self._comment_homes: dict[int, IssueRow] = {}  # by the comment's id
        self.requests_used: Counter[tuple[str | None, str, int]] = Counter()  # by caller, resource and hour
        self._last_id = 0

    def next_id(self) -> int:
        with self.lock:
            self._last_id += 1
            return self._last_id

    # --- finding: each raises Missing where there is nothing -------------------------------------------

    def person(self, login: str) -> Person:
        found = self.people.get(login.lower())
        if found is None:
            raise Missing(f"no person {login!r}")
        return found

    def bearer(self, token: str) -> Person | None:
        """Whose token this is."""
        expires = self._expiries.get(token)
        login = None if expires is not None and expires <= self.clock() else self.tokens.get(token)
        return self.people.get(login.lower()) if login else None

    def grant_token(self, token: str, login: str, expires: datetime) -> None:
        """A token that ends by itself."""
        with self.lock:
            self.tokens[token], self._expiries[token] = login, expires

    def limit_token(self, token: str, *scopes: str) -> None:
        """What both forges tell of it from now on; they go by the person's role all the same."""
        with self.lock:
            self._scopes[token] = scopes

    def scopes(self, forge: str, token: str) -> tuple[str, ...]:
        return self._scopes.get(token, WHOLE_SCOPES[forge])

    def group(self, forge: str, path: str) -> Group:
        found = self.groups.get((forge, path.lower()))
        if found is None:
            raise Missing(f"no group {path!r} on {forge}")
        return found

    def project(self, forge: str, path: str) -> Project:
        found = self.projects.get((forge, path.lower()))
        if found is None:
            raise Missing(f"no project {path!r} on {forge}")
        return found

    def project_by_id(self, forge: str, project_id: int) -> Project:
        for project in self.projects_of(forge):
            if project.id == project_id:
                return project
        raise Missing(f"no project {project_id} on {forge}")

    def projects_of(self, forge: str) -> list[Project]:
        return [project for project in self.projects.values() if project.forge == forge]

    def renamed(self, forge: str, path: str) -> Project | None:
        """The project that once had this path."""
        wanted = path.lower()
        return next((p for p in self.projects_of(forge) if wanted in p.former_paths), None)

    def issue(self, forge: str, path: str, number: int) -> IssueRow:
        project = self.project(forge, path)
        if number in project.deleted:
            raise DeletedIssue(f"{path}#{number} was deleted")
        found = project.issues.get(number)
        if found is None:
            raise Missing(f"no issue {path}#{number} on {forge}")
        return found

    def issue_by_id(self, issue_id: int) -> IssueRow:
        found = self._issues.get(issue_id)
        if found is None:
            raise Missing(f"no issue with id {issue_id}")
        return found

    def all_issues(self) -> Iterator[IssueRow]:
        for project in list(self.projects.values()):
            yield from list(project.issues.values())

    def project_of(self, issue: IssueRow) -> Project:
        return self.project(issue.forge, issue.path)

    def boards_of(self, project: Project) -> list[BoardRow]:
        """The project's own boards, then those of its group."""
        group = self.groups.get((project.forge, project.owner.lower()))
        return [*project.boards, *(group.boards if group else ())]

    def hooks_of(self, project: Project) -> list[HookRow]:
        group = self.groups.get((project.forge, project.owner.lower()))
        app_hooks = self.app_hooks if project.forge == "github" else []
        return [*project.hooks, *(group.hooks if group else ()), *app_hooks]

    # --- who may do what -------------------------------------------------------------------------------

    def permission(self, project: Project, login: str) -> Permission:
        """What was granted in the project; reading a public one takes no grant and does not show here."""
        return project.permissions.get(login.lower(), Permission.NONE)

    def can_read(self, project: Project, login: str | None) -> bool:
        return not project.private or (login is not None and self.permission(project, login).allows(Permission.READ))

    def can(self, project: Project, login: str | None, needed: Permission) -> bool:
        return login is not None and self.permission(project, login).allows(needed)

    def assignable(self, project: Project, login: str) -> bool:
        return login.lower() in self.people and self.permission(project, login).allows(Permission.READ)

    # --- recording -------------------------------------------------------------------------------------

    def record(
        self, project: Project, actor: str, happenings: Iterable[Happening], issue: IssueRow | None = None
    ) -> list[EventRow]:
        """Writes down what one action did and hands it to the courier. Touches the issue's `updated_at`."""
        batch, at = self.next_id(), self.clock()
        number = issue.number if issue else None
        draft = EventRow(0, at, actor, project.forge, project.path, number, "", batch=batch)
        rows = [replace(draft, id=self.next_id(), kind=kind, detail=detail) for kind, detail in happenings]
        self.events.extend(rows)
        if issue is not None and rows:
            issue.events.extend(rows)
            issue.updated_at = at
        if rows:
            self.courier.announce(project, rows)
        return rows
