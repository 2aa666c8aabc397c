"""The GitHub App: its own identity, its installation and the tokens it mints.

https://docs.github.com/rest/apps/apps
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify

from service.model import Permission
from service.sandbox.github.addresses import api, stamp, web
from service.sandbox.github.call import Call, Problem, current
from service.sandbox.github.shapes import APP_PERMISSIONS, app_json, repository_json, user_json

routes = Blueprint("app", __name__)
TOKEN_LIFE = timedelta(hours=1)


@routes.get("/app")
def get_app() -> Response:
    call = current()
    call.require_app()
    return jsonify(app_json(call.world, call.world.app))


@routes.get("/app/installations")
def list_installations() -> Response:
    call = current()
    call.require_app()
    return call.page([_installation_json(call)], lambda row: row)


@routes.get("/app/installations/<int:installation_id>")
def get_installation(installation_id: int) -> Response:
    call = current()
    call.require_app()
    _check(call, installation_id)
    return jsonify(_installation_json(call))


@routes.get("/repos/<owner>/<repo>/installation")
def repository_installation(owner: str, repo: str) -> Response:
    call = current()
    call.require_app()
    project = call.world.projects.get(("github", f"{owner}/{repo}".lower()))
    if project is None or not call.world.can(project, call.world.app.login, Permission.READ):
        raise Problem(404, "Not Found")
    return jsonify(_installation_json(call))


@routes.get("/orgs/<org>/installation")
def organization_installation(org: str) -> Response:
    call = current()
    call.require_app()
    if ("github", org.lower()) not in call.world.groups:
        raise Problem(404, "Not Found")
    return jsonify(_installation_json(call))


def _check(call: Call, installation_id: int) -> None:
    if installation_id != call.world.app.installation_id:
        raise Problem(404, "Not Found")


def _installation_json(call: Call) -> dict[str, Any]:
    world, app = call.world, call.world.app
    account = next(group for group in world.groups.values() if group.forge == "github")
    return {
        "id": app.installation_id,
        "account": user_json(world, account.path),
        "access_tokens_url": api(world, f"/app/installations/{app.installation_id}/access_tokens"),
        "repositories_url": api(world, "/installation/repositories"),
        "html_url": web(world, f"/organizations/{account.path}/settings/installations/{app.installation_id}"),
        "app_id": app.id,
        "client_id": app.client_id,
        "app_slug": app.slug,
        "target_id": account.id,
        "target_type": "Organization",
        "permissions": APP_PERMISSIONS,
        "events": ["issues", "issue_comment"],
        "single_file_name": None,
        "repository_selection": "all",
        "created_at": stamp(account.created_at),
        "updated_at": stamp(account.created_at),
        "suspended_by": None,
        "suspended_at": None,
    }


@routes.post("/app/installations/<int:installation_id>/access_tokens")
def mint_token(installation_id: int) -> tuple[Response, int]:
    """A token of the long new format; it acts as the app's bot account for an hour."""
    call = current()
    call.require_app()
    _check(call, installation_id)
    token = f"ghs_{call.world.app.id}_{secrets.token_urlsafe(48)}"
    expires = call.world.clock() + TOKEN_LIFE
    call.world.grant_token(token, call.world.app.login, expires)
    minted = {"token": token, "expires_at": stamp(expires), "permissions": APP_PERMISSIONS}
    return jsonify({**minted, "repository_selection": "all"}), 201


@routes.get("/installation/repositories")
def installation_repositories() -> Response:
    call = current()
    if not call.caller.installation:
        raise Problem(403, "You must authenticate with an installation access token.")
    rows = [p for p in call.world.projects_of("github") if call.world.can(p, call.login, Permission.READ)]
    shown = [repository_json(call.world, project, call.login) for project in rows]
    return jsonify(total_count=len(shown), repositories=shown)
