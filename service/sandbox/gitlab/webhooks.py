"""How the sandbox's GitLab tells its hooks: which messages, to whom, with which headers, and what failures do.

https://docs.gitlab.com/user/project/integrations/webhooks/ · Two things are inferred from GitLab's source, not from
its documents, and can be switched: `recursion_detection` (an API request that carries a delivery's
`X-Gitlab-Event-UUID` sends nothing back to that hook; off) and `auto_disable` (on).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from flask import g, has_app_context

from service.sandbox.boards import Boards
from service.sandbox.gitlab import payloads
from service.sandbox.gitlab.call import FORGE
from service.sandbox.gitlab.people import VERSION
from service.sandbox.gitlab.shapes import alert_status, web
from service.sandbox.hooks import Message
from service.sandbox.rows import CommentRow, DeliveryRow, EventRow, HookRow, IssueRow, Project, ReactionRow

UPDATES = frozenset(
    {"edited", "labeled", "unlabeled", "assigned", "unassigned", "due_changed", "privacy_changed", "kind_changed",
     "locked", "unlocked", "milestoned", "demilestoned"}
)  # fmt: skip
TEST_KINDS = ("issues_events", "confidential_issues_events", "note_events", "confidential_note_events")
TEMPORARY_AFTER, PERMANENT_AFTER = 4, 40
FIRST_BACKOFF, LONGEST_BACKOFF = timedelta(minutes=1), timedelta(days=1)
_KEY_SPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


class GitLabSpeaker:
    def __init__(self, world: Boards) -> None:
        self._world = world
        self._told: dict[str, set[int]] = {}  # chain → the hooks that were told about it

    # --- what to tell -----------------------------------------------------------------------------------------

    def messages(self, project: Project, events: Sequence[EventRow]) -> Iterable[Message]:
        """A change of state is told before other changes of the same action, in a message of its own."""
        number = events[0].number
        issue = project.issues.get(number) if number is not None else None
        if issue is None:
            return
        kinds = {event.kind for event in events}
        if "opened" in kinds:
            yield self._about_issue(issue, events, "open")
            return
        for kind, action in (("closed", "close"), ("reopened", "reopen")):
            if kind in kinds:
                yield self._about_issue(issue, [event for event in events if event.kind == kind], action)
        updates = [event for event in events if event.kind in UPDATES]
        if updates:
            yield self._about_issue(issue, updates, "update")
        for event in events:
            yield from self._about_talk(issue, event)

    def _about_issue(self, issue: IssueRow, events: Sequence[EventRow], action: str) -> Message:
        world = self._world
        changes = payloads.opened(world, issue) if action == "open" else payloads.changes(world, issue, events)
        payload = payloads.issue_event(world, issue, events[0].actor, action, changes)
        name, subscription = ("Issue Hook", "issues_events")
        if issue.private:
            name, subscription = "Confidential Issue Hook", "confidential_issues_events"
        return Message(name, action, payload, subscription, self._chain())

    def _about_talk(self, issue: IssueRow, event: EventRow) -> Iterator[Message]:
        actions = {"commented": "create", "comment_edited": "update"}
        if event.kind in actions:
            note = next(row for row in issue.comments if row.id == event.detail["comment"])
            yield self._about_note(issue, note, actions[event.kind])
        if event.kind in {"reacted", "unreacted"}:
            yield self._about_emoji(issue, event)

    def _about_note(self, issue: IssueRow, note: CommentRow, action: str) -> Message:
        payload = payloads.note_event(self._world, issue, note, action)
        if note.internal or issue.private:
            return Message("Confidential Note Hook", action, payload, "confidential_note_events", self._chain())
        return Message("Note Hook", action, payload, "note_events", self._chain())

    def _about_emoji(self, issue: IssueRow, event: EventRow) -> Message:
        on = next((row for row in issue.comments if row.id == event.detail.get("on")), issue)
        row = ReactionRow(event.detail["reaction"], event.detail["content"], event.actor, event.at)
        action = "award" if event.kind == "reacted" else "revoke"
        payload = payloads.emoji_event(self._world, issue, on, row, action)
        return Message("Emoji Hook", action, payload, "emoji_events", self._chain())

    def example(self, issue: IssueRow, trigger: str) -> Message | None:
        """What a test delivery says; None where there is nothing to tell about."""
        event = EventRow(0, self._world.clock(), issue.author, issue.forge, issue.path, issue.number, "opened")
        if "issues" in trigger:
            return self._about_issue(issue, [event], "open")
        return self._about_note(issue, issue.comments[-1], "create") if issue.comments else None

    def _chain(self) -> str:
        """One a request; a request that names an earlier delivery's chain continues it."""
        if not has_app_context():
            return str(uuid.uuid4())
        if not g.get("chain"):
            g.chain, g.fresh_chain = str(uuid.uuid4()), True
        return str(g.chain)

    # --- to whom ----------------------------------------------------------------------------------------------

    def wants(self, hook: HookRow, message: Message) -> bool:
        if message.subscription not in hook.events or alert_status(hook, self._world.clock()) != "executable":
            return False
        continued = has_app_context() and not g.get("fresh_chain")
        detects = self._world.features[FORGE].recursion_detection
        return not (detects and continued and hook.id in self._told.get(message.chain, set()))

    def headers(self, hook: HookRow, delivery: DeliveryRow) -> dict[str, str]:
        """The key is stable over resends, and differs between hooks that are told the same."""
        self._told.setdefault(delivery.chain, set()).add(hook.id)
        key = str(uuid.uuid5(_KEY_SPACE, f"{delivery.guid}/{hook.id}"))
        now = str(int(self._world.clock().timestamp()))
        custom = {h["key"]: h["value"] for h in hook.options.get("custom_headers") or []}
        return custom | {
            "Content-Type": "application/json",
            "User-Agent": f"GitLab/{VERSION}",
            "X-Gitlab-Event": delivery.event,
            "X-Gitlab-Event-UUID": delivery.chain,
            "X-Gitlab-Webhook-UUID": str(uuid.uuid4()),
            "X-Gitlab-Instance": web(self._world),
            "Idempotency-Key": key,
            "webhook-id": key,
            "webhook-timestamp": now,
            **({"X-Gitlab-Token": hook.secret} if hook.secret else {}),
            **({"webhook-signature": _sign(hook, key, now, delivery.body)} if hook.signing_token else {}),
        }

    # --- and then ---------------------------------------------------------------------------------------------

    def answered(self, hook: HookRow, delivery: DeliveryRow) -> None:
        """Any failure counts the same; from the fourth in a row the hook pauses, at the fortieth it is off."""
        if 200 <= delivery.status < 400:
            hook.failures, hook.disabled_until, hook.active = 0, None, True
            return
        hook.failures += 1
        if not self._world.features[FORGE].auto_disable or hook.failures < TEMPORARY_AFTER:
            return
        if hook.failures >= PERMANENT_AFTER:
            hook.active, hook.disabled_until = False, None
            return
        backoff = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(hook.failures - TEMPORARY_AFTER, 20))
        hook.disabled_until = self._world.clock() + backoff


def _sign(hook: HookRow, message_id: str, timestamp: str, body: bytes) -> str:
    """Standard Webhooks: https://www.standardwebhooks.com/"""
    key = base64.b64decode(hook.signing_token.removeprefix("whsec_"))
    mac = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(mac.digest()).decode()}"
