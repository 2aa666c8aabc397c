"""Whose hooks a caller may see: a repository's, an organisation's, or the app's own."""

from __future__ import annotations

from dataclasses import dataclass

from service.model import Permission
from service.sandbox.github.addresses import api
from service.sandbox.github.call import Call, Problem
from service.sandbox.rows import Group, HookRow, Missing, Project


@dataclass(frozen=True, slots=True)
class Shelf:
    """The hooks of one repository or organisation that the caller administers, or the app's own."""

    url: str
    hooks: list[HookRow]
    owner: Project | Group | None
    kind: str

    def hook(self, hook_id: int) -> HookRow:
        found = next((hook for hook in self.hooks if hook.id == hook_id), None)
        if found is None:
            raise Problem(404, "Not Found")
        return found


def repository_shelf(call: Call, owner: str, repo: str) -> Shelf:
    """Hooks are for administrators; anybody else is told that there are none."""
    project = call.project(owner, repo)
    if not call.world.can(project, call.login, Permission.ADMIN):
        raise Problem(404, "Not Found")
    return Shelf(api(call.world, f"/repos/{project.path}/hooks"), project.hooks, project, "Repository")


def organization_shelf(call: Call, org: str) -> Shelf:
    try:
        group = call.world.group("github", org)
    except Missing:
        raise Problem(404, "Not Found") from None
    projects = [p for p in call.world.projects_of("github") if p.owner == group.path]
    if not any(call.world.can(project, call.login, Permission.ADMIN) for project in projects):
        raise Problem(404, "Not Found")
    return Shelf(api(call.world, f"/orgs/{group.path}/hooks"), group.hooks, group, "Organization")


def app_shelf(call: Call) -> Shelf:
    call.require_app()
    return Shelf(api(call.world, "/app/hook"), call.world.app_hooks, None, "App")
