"""People, projects, labels, boards and hooks as GitLab's REST API shows them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, TypeAlias

from service.sandbox.gitlab.access import LEVELS, PLANNER
from service.sandbox.ledger import Ledger
from service.sandbox.rows import BoardRow, ColumnRow, Group, HookRow, LabelRow, Missing, Person, Project

Json: TypeAlias = dict[str, Any]

HOOK_EVENTS = (
    "push_events", "issues_events", "confidential_issues_events", "merge_requests_events", "tag_push_events",
    "note_events", "confidential_note_events", "job_events", "pipeline_events", "wiki_page_events",
    "deployment_events", "feature_flag_events", "releases_events", "milestone_events", "emoji_events",
    "resource_access_token_events",
)  # fmt: skip
GROUP_ONLY_EVENTS = ("project_events", "subgroup_events", "member_events")


def web(world: Ledger) -> str:
    """Where the people's pages of this GitLab are."""
    return f"{world.url}/gitlab"


def time(at: datetime | None) -> str | None:
    """`2026-03-01T16:50:55.000Z`"""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def user(world: Ledger, login: str) -> Json:
    """The basic user. A login the world does not know is GitLab's Ghost."""
    try:
        person = world.person(login)
    except Missing:
        person = Person(0, "ghost", "Ghost User")
    return {
        "id": person.id,
        "username": person.login,
        "public_email": "",
        "name": person.name,
        "state": "blocked" if person.blocked else "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{web(world)}/{person.login}",
    }


def full_user(world: Ledger, person: Person) -> Json:
    return user(world, person.login) | {
        "created_at": "2026-01-01T00:00:00.000Z",
        "bio": "",
        "location": "",
        "website_url": "",
        "job_title": "",
        "bot": person.kind == "Bot",
        "followers": 0,
        "following": 0,
    }


def member(world: Ledger, project: Project, person: Person) -> Json:
    planner = person.login.lower() in project.planners
    return user(world, person.login) | {
        "access_level": PLANNER if planner else LEVELS[project.permissions[person.login.lower()]],
        "created_at": time(project.created_at),
        "expires_at": None,
        "membership_state": "active",
    }


def namespace(world: Ledger, project: Project) -> Json:
    group = world.groups.get((project.forge, project.owner.lower()))
    return {
        "id": group.id if group else 0,
        "name": project.owner.rpartition("/")[2],
        "path": project.owner.rpartition("/")[2],
        "kind": "group",
        "full_path": project.owner,
        "parent_id": None,
        "avatar_url": None,
        "web_url": f"{web(world)}/groups/{project.owner}",
    }


def basic_project(world: Ledger, project: Project) -> Json:
    url = f"{web(world)}/{project.path}"
    return {
        "id": project.id,
        "description": project.description or None,
        "name": project.name,
        "name_with_namespace": project.path.replace("/", " / "),
        "path": project.name,
        "path_with_namespace": project.path,
        "created_at": time(project.created_at),
        "default_branch": project.default_branch,
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": f"git@127.0.0.1:{project.path}.git",
        "http_url_to_repo": f"{url}.git",
        "web_url": url,
        "readme_url": None,
        "forks_count": 0,
        "avatar_url": None,
        "star_count": 0,
        "last_activity_at": time(max([project.created_at, *(i.updated_at for i in project.issues.values())])),
        "visibility": "private" if project.private else "public",
        "namespace": namespace(world, project),
    }


def project(world: Ledger, row: Project, access_level: int) -> Json:
    """`access_level` is the caller's."""
    return basic_project(world, row) | {
        "archived": row.archived,
        "empty_repo": not row.files,
        "issues_enabled": True,
        "merge_requests_enabled": True,
        "wiki_enabled": True,
        "issues_access_level": "enabled",
        "repository_access_level": "enabled",
        "open_issues_count": sum(issue.state == "open" for issue in row.issues.values()),
        "permissions": {
            "project_access": {"access_level": access_level, "notification_level": 3} if access_level else None,
            "group_access": None,
        },
    }


def group(world: Ledger, row: Group) -> Json:
    return {
        "id": row.id,
        "web_url": f"{web(world)}/groups/{row.path}",
        "name": row.path.rpartition("/")[2],
        "path": row.path.rpartition("/")[2],
        "description": "",
        "visibility": "public",
        "full_name": row.path.replace("/", " / "),
        "full_path": row.path,
        "parent_id": None,
        "avatar_url": None,
        "created_at": time(row.created_at),
    }


def basic_label(row: LabelRow) -> Json:
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description or None,
        "description_html": row.description,
        "text_color": "#FFFFFF" if int(row.color[:2], 16) < 200 else "#1F1E24",
        "color": f"#{row.color}",
        "archived": False,
    }


def label(row: LabelRow, owner: Project | Group) -> Json:
    shape = basic_label(row) | {"subscribed": False}
    if isinstance(owner, Group):
        return shape
    return shape | {"priority": None, "is_project_label": row in owner.labels}


def board(world: Ledger, project_row: Project, row: BoardRow, labels: list[LabelRow]) -> Json:
    return {
        "id": row.id,
        "name": row.title,
        "hide_backlog_list": False,
        "hide_closed_list": False,
        "project": basic_project(world, project_row),
        "lists": board_lists(row, labels),
        "milestone": None,
        "assignee": None,
        "labels": [],
        "weight": None,
    }


def board_lists(row: BoardRow, labels: list[LabelRow]) -> list[Json]:
    """A list stands for a label; where the label is gone, so is its list."""
    by_name = {found.name: found for found in labels}
    shown = [column for column in row.columns if column.name in by_name]
    return [board_list(column, by_name[column.name], n) for n, column in enumerate(shown)]


def board_list(column: ColumnRow, row: LabelRow, position: int) -> Json:
    return {"id": column.id, "label": basic_label(row), "position": position}


def hook(row: HookRow, owner: Project | Group, now: datetime) -> Json:
    """Tokens never come back; only whether there are any."""
    shape = {
        "id": row.id,
        "url": row.url,
        "name": row.options.get("name"),
        "description": row.options.get("description"),
        "created_at": time(row.created_at),
        **{name: name in row.events for name in HOOK_EVENTS},
        "enable_ssl_verification": row.options.get("enable_ssl_verification", True),
        "alert_status": alert_status(row, now),
        "disabled_until": time(row.disabled_until),
        "url_variables": [],
        "push_events_branch_filter": row.options.get("push_events_branch_filter"),
        "branch_filter_strategy": "wildcard",
        "custom_webhook_template": row.options.get("custom_webhook_template"),
        "custom_headers": [{"key": h["key"]} for h in row.options.get("custom_headers") or []],
        "token_present": bool(row.secret),
        "signing_token_present": bool(row.signing_token),
    }
    if isinstance(owner, Group):
        return shape | {name: name in row.events for name in GROUP_ONLY_EVENTS} | {"group_id": owner.id}
    return shape | {"project_id": owner.id}


def alert_status(row: HookRow, now: datetime) -> str:
    if not row.active:
        return "disabled"
    return "temporarily_disabled" if row.disabled_until and row.disabled_until > now else "executable"


def digest(text: str) -> str:
    """Stands in for a git object id."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
