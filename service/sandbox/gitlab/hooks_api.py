"""Webhooks of projects and groups, their deliveries, tests and resends.

https://docs.gitlab.com/api/project_webhooks/ · a test and a resend are answered before they are delivered, unlike
GitLab's, which wait: the sandbox answers one request at a time.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Any

from service.sandbox.gitlab.access import MAINTAINER, OWNER
from service.sandbox.gitlab.call import FORGE, Call, Problem, Reply, bad_parameter, forbidden, not_found
from service.sandbox.gitlab.paging import page
from service.sandbox.gitlab.shapes import GROUP_ONLY_EVENTS, HOOK_EVENTS, Json
from service.sandbox.gitlab.shapes import hook as shape
from service.sandbox.gitlab.webhooks import TEST_KINDS, GitLabSpeaker
from service.sandbox.rows import DeliveryRow, Group, HookRow, IssueRow, Project, Refused

OPTIONS = ("name", "description", "enable_ssl_verification", "push_events_branch_filter", "custom_webhook_template",
           "custom_headers")  # fmt: skip
SHOWN_EVENTS = 20


def _owner(call: Call) -> Project | Group:
    """Maintainers for a project's hooks; Owners, and a paid tier, for a group's."""
    call.actor  # noqa: B018 - refuses anonymous callers
    if "/groups/" not in call.url:
        project = call.project()
        call.need(project, MAINTAINER)
        return project
    group = call.group()
    if not call.premium:
        raise not_found()
    if call.group_level(group) < OWNER:
        raise forbidden()
    return group


def _find(call: Call, hook_id: int) -> tuple[Project | Group, HookRow]:
    owner = _owner(call)
    for row in owner.hooks:
        if row.id == hook_id:
            return owner, row
    raise not_found()


def list_hooks(call: Call) -> Reply:
    owner = _owner(call)
    return page(call, owner.hooks, lambda row: shape(row, owner, call.world.clock()))


def show(call: Call, hook_id: int) -> Any:
    owner, row = _find(call, hook_id)
    return shape(row, owner, call.world.clock())


def create(call: Call) -> Reply:
    """`push_events` is on unless switched off."""
    owner = _owner(call)
    row = _new(call)
    row.events = ["push_events"]
    _fill(call, row)
    owner.hooks.append(row)
    return Reply(shape(row, owner, call.world.clock()), 201)


def _new(call: Call) -> HookRow:
    try:
        return call.world.new_hook(str(call.required("url")))
    except Refused as problem:
        raise Problem(422, {"error": f"Invalid url given: {problem}"}) from None


def edit(call: Call, hook_id: int) -> Any:
    """A new address without a new token leaves the hook with none."""
    owner, row = _find(call, hook_id)
    url = call.text("url", row.url)
    if url != row.url:
        row.url, row.secret = _new(call).url, ""
    _fill(call, row)
    return shape(row, owner, call.world.clock())


def _fill(call: Call, row: HookRow) -> None:
    for name in (*HOOK_EVENTS, *GROUP_ONLY_EVENTS):
        if (on := call.flag(name)) is not None:
            row.events = [event for event in row.events if event != name] + ([name] if on else [])
    if "token" in call.params:
        row.secret = call.text("token")
    if "signing_token" in call.params and call.world.features[FORGE].signing_tokens:
        row.signing_token = _signing_token(call.text("signing_token"))
    row.options |= {name: call.params[name] for name in OPTIONS if name in call.params}


def _signing_token(text: str) -> str:
    """`whsec_` and the base64 of 32 bytes; "" takes it away."""
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if text and (len(key) != 32 or not text.startswith("whsec_")):
        raise Problem(422, {"error": "Signing token must be whsec_ followed by 32 base64-encoded bytes"})
    return text


def delete(call: Call, hook_id: int) -> None:
    owner, row = _find(call, hook_id)
    owner.hooks.remove(row)


# --- deliveries -----------------------------------------------------------------------------------------------


def list_events(call: Call, hook_id: int) -> Reply:
    """Newest first. `status`: a code, or successful, client_failure, server_failure."""
    _, row = _find(call, hook_id)
    wanted = call.words("status") or []
    answered = [d for d in reversed(row.deliveries) if d.answered and (not wanted or _matches(d, wanted))]
    return page(call, answered, lambda d: _event(row, d), most=SHOWN_EVENTS)


def _matches(delivery: DeliveryRow, wanted: Iterable[str]) -> bool:
    """No answer at all counts as GitLab's `internal error`, among the server's failures."""
    classes = {2: "successful", 4: "client_failure", 5: "server_failure", 0: "server_failure"}
    return bool({str(delivery.status), classes.get(delivery.status // 100, "")} & set(wanted))


def _event(row: HookRow, delivery: DeliveryRow) -> Json:
    return {
        "id": delivery.id,
        "url": row.url,
        "trigger": delivery.event.lower().replace(" ", "_") + "s",
        "request_headers": {**delivery.request_headers, "X-Gitlab-Token": "[REDACTED]"}
        if row.secret
        else delivery.request_headers,
        "request_data": json.loads(delivery.body),
        "response_headers": delivery.response_headers,
        "response_body": delivery.response_body,
        "execution_duration": delivery.duration,
        "response_status": str(delivery.status) if delivery.status else "internal error",
    }


def resend(call: Call, hook_id: int, event_id: int) -> Reply:
    """A new attempt under the same `Idempotency-Key`."""
    _, row = _find(call, hook_id)
    for delivery in row.deliveries:
        if delivery.id == event_id:
            call.world.courier.send_again(FORGE, row, delivery)
            return Reply({"response_status": delivery.status}, 201)
    raise not_found()


def test(call: Call, hook_id: int, trigger: str) -> Reply:
    """Tells about the newest issue or note, as if it had just happened."""
    owner, row = _find(call, hook_id)
    if trigger not in HOOK_EVENTS:
        raise bad_parameter("trigger does not have a valid value")
    issue = _newest(call, owner)
    if issue is None or trigger not in TEST_KINDS:
        raise Problem(422, {"message": "Ensure the project has issues."})
    message = GitLabSpeaker(call.world).example(issue, trigger)
    if message is None:
        raise Problem(422, {"message": "Ensure the project has notes."})
    call.world.courier.send(FORGE, row, message)
    return Reply({"message": "201 Created"}, 201)


def _newest(call: Call, owner: Project | Group) -> IssueRow | None:
    projects = [owner] if isinstance(owner, Project) else call.group_projects(owner)
    return max((i for p in projects for i in p.issues.values()), key=lambda i: i.id, default=None)


ROUTES = tuple(
    route
    for hooks in ("/projects/<owner>/hooks", "/groups/<owner>/hooks")
    for route in (
        ("GET", hooks, list_hooks),
        ("POST", hooks, create),
        ("GET", f"{hooks}/<int:hook_id>", show),
        ("PUT", f"{hooks}/<int:hook_id>", edit),
        ("DELETE", f"{hooks}/<int:hook_id>", delete),
        ("GET", f"{hooks}/<int:hook_id>/events", list_events),
        ("POST", f"{hooks}/<int:hook_id>/events/<int:event_id>/resend", resend),
        ("POST", f"{hooks}/<int:hook_id>/test/<trigger>", test),
    )
)
