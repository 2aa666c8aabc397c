"""GitHub's webhooks: which deliveries follow from what happened, and their headers and signature.

https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from service.sandbox.boards import Boards
from service.sandbox.github.addresses import node_id, stamp
from service.sandbox.github.issue_shapes import comment_json, issue_json, milestone_json, webhook_issue_json
from service.sandbox.github.shapes import (
    Json,
    label_json,
    organization_json,
    repository_json,
    user_json,
)
from service.sandbox.hooks import Message
from service.sandbox.rows import (
    BoardRow,
    CardRow,
    DeliveryRow,
    EventRow,
    Group,
    HookRow,
    IssueRow,
    LabelRow,
    Project,
)

_PLAIN = ("opened", "reopened", "deleted", "closed", "locked", "unlocked")
_FAMILY = {
    "child_added": "sub_issue_added",
    "child_removed": "sub_issue_removed",
    "parent_added": "parent_issue_added",
    "parent_removed": "parent_issue_removed",
}


class GitHubSpeaker:
    """Tells each event apart: `opened`, then one `labeled` or `assigned` for each item."""

    def __init__(self, world: Boards) -> None:
        self._world = world

    def messages(self, project: Project, events: Sequence[EventRow]) -> Iterable[Message]:
        for event in events:
            frame = self._frame(project, event.actor)
            for name, action, payload in self._told(project, event):
                around = {key: frame[key] for key in frame if name != "projects_v2_item" or key != "repository"}
                yield Message(name, action, {"action": action, **payload, **around})

    def wants(self, hook: HookRow, message: Message) -> bool:
        if message.event == "projects_v2_item" and not self._is_of_organization(hook):
            return False  # https://docs.github.com/webhooks: organisation hooks only
        return hook.active and ("*" in hook.events or message.event in hook.events)

    def _is_of_organization(self, hook: HookRow) -> bool:
        owners = [group.hooks for group in self._world.groups.values() if group.forge == "github"]
        return any(hook in hooks for hooks in [*owners, self._world.app_hooks])

    def headers(self, hook: HookRow, delivery: DeliveryRow) -> dict[str, str]:
        kind, target = self._target(hook)
        found = {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/sandbox",
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Hook-ID": str(hook.id),
            "X-GitHub-Hook-Installation-Target-ID": str(target),
            "X-GitHub-Hook-Installation-Target-Type": kind,
        }
        return found | (signatures(hook.secret, delivery.body) if hook.secret else {})

    def _target(self, hook: HookRow) -> tuple[str, int]:
        for project in self._world.projects_of("github"):
            if hook in project.hooks:
                return "repository", project.id
        for group in self._world.groups.values():
            if hook in group.hooks:
                return "organization", group.id
        return "integration", self._world.app.id

    def answered(self, hook: HookRow, delivery: DeliveryRow) -> None:
        """GitHub neither repeats nor disables by itself."""

    # --- payloads ----------------------------------------------------------------------------------------

    def _frame(self, project: Project, actor: str) -> Json:
        group = self._world.groups.get(("github", project.owner.lower()))
        frame: Json = {"repository": repository_json(self._world, project)}
        if group is not None:
            frame["organization"] = organization_json(self._world, group)
        if self._world.app_hooks:
            installation = self._world.app.installation_id
            frame["installation"] = {"id": installation, "node_id": node_id("MDIzOk", installation)}
        return frame | {"sender": user_json(self._world, actor)}

    def _told(self, project: Project, event: EventRow) -> Iterator[tuple[str, str, Json]]:
        if event.kind.startswith("label_"):
            yield "label", event.kind.removeprefix("label_"), self._label(project, event)
        elif event.kind == "project_renamed":
            yield "repository", "renamed", {"changes": {"repository": {"name": {"from": event.detail["from"]}}}}
        elif event.number is not None:
            issue = self._world.issue("github", project.path, event.number)
            yield from self._of_issue(project, issue, event)

    def _of_issue(self, project: Project, issue: IssueRow, event: EventRow) -> Iterator[tuple[str, str, Json]]:
        if event.kind in _FAMILY:
            yield "sub_issues", _FAMILY[event.kind], self._family(issue, event)
        elif event.kind.startswith("comment"):
            yield self._comment(issue, event)
        elif event.kind.startswith("card_"):
            yield self._card(issue, event)
        elif (detail := self._issue_detail(project, event)) is not None:
            action = "field_added" if event.kind == "field_changed" else event.kind
            yield "issues", action, {"issue": webhook_issue_json(self._world, issue), **detail}

    def _issue_detail(self, project: Project, event: EventRow) -> Json | None:
        """What the action adds to the payload; None for what GitHub sends nothing about."""
        detail = event.detail
        if event.kind in _PLAIN:
            return {}
        if event.kind == "edited":
            return {"changes": {key: {"from": change["from"]} for key, change in detail.items()}}
        if event.kind in ("assigned", "unassigned"):
            return {"assignee": user_json(self._world, detail["assignee"])}
        if event.kind in ("labeled", "unlabeled"):
            row = self._world.find_label(project, detail["label"])
            return {"label": label_json(self._world, project, row)} if row else {}
        if event.kind in ("milestoned", "demilestoned"):
            box = next(box for box in project.timeboxes if box.id == detail["timebox"])
            return {"milestone": milestone_json(self._world, box, project)}
        return None

    def _label(self, project: Project, event: EventRow) -> Json:
        row = event.detail.get("row") or next(label for label in project.labels if label.id == event.detail["label_id"])
        assert isinstance(row, LabelRow)  # noqa: S101 - narrows what the detail holds
        changes = {"changes": {"name": event.detail["name"]}} if "name" in event.detail else {}
        return {"label": label_json(self._world, project, row), **changes}

    def _comment(self, issue: IssueRow, event: EventRow) -> tuple[str, str, Json]:
        actions = {"commented": "created", "comment_edited": "edited", "comment_deleted": "deleted"}
        row = next(row for row in issue.comments if row.id == event.detail["comment"])
        payload: Json = {
            "issue": webhook_issue_json(self._world, issue),
            "comment": comment_json(self._world, issue, row),
        }
        if event.kind == "comment_edited":
            payload["changes"] = {"body": {"from": event.detail["from"]}}
        return "issue_comment", actions[event.kind], payload

    def _family(self, issue: IssueRow, event: EventRow) -> Json:
        other = self._world.issue_by_id(event.detail.get("child") or event.detail["parent"])
        parent, child = (issue, other) if "child" in event.detail else (other, issue)
        home = repository_json(self._world, self._world.project_of(other))
        return {
            "parent_issue_id": parent.id,
            "parent_issue": issue_json(self._world, parent),
            "sub_issue_id": child.id,
            "sub_issue": issue_json(self._world, child),
            "sub_issue_repo" if other is child else "parent_issue_repo": home,
        }

    # --- cards -------------------------------------------------------------------------------------------

    def _card(self, issue: IssueRow, event: EventRow) -> tuple[str, str, Json]:
        board = next(b for b in self._world.boards_of(self._world.project_of(issue)) if b.id == event.detail["board"])
        card = next(card for card in board.cards if card.id == event.detail["item"])
        payload: Json = {"projects_v2_item": self._item(board, card, issue, event)}
        if event.kind == "card_moved":
            payload["changes"] = {"field_value": self._move(board, event)}
        elif event.kind == "card_dated":
            payload["changes"] = {"field_value": self._dating(board, event)}
        return "projects_v2_item", "created" if event.kind == "card_added" else "edited", payload

    def _item(self, board: BoardRow, card: CardRow, issue: IssueRow, event: EventRow) -> Json:
        return {
            "id": card.id,
            "node_id": node_id("PVTI", card.id),
            "project_node_id": node_id("PVT", board.id),
            "content_node_id": node_id("I", issue.id),
            "content_type": "Issue",
            "creator": user_json(self._world, event.actor),
            "created_at": stamp(event.at),
            "updated_at": stamp(event.at),
            "archived_at": None,
        }

    def _move(self, board: BoardRow, event: EventRow) -> Json:
        options = {column.name: column for column in board.columns}
        shown = {
            key: {"id": f"{options[name].id:08x}", "name": name, "color": "GRAY", "description": ""}
            if (name := event.detail[key]) in options
            else None
            for key in ("from", "to")
        }
        field = {"field_node_id": node_id("PVTSSF", board.field_id), "field_type": "single_select"}
        return {**field, "field_name": "Status", "project_number": board.number, **shown}

    def _dating(self, board: BoardRow, event: EventRow) -> Json:
        field = {"field_node_id": node_id("PVTF", board.date_field_id), "field_type": "date"}
        shown = {key: event.detail[key] for key in ("from", "to")}
        return {**field, "field_name": board.date_field, "project_number": board.number, **shown}


def signatures(secret: str, body: bytes) -> dict[str, str]:
    """HMACs over the raw body; the SHA-1 one is still sent beside it."""
    key = secret.encode()
    return {
        "X-Hub-Signature": "sha1=" + hmac.new(key, body, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest(),
    }


def ping(world: Boards, owner: Project | Group | None, hook: HookRow, actor: str, shown: dict[str, Any]) -> Message:
    """The message a hook gets when it is made or asked for a ping."""
    where: Json = {}
    if isinstance(owner, Project):
        where = {"repository": repository_json(world, owner)}
    elif isinstance(owner, Group):
        where = {"organization": organization_json(world, owner)}
    told = {"zen": "Keep it logically awesome.", "hook_id": hook.id, "hook": shown}
    return Message("ping", None, {**told, **where, "sender": user_json(world, actor)})
