"""The log of a hook's deliveries, as GitHub shows it."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, jsonify, request

from service.sandbox.github.addresses import stamp
from service.sandbox.github.call import Call, Problem, number_of
from service.sandbox.github.shelves import Shelf
from service.sandbox.rows import DeliveryRow, HookRow, Project


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


def full_delivery_json(shelf: Shelf, row: DeliveryRow) -> dict[str, Any]:
    sent = {"headers": row.request_headers, "payload": json.loads(row.body)}
    got = {"headers": row.response_headers, "payload": row.response_body}
    return {**delivery_json(shelf, row), "request": sent, "response": got}


def list_deliveries(shelf: Shelf, hook: HookRow) -> Response:
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


def find_delivery(hook: HookRow, delivery_id: int) -> DeliveryRow:
    found = next((row for row in hook.deliveries if row.id == delivery_id), None)
    if found is None:
        raise Problem(404, "Not Found")
    return found


def again(call: Call, hook: HookRow, delivery_id: int) -> tuple[Response, int]:
    call.world.courier.send_again("github", hook, find_delivery(hook, delivery_id))
    return jsonify({}), 202
