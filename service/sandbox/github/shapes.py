"""GitHub's JSON for people, repositories and labels.

Field by field as in the OpenAPI document, https://github.com/github/rest-api-description.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from service.model import Permission
from service.sandbox.features import App
from service.sandbox.github.addresses import api, node_id, repo_api, stamp, web
from service.sandbox.labels import Labels
from service.sandbox.ledger import Ledger
from service.sandbox.rows import Group, LabelRow, Person, Project

Json: TypeAlias = dict[str, Any]

_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPO_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_COUNTS = ("forks", "forks_count", "size", "stargazers_count", "watchers", "watchers_count")
_SWITCHES = {
    "has_issues": True,
    "has_projects": True,
    "has_wiki": False,
    "has_pages": False,
    "has_downloads": False,
    "has_discussions": False,
    "disabled": False,
    "fork": False,
    "is_template": False,
    "allow_forking": True,
    "web_commit_signoff_required": False,
}


def user_json(world: Ledger, login: str) -> Json:
    """A `simple-user`; organisations included, and GitHub's `ghost` for whoever is gone."""
    person = world.people.get(login.lower())
    if person is not None:
        return _account(world, person.login, person.id, person.kind)
    group = world.groups.get(("github", login.lower()))
    return _account(world, login, group.id, "Organization") if group else _account(world, "ghost", 10_137, "User")


def _account(world: Ledger, login: str, account_id: int, kind: str) -> Json:
    url = api(world, f"/users/{login}")
    prefix = {"User": "U", "Bot": "BOT", "Organization": "O"}[kind]
    return {
        "login": login,
        "id": account_id,
        "node_id": node_id(prefix, account_id),
        "avatar_url": web(world, f"/avatars/{account_id}"),
        "gravatar_id": "",
        "url": url,
        "html_url": web(world, f"/{login}"),
        **{key: url + path for key, path in _USER_LINKS.items()},
        "type": kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def public_user_json(world: Ledger, person: Person) -> Json:
    """A `public-user`: what `GET /users/{login}` answers."""
    unknown = dict.fromkeys(("bio", "blog", "company", "email", "hireable", "location"))
    counts = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
    times = {"created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z"}
    return {**user_json(world, person.login), "name": person.name, **unknown, **counts, **times}


def organization_json(world: Ledger, group: Group) -> Json:
    url = api(world, f"/orgs/{group.path}")
    return {
        "login": group.path,
        "id": group.id,
        "node_id": node_id("O", group.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": web(world, f"/avatars/{group.id}"),
        "description": None,
    }


def full_organization_json(world: Ledger, group: Group) -> Json:
    """An `organization-full`: what `GET /orgs/{org}` answers."""
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    return {
        **organization_json(world, group),
        "html_url": web(world, f"/{group.path}"),
        "has_organization_projects": world.features["github"].projects,
        "has_repository_projects": True,
        **counts,
        "type": "Organization",
        "created_at": stamp(group.created_at),
        "updated_at": stamp(group.created_at),
        "archived_at": None,
    }


def repository_json(world: Ledger, project: Project, viewer: str | None = None) -> Json:
    """A `full-repository`, which is also what webhooks carry. `viewer` adds their permissions."""
    url, page = repo_api(world, project), web(world, f"/{project.path}")
    opened = sum(issue.state == "open" for issue in project.issues.values())
    created = stamp(project.created_at)
    data: Json = {
        "id": project.id,
        "node_id": node_id("R", project.id),
        "name": project.name,
        "full_name": project.path,
        "private": project.private,
        "owner": user_json(world, project.owner),
        "html_url": page,
        "description": project.description or None,
        "url": url,
        **{key: url + path for key, path in _REPO_LINKS.items()},
        "git_url": f"git:{page.partition(':')[2]}.git",
        "ssh_url": f"git@127.0.0.1:{project.path}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        **dict.fromkeys(("homepage", "language", "mirror_url", "license")),
        **dict.fromkeys(_COUNTS, 0),
        **_SWITCHES,
        "archived": project.archived,
        "open_issues": opened,
        "open_issues_count": opened,
        "default_branch": project.default_branch,
        "visibility": "private" if project.private else "public",
        "topics": [],
        **dict.fromkeys(("created_at", "updated_at", "pushed_at"), created),
    }
    return data | ({"permissions": permissions_json(world, project, viewer)} if viewer else {})


def counted_repository_json(world: Ledger, project: Project, viewer: str | None) -> Json:
    """What `GET /repos/{owner}/{repo}` answers: two counts more than the same repository has elsewhere."""
    return {**repository_json(world, project, viewer), "network_count": 0, "subscribers_count": 0}


def permissions_json(world: Ledger, project: Project, login: str) -> dict[str, bool]:
    """GitHub's five switches; anybody may pull a public repository."""
    granted = world.permission(project, login)
    levels = {
        "admin": Permission.ADMIN,
        "maintain": Permission.MAINTAIN,
        "push": Permission.WRITE,
        "triage": Permission.TRIAGE,
    }
    can = {name: granted.allows(level) for name, level in levels.items()}
    return {**can, "pull": world.can_read(project, login)}


def label_json(world: Ledger, project: Project, row: LabelRow) -> Json:
    return {
        "id": row.id,
        "node_id": node_id("LA", row.id),
        "url": f"{repo_api(world, project)}/labels/{row.name.replace(' ', '%20')}",
        "name": row.name,
        "color": row.color,
        "default": False,
        "description": row.description or None,
    }


def issue_labels_json(world: Labels, project: Project, names: list[str]) -> list[Json]:
    rows = (world.find_label(project, name) for name in names)
    return [label_json(world, project, row) for row in rows if row is not None]


def app_json(world: Ledger, app: App) -> Json:
    """An `integration`: the GitHub App itself."""
    owner = next((group.path for group in world.groups.values() if group.forge == "github"), "ghost")
    return {
        "id": app.id,
        "slug": app.slug,
        "client_id": app.client_id,
        "node_id": node_id("A", app.id),
        "owner": user_json(world, owner),
        "name": app.slug.title(),
        "description": None,
        "external_url": world.url or "http://127.0.0.1",
        "html_url": web(world, f"/apps/{app.slug}"),
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2020-01-01T00:00:00Z",
        "permissions": APP_PERMISSIONS,
        "events": ["issues", "issue_comment", "label", "sub_issues"],
    }


APP_PERMISSIONS = {
    "contents": "read",
    "issues": "write",
    "metadata": "read",
    "organization_projects": "write",
}
