"""Webhooks of repositories and organisations, their deliveries and redeliveries, over REST.

https://docs.github.com/rest/repos/webhooks
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from service.sandbox.github import deliveries
from service.sandbox.github.addresses import stamp
from service.sandbox.github.call import Call, Problem, current, validation, wrong_type
from service.sandbox.github.shelves import Shelf, app_shelf, organization_shelf, repository_shelf
from service.sandbox.github.speaker import ping
from service.sandbox.rows import DeliveryRow, HookRow, Refused

routes = Blueprint("webhooks", __name__)


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


# --- routes: the same for repositories and organisations --------------------------------------------------


def _shelf(call: Call, where: dict[str, str]) -> Shelf:
    if "org" in where:
        return organization_shelf(call, where["org"])
    return repository_shelf(call, where["owner"], where["repo"])


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
    return deliveries.list_deliveries(shelf, shelf.hook(hook_id))


@_route("/<int:hook_id>/deliveries/<int:delivery_id>", "GET")
def get_delivery(hook_id: int, delivery_id: int, **where: str) -> Response:
    shelf = _shelf(current(), where)
    return jsonify(deliveries.full_delivery_json(shelf, deliveries.find_delivery(shelf.hook(hook_id), delivery_id)))


@_route("/<int:hook_id>/deliveries/<int:delivery_id>/attempts", "POST")
def redeliver(hook_id: int, delivery_id: int, **where: str) -> tuple[Response, int]:
    call = current()
    return deliveries.again(call, _shelf(call, where).hook(hook_id), delivery_id)


@routes.get("/app/hook/config")
def app_hook_config() -> Response:
    shelf = app_shelf(current())
    if not shelf.hooks:
        raise Problem(404, "Not Found")
    return jsonify(hook_json(shelf, shelf.hooks[0])["config"])


@routes.get("/app/hook/deliveries")
def list_app_deliveries() -> Response:
    shelf = app_shelf(current())
    return deliveries.list_deliveries(shelf, shelf.hooks[0]) if shelf.hooks else jsonify([])


@routes.post("/app/hook/deliveries/<int:delivery_id>/attempts")
def redeliver_to_app(delivery_id: int) -> tuple[Response, int]:
    call = current()
    shelf = app_shelf(call)
    if not shelf.hooks:
        raise Problem(404, "Not Found")
    return deliveries.again(call, shelf.hooks[0], delivery_id)
