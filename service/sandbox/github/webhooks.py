"""Webhooks of repositories and organisations, their deliveries and redeliveries, over REST.

https://docs.github.com/rest/repos/webhooks
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, request

from service.model import Permission
from service.sandbox.github.addresses import api, stamp
from service.sandbox.github.call import Call, Problem, current, number_of, validation, wrong_type
from service.sandbox.github.speaker import ping
from service.sandbox.rows import DeliveryRow, Group, HookRow, Missing, Project, Refused

routes = Blueprint("webhooks", __name__)
CONFIG_KEYS = ("url", "content_type", "secret", "insecure_ssl")


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


def _repository_shelf(call: Call, owner: str, repo: str) -> Shelf:
    """Hooks are for administrators; anybody else is told that there are none."""
    project = call.project(owner, repo)
    if not call.world.can(project, call.login, Permission.ADMIN):
        raise Problem(404, "Not Found")
    return Shelf(api(call.world, f"/repos/{project.path}/hooks"), project.hooks, project, "Repository")


def _organization_shelf(call: Call, org: str) -> Shelf:
    try:
        group = call.world.group("github", org)
    except Missing:
        raise Problem(404, "Not Found") from None
    projects = [p for p in call.world.projects_of("github") if p.owner == group.path]
    if not any(call.world.can(project, call.login, Permission.ADMIN) for project in projects):
        raise Problem(404, "Not Found")
    return Shelf(api(call.world, f"/orgs/{group.path}/hooks"), group.hooks, group, "Organization")


def _app_shelf(call: Call) -> Shelf:
    call.require_app()
    return Shelf(api(call.world, "/app/hook"), call.world.app_hooks, None, "App")


def hook_json(shelf: Shelf, hook: HookRow) -> dict[str, Any]:
    """The secret is never shown again, only that there is one."""
    url, created = f"{shelf.url}/{hook.id}", stamp(hook.created_at)
    done = [row for row in hook.deliveries if row.answered]
    last = done[-1] if done else None
    config = {"content_type": "json", "insecure_ssl": "0", **hook.options.get("config", {}), "url": hook.url}
    shown = {
        "type": shelf.kind,
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": list(hook.events),
        "config": config | ({"secret": "********"} if hook.secret else {}),
        "created_at": created,
        "updated_at": created,
        "url": url,
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
    }
    if shelf.kind != "Repository":
        return shown
    return {**shown, "test_url": f"{url}/tests", "last_response": _last_response(last)}


def _last_response(last: DeliveryRow | None) -> dict[str, Any]:
    if last is None:
        return {"code": None, "status": "unused", "message": None}
    word = "active" if 200 <= last.status < 400 else "failed"
    return {"code": last.status or None, "status": word, "message": last.error or "OK"}


# --- acts on a shelf ------------------------------------------------------------------------------------


def _create(call: Call, shelf: Shelf) -> tuple[Response, int]:
    data = call.body()
    config = _config(data)
    events = _events(data.get("events", ["push"]))
    if any(hook.url == config.get("url") and set(hook.events) == set(events) for hook in shelf.hooks):
        raise validation("Hook", Refused("Hook already exists on this repository"))
    try:
        hook = call.world.new_hook(str(config.get("url") or ""), secret=str(config.get("secret") or ""))
    except Refused as problem:
        raise validation("Hook", problem) from problem
    hook.events, hook.active = events, data.get("active", True) is not False
    hook.options["config"] = _kept_config(config)
    shelf.hooks.append(hook)
    call.world.courier.send("github", hook, ping(call.world, shelf.owner, hook, call.login, hook_json(shelf, hook)))
    return jsonify(hook_json(shelf, hook)), 201


def _config(data: dict[str, Any]) -> dict[str, Any]:
    config = data.get("config")
    if not isinstance(config, dict):
        raise wrong_type("config", config, "object")
    return config


def _kept_config(config: dict[str, Any]) -> dict[str, Any]:
    """GitHub's default is the form encoding, which a hook has to opt out of."""
    kept: dict[str, Any] = {key: str(config[key]) for key in ("content_type", "insecure_ssl") if key in config}
    return {"content_type": "form", **kept}


def _events(given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise wrong_type("events", given, "array")
    return [str(name) for name in given]


def _edit(call: Call, shelf: Shelf, hook: HookRow) -> Response:
    """A `config` without its secret takes the secret away."""
    data = call.body()
    if "config" in data:
        _configure(call, hook, {"secret": "", **_config(data)})
    if "events" in data:
        hook.events = _events(data["events"])
    added, removed = _events(data.get("add_events", [])), _events(data.get("remove_events", []))
    hook.events = [name for name in dict.fromkeys([*hook.events, *added]) if name not in removed]
    hook.active = data.get("active", hook.active) is not False
    return jsonify(hook_json(shelf, hook))


def _configure(call: Call, hook: HookRow, config: dict[str, Any]) -> None:
    try:
        hook.url = call.world.new_hook(str(config.get("url") or hook.url)).url
    except Refused as problem:
        raise validation("Hook", problem) from problem
    hook.secret = str(config.get("secret", hook.secret) or "")
    hook.options["config"] = {
        **hook.options.get("config", {}),
        **_kept_config({**hook.options.get("config", {}), **config}),
    }


def _ping(call: Call, shelf: Shelf, hook: HookRow) -> tuple[str, int]:
    call.world.courier.send("github", hook, ping(call.world, shelf.owner, hook, call.login, hook_json(shelf, hook)))
    return "", 204


# --- deliveries -----------------------------------------------------------------------------------------


def delivery_json(shelf: Shelf, row: DeliveryRow) -> dict[str, Any]:
    project = shelf.owner.id if isinstance(shelf.owner, Project) else None
    return {
        "id": row.id,
        "guid": row.guid,
        "delivered_at": stamp(row.delivered_at or row.created_at),
        "redelivery": row.redelivery,
        "duration": row.duration,
        "status": _status_word(row),
        "status_code": row.status,
        "event": row.event,
        "action": row.action,
        "installation_id": None,
        "repository_id": project,
        "throttled_at": None,
    }


def _status_word(row: DeliveryRow) -> str:
    if not row.answered:
        return "pending"
    if 200 <= row.status < 400:
        return "OK"
    return "Invalid HTTP Response: " + str(row.status) if row.status else row.error


def _full_delivery_json(shelf: Shelf, row: DeliveryRow) -> dict[str, Any]:
    sent = {"headers": row.request_headers, "payload": json.loads(row.body)}
    got = {"headers": row.response_headers, "payload": row.response_body}
    return {**delivery_json(shelf, row), "request": sent, "response": got}


def _list_deliveries(shelf: Shelf, hook: HookRow) -> Response:
    """Newest first, by cursor: the id of the last delivery seen."""
    size = min(number_of("per_page", 30), 100) or 30
    wanted, cursor = request.args.get("status"), number_of("cursor", 0)
    rows = [row for row in reversed(hook.deliveries) if row.answered and _has_status(row, wanted)]
    rest = [row for row in rows if not cursor or row.id < cursor]
    answer = jsonify([delivery_json(shelf, row) for row in rest[:size]])
    if len(rest) > size:
        following = f"{request.base_url}?per_page={size}&cursor={rest[size - 1].id}"
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer


def _has_status(row: DeliveryRow, wanted: str | None) -> bool:
    """A delivery without an answer is neither a success nor a failure here, as on GitHub."""
    spans = {"success": range(200, 400), "failure": range(400, 600)}
    return wanted not in spans or row.status in spans[wanted]


def _delivery(hook: HookRow, delivery_id: int) -> DeliveryRow:
    found = next((row for row in hook.deliveries if row.id == delivery_id), None)
    if found is None:
        raise Problem(404, "Not Found")
    return found


def _again(call: Call, hook: HookRow, delivery_id: int) -> tuple[Response, int]:
    call.world.courier.send_again("github", hook, _delivery(hook, delivery_id))
    return jsonify({}), 202


# --- routes: the same for repositories and organisations --------------------------------------------------


def _shelf(call: Call, where: dict[str, str]) -> Shelf:
    if "org" in where:
        return _organization_shelf(call, where["org"])
    return _repository_shelf(call, where["owner"], where["repo"])


def _route(rule: str, *methods: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(view: Callable[..., Any]) -> Callable[..., Any]:
        for base in ("/repos/<owner>/<repo>/hooks", "/orgs/<org>/hooks"):
            routes.add_url_rule(base + rule, f"{view.__name__}{base}".replace("/", "-"), view, methods=list(methods))
        return view

    return add


@_route("", "GET")
def list_hooks(**where: str) -> Response:
    call = current()
    shelf = _shelf(call, where)
    return call.page(shelf.hooks, lambda hook: hook_json(shelf, hook))


@_route("", "POST")
def create_hook(**where: str) -> tuple[Response, int]:
    call = current()
    return _create(call, _shelf(call, where))


@_route("/<int:hook_id>", "GET")
def get_hook(hook_id: int, **where: str) -> Response:
    shelf = _shelf(current(), where)
    return jsonify(hook_json(shelf, shelf.hook(hook_id)))


@_route("/<int:hook_id>", "PATCH")
def edit_hook(hook_id: int, **where: str) -> Response:
    call = current()
    shelf = _shelf(call, where)
    return _edit(call, shelf, shelf.hook(hook_id))


@_route("/<int:hook_id>", "DELETE")
def delete_hook(hook_id: int, **where: str) -> tuple[str, int]:
    shelf = _shelf(current(), where)
    shelf.hooks.remove(shelf.hook(hook_id))
    return "", 204


@_route("/<int:hook_id>/config", "GET", "PATCH")
def hook_config(hook_id: int, **where: str) -> Response:
    call = current()
    shelf = _shelf(call, where)
    hook = shelf.hook(hook_id)
    if request.method == "PATCH":
        _configure(call, hook, call.body())
    return jsonify(hook_json(shelf, hook)["config"])


@_route("/<int:hook_id>/pings", "POST")
def ping_hook(hook_id: int, **where: str) -> tuple[str, int]:
    call = current()
    shelf = _shelf(call, where)
    return _ping(call, shelf, shelf.hook(hook_id))


@_route("/<int:hook_id>/deliveries", "GET")
def list_deliveries(hook_id: int, **where: str) -> Response:
    shelf = _shelf(current(), where)
    return _list_deliveries(shelf, shelf.hook(hook_id))


@_route("/<int:hook_id>/deliveries/<int:delivery_id>", "GET")
def get_delivery(hook_id: int, delivery_id: int, **where: str) -> Response:
    shelf = _shelf(current(), where)
    return jsonify(_full_delivery_json(shelf, _delivery(shelf.hook(hook_id), delivery_id)))


@_route("/<int:hook_id>/deliveries/<int:delivery_id>/attempts", "POST")
def redeliver(hook_id: int, delivery_id: int, **where: str) -> tuple[Response, int]:
    call = current()
    return _again(call, _shelf(call, where).hook(hook_id), delivery_id)


@routes.get("/app/hook/deliveries")
def list_app_deliveries() -> Response:
    shelf = _app_shelf(current())
    return _list_deliveries(shelf, shelf.hooks[0]) if shelf.hooks else jsonify([])


@routes.post("/app/hook/deliveries/<int:delivery_id>/attempts")
def redeliver_to_app(delivery_id: int) -> tuple[Response, int]:
    call = current()
    shelf = _app_shelf(call)
    if not shelf.hooks:
        raise Problem(404, "Not Found")
    return _again(call, shelf.hooks[0], delivery_id)
