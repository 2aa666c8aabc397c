"""People, groups, projects and what people may do in them; files and hooks of a project."""

from __future__ import annotations

from typing import Any, Literal

from service.model import Permission
from service.sandbox.hooks import loopback
from service.sandbox.ledger import Ledger
from service.sandbox.rows import Group, HookRow, IssueFieldRow, Person, Project, Refused

# GitLab's words for a role, next to the ones both forges share.
ROLES = {
    "guest": Permission.READ,
    "planner": Permission.TRIAGE,
    "reporter": Permission.TRIAGE,
    "developer": Permission.WRITE,
    "maintainer": Permission.MAINTAIN,
    "owner": Permission.ADMIN,
}


def role(level: str) -> Permission:
    """`write` or GitLab's `developer` → the permission. Raises ValueError for an unknown word."""
    return ROLES.get(level.lower()) or Permission(level.lower())


class People(Ledger):
    def add_person(self, login: str, *, name: str = "", kind: Literal["User", "Bot"] = "User") -> Person:
        """Their token is `token-` and the login."""
        with self.lock:
            person = Person(self.next_id(), login, name or login.title(), kind)
            self.people[login.lower()] = person
            self.tokens[f"token-{login}"] = login
            return person

    def add_group(self, forge: str, path: str) -> Group:
        with self.lock:
            group = Group(self.next_id(), forge, path, self.clock())
            self.groups[forge, path.lower()] = group
            return group

    def add_project(self, forge: str, path: str, *, private: bool = False) -> Project:
        """Its owner becomes a group if it is not there yet."""
        with self.lock:
            owner = path.rpartition("/")[0]
            if owner and (forge, owner.lower()) not in self.groups:
                self.add_group(forge, owner)
            project = Project(self.next_id(), forge, path, self.clock(), private=private)
            self.projects[forge, path.lower()] = project
            return project

    def rename_project(self, forge: str, path: str, new_path: str, *, actor: str = "alice") -> Project:
        """The old path redirects from then on."""
        with self.lock:
            project = self.project(forge, path)
            del self.projects[forge, path.lower()]
            project.former_paths.append(path.lower())
            project.path = new_path
            for issue in project.issues.values():
                issue.path = new_path
            self.projects[forge, new_path.lower()] = project
            old_name = path.rpartition("/")[2]
            self.record(project, actor, [("project_renamed", {"from": old_name, "to": project.name})])
            return project

    def set_permission(self, forge: str, path: str, login: str, level: str) -> None:
        """`level` is none, read, triage, write, maintain, admin, or GitLab's guest, planner … owner."""
        with self.lock:
            project, granted = self.project(forge, path), role(level)
            self.person(login)
            project.planners.discard(login.lower())
            if level.lower() == "planner":
                project.planners.add(login.lower())
            if granted is Permission.NONE:
                project.permissions.pop(login.lower(), None)
            else:
                project.permissions[login.lower()] = granted

    def members(self, project: Project) -> list[Person]:
        return [self.people[login] for login in project.permissions if login in self.people]

    def put_file(self, forge: str, path: str, name: str, text: str) -> None:
        """Writes a file on the default branch."""
        with self.lock:
            self.project(forge, path).files[name.strip("/")] = text

    # --- hooks -----------------------------------------------------------------------------------------

    def add_hook(
        self,
        forge: str,
        path: str,
        *,
        url: str,
        secret: str = "",
        signing_token: str | None = None,
        events: list[str] | None = None,
    ) -> HookRow:
        """On a project, or on a group where `path` names one. `events` None: the usual ones for issues."""
        with self.lock:
            hook = self.new_hook(url, secret=secret, signing_token=signing_token or "")
            hook.events = list(DEFAULT_EVENTS[forge] if events is None else events)
            owner = self.groups.get((forge, path.lower())) or self.project(forge, path)
            owner.hooks.append(hook)
            return hook

    def new_hook(self, url: str, **values: Any) -> HookRow:
        """A hook that belongs to nobody yet. Raises Refused for an address outside this machine."""
        if not loopback(url):
            raise Refused("the sandbox sends webhooks to http:// addresses of this machine only", field="url")
        return HookRow(self.next_id(), url, self.clock(), **values)

    def add_issue_field(self, forge: str, group: str, name: str, data_type: str = "date") -> IssueFieldRow:
        with self.lock:
            field = IssueFieldRow(self.next_id(), name, data_type)
            self.group(forge, group).fields.append(field)
            return field


DEFAULT_EVENTS = {
    "github": ("issues", "issue_comment", "sub_issues", "label", "repository"),
    "gitlab": (
        "issues_events",
        "confidential_issues_events",
        "note_events",
        "confidential_note_events",
        "emoji_events",
    ),
}
