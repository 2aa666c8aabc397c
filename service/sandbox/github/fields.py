"""An organisation's issue fields and their values over REST (where the server has them).

https://docs.github.com/rest/issues/issue-field-values
"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, request

from service.model import Permission
from service.sandbox.github.addresses import node_id, stamp
from service.sandbox.github.call import Call, Problem, current
from service.sandbox.github.issue_shapes import field_values_json
from service.sandbox.rows import Group, IssueFieldRow, IssueRow, Missing

routes = Blueprint("fields", __name__)


def _group(call: Call, org: str) -> Group:
    """404 where there is no such organisation, and on servers without issue fields."""
    try:
        group = call.world.group("github", org)
    except Missing:
        raise Problem(404, "Not Found") from None
    if not call.world.features["github"].issue_fields:
        raise Problem(404, "Not Found")
    return group


@routes.get("/orgs/<org>/issue-fields")
def list_fields(org: str) -> Response:
    group = _group(current(), org)
    return jsonify([_field_json(group, field) for field in group.fields])


def _field_json(group: Group, field: IssueFieldRow) -> dict[str, Any]:
    created = stamp(group.created_at)
    return {
        "id": field.id,
        "node_id": node_id("IF", field.id),
        "name": field.name,
        "description": None,
        "data_type": field.data_type,
        "visibility": "all",
        "created_at": created,
        "updated_at": created,
    }


def _issue(call: Call, owner: str, repo: str, number: int) -> tuple[Group, IssueRow]:
    issue = call.issue(owner, repo, number)
    return _group(call, owner), issue


@routes.get("/repos/<owner>/<repo>/issues/<int:number>/issue-field-values")
def list_values(owner: str, repo: str, number: int) -> Response:
    call = current()
    _, issue = _issue(call, owner, repo, number)
    return jsonify(field_values_json(call.world, issue))


@routes.route("/repos/<owner>/<repo>/issues/<int:number>/issue-field-values", methods=["POST", "PUT"])
def set_values(owner: str, repo: str, number: int) -> Response:
    """POST adds to what is there, PUT replaces it; an empty list clears it either way."""
    call = current()
    group, issue = _issue(call, owner, repo, number)
    login = call.require(call.world.project_of(issue), Permission.WRITE)
    given = _values(group, call.body().get("issue_field_values", []))
    gone = set(issue.field_values) - set(given) if request.method == "PUT" or not given else set()
    for field_id in gone:
        call.world.set_field_value(issue, field_id, None, actor=login)
    for field_id, value in given.items():
        call.world.set_field_value(issue, field_id, value, actor=login)
    return jsonify(field_values_json(call.world, issue))


def _values(group: Group, rows: object) -> dict[int, str]:
    """Field id → value, checked. Raises Problem 422 for an unknown field or a date that is none."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Problem(422, "Invalid request.\n\nissue_field_values is not an array of objects.")
    fields = {field.id: field for field in group.fields}
    found: dict[int, str] = {}
    for row in rows:
        field = fields.get(row.get("field_id"))
        if field is None or not _fits(field, row.get("value")):
            error = {"resource": "IssueFieldValue", "code": "invalid", "field": "value"}
            raise Problem(422, "Validation Failed", errors=[error])
        found[field.id] = str(row["value"])
    return found


def _fits(field: IssueFieldRow, value: object) -> bool:
    if field.data_type != "date":
        return value is not None
    try:
        return bool(date.fromisoformat(str(value)))
    except ValueError:
        return False


@routes.delete("/repos/<owner>/<repo>/issues/<int:number>/issue-field-values/<int:field_id>")
def clear_value(owner: str, repo: str, number: int, field_id: int) -> tuple[str, int]:
    call = current()
    _, issue = _issue(call, owner, repo, number)
    login = call.require(call.world.project_of(issue), Permission.WRITE)
    if field_id not in issue.field_values:
        raise Problem(404, "Not Found")
    call.world.set_field_value(issue, field_id, None, actor=login)
    return "", 204
