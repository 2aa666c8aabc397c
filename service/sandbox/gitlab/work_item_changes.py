"""Work items created through GraphQL: the same rights, drops and quick actions as through REST, and links with them.

https://docs.gitlab.com/api/graphql/reference/#mutationworkitemcreate
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from graphql import GraphQLError

from service.sandbox.gitlab import issues
from service.sandbox.gitlab.access import can_see, can_update
from service.sandbox.gitlab.call import FORGE, Call, Problem
from service.sandbox.gitlab.edits import KINDS
from service.sandbox.gitlab.shapes import Json
from service.sandbox.gitlab.work_items import work_item
from service.sandbox.rows import IssueRow, Missing

_NOT_AVAILABLE = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)
_Input = Mapping[str, Any]


def root(call: Call) -> Json:
    return {"workItemCreate": lambda _, input: _create(call, input)}  # noqa: A006 - GraphQL's argument name


def _create(call: Call, given: _Input) -> Json:
    """What the caller may not do at all is a top-level error; what a model refuses stands under `errors`."""
    linked = [_issue(call, gid) for gid in (given.get("linkedItemsWidget") or {}).get("workItemsIds", ())]
    kind = _number(given["workItemTypeId"])
    if kind not in KINDS:
        raise GraphQLError(_NOT_AVAILABLE)
    inner = replace(call, params=_params(call, given, kind), raw_id=str(given.get("namespacePath") or ""))
    try:
        iid = issues.create(inner).value["iid"]
    except Problem as problem:
        if problem.status in (401, 403, 404):
            raise GraphQLError(_NOT_AVAILABLE) from None
        return {"workItem": None, "errors": [str(problem.body)]}
    made = inner.issue(inner.project(), iid)
    for other in linked:
        call.world.link(made, other, actor=call.actor)
    return {"workItem": work_item(call, made), "errors": []}


def _issue(call: Call, gid: str) -> IssueRow:
    """One that the caller may link to."""
    try:
        found = call.world.issue_by_id(int(_number(gid)))
    except (Missing, ValueError):
        raise GraphQLError(_NOT_AVAILABLE) from None
    if not can_see(call.world, found, call.login) or not can_update(call.world, found, call.login):
        raise GraphQLError(_NOT_AVAILABLE)
    return found


def _params(call: Call, given: _Input, kind: str) -> dict[str, Any]:
    """The request as REST would have it. Labels go by id here; those nobody has are passed over."""
    asked = (given.get("labelsWidget") or {}).get("labelIds", ())
    people = (given.get("assigneesWidget") or {}).get("assigneeIds", ())
    params: dict[str, Any] = {
        "title": given["title"],
        "description": (given.get("descriptionWidget") or {}).get("description", ""),
        "issue_type": kind,
        "labels": _labels(call, str(given.get("namespacePath")), map(_number, asked)),
        "assignee_ids": [*map(_number, people)],
        "due_date": (given.get("startAndDueDateWidget") or {}).get("dueDate"),
        "confidential": given.get("confidential"),
    }
    return {name: value for name, value in params.items() if value not in (None, [])}


def _labels(call: Call, path: str, numbers: Iterable[str]) -> list[str]:
    project = call.world.projects.get((FORGE, path.lower()))
    names = {str(row.id): row.name for row in call.world.labels_of(project)} if project else {}
    return [names[number] for number in numbers if number in names]


def _number(gid: str) -> str:
    return gid.rpartition("/")[2]
