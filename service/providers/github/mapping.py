"""GitHub's JSON → the model. Pure; both of GitHub's dialects end in the same values.

GraphQL: https://docs.github.com/en/graphql/reference/objects#issue · REST: https://docs.github.com/en/rest/issues
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from service.model import Card, Issue, IssueRef, Permission, StateReason, Timebox

TARGET_DATE = "Target date"  # the organisation's default issue field for a deadline
_REASONS: Mapping[str, StateReason] = {
    "completed": "completed",
    "not_planned": "not_planned",
    "duplicate": "duplicate",
}
_RECEIPTS = ("THUMBS_UP", "EYES")
_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SeenComment:
    """A comment before anybody decided whether it matters. `reacted`: our reaction is on it (None: somebody's is)."""

    id: str
    author: str
    body: str
    created_at: datetime | None
    updated_at: datetime | None
    reacted: bool | None


@dataclass(frozen=True, slots=True)
class DateField:
    """Where a card keeps a deadline: node ids of the board, the card on it, and the board's date field."""

    board: str
    card: str
    id: str


@dataclass(frozen=True, slots=True)
class Item:
    """An issue's card on the board with this number. `due` is what the board's date field says, where it has one."""

    id: str
    project: int
    column: str | None
    date_field: DateField | None = None
    due: date | None = None


# --- GraphQL --------------------------------------------------------------------------------------------------


def nodes(connection: _Json) -> Iterator[_Json]:
    """A connection's nodes. A node is null where our account may not see it."""
    return (node for node in connection["nodes"] if node is not None)


def login(actor: _Json | None) -> str:
    """A login as REST and `viewer` spell it: an App's is `slug[bot]`, though GraphQL names its author `slug`."""
    if actor is None:
        return "ghost"  # what GitHub shows in place of a deleted account
    name = str(actor["login"])
    is_bot = actor.get("__typename") == "Bot" and not name.endswith("[bot]")
    return f"{name}[bot]" if is_bot else name


def ref_of(node: _Json, home: IssueRef) -> IssueRef:
    """An issue's ref; its project is spelled as in `home` where that is the same one in another case."""
    project = str(node["repository"]["nameWithOwner"])
    same = project.casefold() == home.project.casefold()
    return IssueRef(home.forge, home.project if same else project, int(node["number"]))


def issue_of(node: _Json, home: IssueRef, *, linked: bool = False) -> Issue:
    ref = ref_of(node, home)
    is_closed = node["state"] == "CLOSED"
    cards = tuple(items(node, ref.project))
    dated = only_dated(cards)
    return Issue(
        ref=ref,
        title=str(node["title"]),
        body=str(node["body"] or ""),
        state="closed" if is_closed else "open",
        state_reason=_REASONS.get(str(node["stateReason"] or "").lower()) if is_closed else None,
        labels=frozenset(str(label["name"]) for label in nodes(node["labels"])),
        assignees=frozenset(str(person["login"]) for person in nodes(node["assignees"])),
        due=dated.due if dated else _due(node.get("issueFieldValues")),
        cards=tuple(Card(card.project, card.column, dated=card.date_field is not None) for card in cards),
        author=login(node["author"]),
        created_at=moment(node["createdAt"]),
        updated_at=moment(node["updatedAt"]),
        closed_at=moment(node["closedAt"]) if is_closed else None,
        body_edited_at=moment(node["lastEditedAt"]),
        url=str(node["url"]),
        timeboxes=_milestone(node.get("milestone"), "dueOn"),
        linked=linked,
    )


def items(node: _Json, project: str) -> Iterator[Item]:
    """The issue's cards on open boards of the repository's owner."""
    owner = project.partition("/")[0].casefold()
    for item in nodes(node.get("projectItems") or {"nodes": ()}):
        board = item["project"]
        if board["closed"] or str((board["owner"] or {}).get("login", owner)).casefold() != owner:
            continue
        named = sorted(key for key in board if key.startswith("date"))  # in the order of the team's names
        alias = next((key for key in named if _is_date(board[key])), None)
        yield Item(
            id=str(item["id"]),
            project=int(board["number"]),
            column=(item["status"] or {}).get("name"),
            date_field=DateField(str(board["id"]), str(item["id"]), str(board[alias]["id"])) if alias else None,
            due=day((item[alias] or {}).get("date")) if alias else None,
        )


def _is_date(field: _Json | None) -> bool:
    """Whether a board's field of a deadline's name holds dates; one of another type is an empty object here."""
    return field is not None and field.get("dataType") == "DATE"


def only_dated(cards: Iterable[Item]) -> Item | None:
    """The one card whose board has a date field; see `Snapshot.keeps_due`."""
    found = [card for card in cards if card.date_field is not None]
    return found[0] if len(found) == 1 else None


def _due(values: _Json | None) -> date | None:
    for value in nodes(values or {"nodes": ()}):
        if value.get("__typename") == "IssueFieldDateValue" and (value["field"] or {}).get("name") == TARGET_DATE:
            return day(value["value"])
    return None


def comment_of(node: _Json) -> SeenComment:
    groups = node["reactionGroups"] or ()
    return SeenComment(
        id=str(node["fullDatabaseId"]),
        author=login(node["author"]),
        body=str(node["body"] or ""),
        created_at=moment(node["createdAt"]),
        updated_at=moment(node["updatedAt"]),
        reacted=any(group["viewerHasReacted"] and group["content"] in _RECEIPTS for group in groups),
    )


def label_times(timeline: _Json) -> dict[str, datetime]:
    """When each label was last put on, as far back as the timeline reaches."""
    events = (event for event in nodes(timeline) if event["__typename"] == "LabeledEvent")
    return _times((event["label"]["name"], event["createdAt"]) for event in events)


def closed_by(timeline: _Json) -> str | None:
    events = [event for event in nodes(timeline) if event["__typename"] == "ClosedEvent"]
    return login(events[-1]["actor"]) if events else None


# --- REST -----------------------------------------------------------------------------------------------------


def issue_of_rest(row: _Json, ref: IssueRef, *, linked: bool = False) -> Issue:
    is_closed = row["state"] == "closed"
    closer = row.get("closed_by")
    return Issue(
        ref=ref,
        title=str(row["title"]),
        body=str(row["body"] or ""),
        state="closed" if is_closed else "open",
        state_reason=_REASONS.get(str(row.get("state_reason") or "")) if is_closed else None,
        labels=frozenset(_label_name(label) for label in row["labels"]),
        assignees=frozenset(str(person["login"]) for person in row.get("assignees") or ()),
        due=_due_of_rest(row.get("issue_field_values") or ()),
        author=login(row["user"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        closed_at=moment(row["closed_at"]) if is_closed else None,
        closed_by=login(closer) if is_closed and closer else None,
        url=str(row["html_url"]),
        timeboxes=_milestone(row.get("milestone"), "due_on"),
        linked=linked,
    )


def project_of_rest(row: _Json) -> str:
    """`…/repos/acme/shop` → `acme/shop`: where a REST issue really lives."""
    return str(row["repository_url"]).partition("/repos/")[2]


def _label_name(label: _Json | str) -> str:
    """REST documents both forms: https://docs.github.com/en/rest/issues/issues#get-an-issue"""
    return label if isinstance(label, str) else str(label["name"])


def _due_of_rest(values: Iterable[_Json]) -> date | None:
    for value in values:
        if value.get("issue_field_name") == TARGET_DATE and value.get("data_type") == "date":
            return day(value["value"])
    return None


def comment_of_rest(row: _Json) -> SeenComment:
    """REST counts reactions without saying whose they are, so that only none at all is an answer."""
    counts = row.get("reactions") or {}
    has_some = any(counts.get(name) for name in ("+1", "eyes"))
    return SeenComment(
        id=str(row["id"]),
        author=login(row["user"]),
        body=str(row["body"] or ""),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        reacted=None if has_some else False,
    )


def label_times_of_rest(events: Iterable[_Json]) -> dict[str, datetime]:
    return _times((e["label"]["name"], e["created_at"]) for e in events if e.get("event") == "labeled")


def permission_of(reply: _Json) -> Permission:
    """`role_name` tells maintain and triage apart; a custom role falls back to what it inherits from.

    https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    """
    for name in (reply.get("role_name"), reply.get("permission")):
        if name in list(Permission):
            return Permission(name)
    return Permission.NONE


# --- both -----------------------------------------------------------------------------------------------------


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _milestone(found: _Json | None, due_on: str) -> tuple[Timebox, ...]:
    """A milestone's day stands as the midnight in California with which it begins, 07:00 or 08:00 in UTC: its date is
    the day that was chosen. https://docs.github.com/en/rest/issues/milestones
    """
    if found is None:
        return ()
    is_open = str(found["state"]).lower() == "open"
    return (Timebox("milestone", str(found["title"]), last=day(found[due_on]), open=is_open),)


def _times(pairs: Iterable[tuple[str, str]]) -> dict[str, datetime]:
    """Events come oldest first, so the last one of a label stands."""
    return {str(name): datetime.fromisoformat(at) for name, at in pairs}
