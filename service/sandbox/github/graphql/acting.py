"""GraphQL's mutations, under the same rules as REST's writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from service.model import Permission
from service.sandbox import rights
from service.sandbox.github import acts
from service.sandbox.github.addresses import node_id, row_of, stamp
from service.sandbox.github.call import Call
from service.sandbox.github.graphql import projects
from service.sandbox.github.graphql.boards import item_node, option_id
from service.sandbox.github.graphql.issues import (
    REACTIONS,
    comment_node,
    find_issue,
    issue_node,
)
from service.sandbox.github.graphql.nodes import Node, Refusal
from service.sandbox.github.graphql.people import actor_node
from service.sandbox.github.graphql.reading import find_repository, readable, repository_node
from service.sandbox.issues import IssueEdit
from service.sandbox.rows import BoardRow, CardRow, CommentRow, IssueRow, Missing, Project

Input = dict[str, Any]


def mutation_root(call: Call) -> Node:
    acts_by_name: dict[str, Callable[[Call, Input], Node]] = {
        "createIssue": _create_issue,
        "updateIssue": _update_issue,
        "closeIssue": _close_issue,
        "reopenIssue": _reopen_issue,
        "deleteIssue": _delete_issue,
        "addSubIssue": _add_sub_issue,
        "addLabelsToLabelable": _add_labels,
        "removeLabelsFromLabelable": _remove_labels,
        "addComment": _add_comment,
        "updateIssueComment": _update_comment,
        "minimizeComment": _minimize_comment,
        "addReaction": _add_reaction,
        "addProjectV2ItemById": _add_item,
        "updateProjectV2ItemFieldValue": _set_value,
        "clearProjectV2ItemFieldValue": _clear_value,
        **projects.ACTS,
    }
    return {name: _bound(call, act) for name, act in acts_by_name.items()}


def _bound(call: Call, act: Callable[[Call, Input], Node]) -> Callable[..., Node]:
    def resolve(_info: object, input: Input) -> Node:  # noqa: A002 - the schema's name
        return {**act(call, input), "clientMutationId": input.get("clientMutationId")}

    return resolve


# --- issues ---------------------------------------------------------------------------------------------


def _create_issue(call: Call, given: Input) -> Node:
    """With a parent, the issue is created and linked or nothing is."""
    project = _project(call, given["repositoryId"])
    parent = find_issue(call, given["parentIssueId"]) if given.get("parentIssueId") else None
    if parent is not None:
        call.require(call.world.project_of(parent), Permission.TRIAGE)
        if len(parent.children) >= 100:
            raise Refusal("UNPROCESSABLE", "Parent cannot have more than 100 sub-issues")
    issue = acts.create_issue(call, project, given["title"], _edit_of(call, project, given))
    if parent is not None:
        acts.add_child(call, parent, issue)
    return {"issue": issue_node(call, issue)}


def _project(call: Call, node: str) -> Project:
    kind, row_id = row_of(node)
    try:
        return readable(call, call.world.project_by_id("github", row_id if kind == "R" else 0))
    except Missing:
        raise Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'") from None


def _edit_of(call: Call, project: Project, given: Input) -> IssueEdit:
    changes = IssueEdit()
    if given.get("body") is not None:
        changes["body"] = given["body"]
    if given.get("labelIds") is not None:
        changes["labels"] = [_label_name(project, node) for node in given["labelIds"]]
    if given.get("assigneeIds") is not None:
        changes["assignees"] = [_login(call, node) for node in given["assigneeIds"]]
    return changes


def _label_name(project: Project, node: str) -> str:
    kind, row_id = row_of(node)
    found = next((row for row in project.labels if kind == "LA" and row.id == row_id), None)
    if found is None:
        raise Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'")
    return found.name


def _login(call: Call, node: str) -> str:
    kind, row_id = row_of(node)
    people = call.world.people.values()
    found = next((person for person in people if kind in ("U", "BOT") and person.id == row_id), None)
    if found is None:
        raise Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'")
    return found.login


def _update_issue(call: Call, given: Input) -> Node:
    issue = find_issue(call, given["id"])
    changes = _edit_of(call, call.world.project_of(issue), given)
    if given.get("title") is not None:
        changes["title"] = given["title"]
    if given.get("state") is not None:
        changes["state"] = "closed" if given["state"] == "CLOSED" else "open"
    return {"issue": issue_node(call, acts.edit_issue(call, issue, changes))}


def _close_issue(call: Call, given: Input) -> Node:
    reason = (given.get("stateReason") or "COMPLETED").lower()
    changes = IssueEdit(state="closed", state_reason=reason)
    return {"issue": issue_node(call, acts.edit_issue(call, find_issue(call, given["issueId"]), changes))}


def _reopen_issue(call: Call, given: Input) -> Node:
    issue = find_issue(call, given["issueId"])
    return {"issue": issue_node(call, acts.edit_issue(call, issue, IssueEdit(state="open")))}


def _delete_issue(call: Call, given: Input) -> Node:
    issue = find_issue(call, given["issueId"])
    project = call.world.project_of(issue)
    login = call.require(project, Permission.ADMIN)
    call.world.delete_issue("github", issue.path, issue.number, actor=login)
    return {"repository": repository_node(call, project)}


def _add_sub_issue(call: Call, given: Input) -> Node:
    parent, child = find_issue(call, given["issueId"]), _sub_issue(call, given)
    acts.add_child(call, parent, child, replace_parent=bool(given.get("replaceParent")))
    return {"issue": issue_node(call, parent), "subIssue": issue_node(call, child)}


def _sub_issue(call: Call, given: Input) -> IssueRow:
    if given.get("subIssueId"):
        return find_issue(call, given["subIssueId"])
    owner, name, _, number = (given.get("subIssueUrl") or "///0").split("/")[-4:]
    issue = find_repository(call, owner, name).issues.get(int(number))
    if issue is None:
        raise Refusal("NOT_FOUND", "Could not resolve to an Issue by its URL.")
    return issue


def _add_labels(call: Call, given: Input) -> Node:
    issue, names = _labels_of(call, given)
    return {"labelable": issue_node(call, acts.set_labels(call, issue, [*issue.labels, *names]))}


def _remove_labels(call: Call, given: Input) -> Node:
    """A label that is not on the issue is passed over."""
    issue, names = _labels_of(call, given)
    left = [name for name in issue.labels if name not in names]
    return {"labelable": issue_node(call, acts.set_labels(call, issue, left))}


def _labels_of(call: Call, given: Input) -> tuple[IssueRow, list[str]]:
    issue = find_issue(call, given["labelableId"])
    project = call.world.project_of(issue)
    return issue, [_label_name(project, node) for node in given["labelIds"]]


# --- conversation ---------------------------------------------------------------------------------------


def _add_comment(call: Call, given: Input) -> Node:
    issue = find_issue(call, given["subjectId"])
    row = acts.comment(call, issue, given["body"])
    edge = {"cursor": node_id("CU", row.id), "node": comment_node(call, issue, row)}
    return {"commentEdge": edge, "subject": issue_node(call, issue)}


def _comment(call: Call, node: str) -> tuple[IssueRow, CommentRow]:
    kind, row_id = row_of(node)
    try:
        issue, row = call.world.find_comment("github", row_id if kind == "IC" else 0)
        readable(call, call.world.project_of(issue))
    except Missing:
        raise Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'") from None
    return issue, row


def _update_comment(call: Call, given: Input) -> Node:
    issue, row = _comment(call, given["id"])
    return {"issueComment": comment_node(call, issue, acts.edit_comment(call, issue, row, given["body"]))}


def _minimize_comment(call: Call, given: Input) -> Node:
    issue, row = _comment(call, given["subjectId"])
    if not rights.may_edit_comment(call.world, issue, row, call.login):
        call.refuse()
    row.minimized = given["classifier"].lower().replace("_", "-")
    return {"minimizedComment": comment_node(call, issue, row)}


def _add_reaction(call: Call, given: Input) -> Node:
    node = given["subjectId"]
    on: IssueRow | CommentRow
    if node.startswith("IC_"):
        issue, on = _comment(call, node)
        subject = comment_node(call, issue, on)
    else:
        issue = on = find_issue(call, node)
        subject = issue_node(call, issue)
    row, _ = call.world.react(issue, on, actor=call.login, content=REACTIONS[given["content"]])
    made = {"id": node_id("REA", row.id), "content": given["content"], "createdAt": stamp(row.at)}
    return {"reaction": {**made, "user": actor_node(call, row.actor)}, "subject": subject}


# --- cards ----------------------------------------------------------------------------------------------


def _add_item(call: Call, given: Input) -> Node:
    """Adding an issue that is there already answers with its card."""
    board, issue = projects.writable(call, given["projectId"]), find_issue(call, given["contentId"])
    return {"item": item_node(call, board, call.world.add_card(board, issue, actor=call.login))}


def _set_value(call: Call, given: Input) -> Node:
    board = projects.writable(call, given["projectId"])
    card = _card(board, given["itemId"])
    issue, value = call.world.issue_by_id(card.issue_id), given["value"]
    field = given["fieldId"]
    if field == node_id("PVTSSF", board.field_id):
        call.world.set_column(board, issue, _column(board, value.get("singleSelectOptionId")), actor=call.login)
    elif _is_date_field(board, field) and value.get("date"):
        call.world.set_card_date(board, issue, date.fromisoformat(value["date"]), actor=call.login)
    else:
        raise Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{field}'")
    return {"projectV2Item": item_node(call, board, card)}


def _clear_value(call: Call, given: Input) -> Node:
    board = projects.writable(call, given["projectId"])
    card = _card(board, given["itemId"])
    if not _is_date_field(board, given["fieldId"]):
        raise Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{given['fieldId']}'")
    call.world.set_card_date(board, call.world.issue_by_id(card.issue_id), None, actor=call.login)
    return {"projectV2Item": item_node(call, board, card)}


def _is_date_field(board: BoardRow, node: str) -> bool:
    return board.date_field is not None and node == node_id("PVTF", board.date_field_id)


def _card(board: BoardRow, node: str) -> CardRow:
    kind, row_id = row_of(node)
    found = next((card for card in board.cards if kind == "PVTI" and card.id == row_id), None)
    if found is None:
        raise Refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'")
    return found


def _column(board: BoardRow, option: str | None) -> str:
    found = next((row.name for row in board.columns if option_id(row.id) == option), None)
    if found is None:
        raise Refusal("VALIDATION", "The single select option Id does not belong to the field")
    return found
