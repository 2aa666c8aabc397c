"""The requests we make of GitLab, one method each: paths, parameters and replies, and no decisions.

Updates go through `manager.update`: `object.save()` would send back every list that was merely read, and so undo a
person's label. Lists are read lazily, page by page. https://docs.gitlab.com/api/rest/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from gitlab.v4.objects import Project, ProjectIssue, ProjectIssueNote

from service.model import IssueRef
from service.providers.base import MalformedReply, Unavailable
from service.providers.gitlab import queries
from service.providers.gitlab.connection import PAGE, Connection, Row, Sdk
from service.providers.gitlab.errors import reading

T = TypeVar("T")
EVENTS_PAGE = 20
MOST_NOTES = 5_000  # GitLab's own limit for one issue


@dataclass(frozen=True, slots=True)
class Owner:
    """Of webhooks: a project, or a group."""

    name: str
    is_group: bool = False

    def __str__(self) -> str:
        return f"the group {self.name}" if self.is_group else self.name

    @property
    def path(self) -> str:
        return f"/{'groups' if self.is_group else 'projects'}/{quote(self.name, safe='')}"


class GraphQLRefused(Exception):
    """The server's GraphQL does not answer our document: too old, switched off, or too complex for it."""


class Gateway:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def sent(self) -> int:
        return self._connection.sent

    @property
    def written(self) -> str:
        """GitLab's id of the last request that writes; "" after `forget_written`."""
        return self._connection.written

    def forget_written(self) -> None:
        self._connection.forget_written()

    def together(self, act: Callable[[], T]) -> T:
        """See `Connection.together`."""
        return self._connection.together(act)

    # --- issues -----------------------------------------------------------------------------------------------

    def issue(self, ref: IssueRef) -> Row:
        return self._connection.repeat(
            f"reading {ref}", lambda sdk: _project(sdk, ref.project).issues.get(ref.number).attributes
        )

    def issues(self, project: str, filters: Mapping[str, Any], *, most: int | None = None) -> Iterator[Row]:
        """Issues of a project. `filters` as the API documents them, lists as lists."""
        bound = {} if most is None else {"most": most}
        return self._connection.rows(
            f"listing issues of {project}",
            lambda sdk: _project(sdk, project).issues.list(iterator=True, **filters),
            **bound,
        )

    def group_issues(self, group: str, filters: Mapping[str, Any], *, most: int) -> Iterator[Row]:
        """Issues of a group's projects and those of its subgroups, archived ones left out."""
        return self._connection.rows(
            f"listing issues of the group {group}",
            lambda sdk: sdk.groups.get(group, lazy=True).issues.list(iterator=True, **filters),
            most=most,
        )

    def group_projects(self, group: str) -> Iterator[Row]:
        """A group's projects and those of its subgroups, without what is archived, shared in or keeps no issues."""
        wanted = {"include_subgroups": True, "with_shared": False, "archived": False, "with_issues_enabled": True}
        return self._connection.rows(
            f"listing projects of the group {group}",
            lambda sdk: sdk.groups.get(group, lazy=True).projects.list(
                iterator=True, simple=True, order_by="id", sort="asc", **wanted
            ),
        )

    def update_issue(self, ref: IssueRef, fields: Mapping[str, Any]) -> Row:
        """The issue as it is after the PUT: GitLab answers 200 also where it dropped a field without a word."""
        doing = f"writing {', '.join(fields)} of {ref}"
        return self._connection.repeat(
            doing, lambda sdk: _row(_project(sdk, ref.project).issues.update(ref.number, dict(fields)), doing)
        )

    def create_issue(self, project: str, fields: Mapping[str, Any]) -> Row:
        return self._connection.create(
            f"creating an issue in {project}",
            lambda sdk: _project(sdk, project).issues.create(dict(fields)).attributes,
        )

    def create_work_item(self, fields: Mapping[str, Any]) -> Row:
        """The new work item, with what it is linked to. Raises `GraphQLRefused` where the server, or its rules for this
        item, do not let it come about this way.

        https://docs.gitlab.com/api/graphql/reference/#mutationworkitemcreate
        """
        doing = f"creating an issue in {fields['namespacePath']}"
        sent = {"query": queries.CREATE, "variables": {"input": dict(fields)}}
        reply = self._connection.create(
            doing, lambda sdk: _row(sdk.http_post(f"{sdk.url}/api/graphql", post_data=sent), doing)
        )
        with reading(doing):
            made = (reply.get("data") or {}).get("workItemCreate") or {}
            if made.get("workItem"):
                return dict(made["workItem"])
            refused = str([*(reply.get("errors") or ()), *(made.get("errors") or ())])[:500]
        if "internal server error" in refused.lower():
            raise Unavailable(f"GitLab failed at {doing}: {refused}")
        raise GraphQLRefused(refused)

    # --- links ------------------------------------------------------------------------------------------------

    def links(self, ref: IssueRef) -> Iterator[Row]:
        """The related issues, each as an issue with `link_type` and `issue_link_id`."""
        return self._connection.rows(f"listing links of {ref}", lambda sdk: _issue(sdk, ref).links.list(iterator=True))

    def link(self, ref: IssueRef, target: IssueRef) -> None:
        """Raises `AlreadyThere` where the link exists. The reply holds no link id, so nothing is returned."""
        fields = {"target_project_id": target.project, "target_issue_iid": target.number, "link_type": "relates_to"}
        with reading(f"the link of {ref} to {target}"):
            self._connection.create(f"linking {ref} to {target}", lambda sdk: _issue(sdk, ref).links.create(fields))

    # --- comments ---------------------------------------------------------------------------------------------

    def notes(self, ref: IssueRef) -> Iterator[Row]:
        """Comments, oldest first. A page may hold fewer rows than asked for: the unreadable are left out of it."""
        wanted = {"sort": "asc", "order_by": "created_at", "activity_filter": "only_comments"}
        return self._connection.rows(
            f"listing comments of {ref}",
            lambda sdk: _issue(sdk, ref).notes.list(iterator=True, **wanted),
            most=MOST_NOTES,
        )

    def create_note(self, ref: IssueRef, body: str) -> Row:
        """The new note. A body of nothing but quick actions is answered 202 without one, and without an id."""
        row = self._connection.create(
            f"commenting on {ref}", lambda sdk: _issue(sdk, ref).notes.create({"body": body}).attributes
        )
        if "id" not in row:
            raise MalformedReply(f"GitLab took the comment on {ref} for quick actions and stored nothing")
        return row

    def update_note(self, ref: IssueRef, note_id: str, body: str) -> Row:
        doing = f"editing comment {note_id} on {ref}"
        return self._connection.repeat(
            doing, lambda sdk: _row(_issue(sdk, ref).notes.update(int(note_id), {"body": body}), doing)
        )

    def awards(self, ref: IssueRef, note_id: str) -> Iterator[Row]:
        return self._connection.rows(
            f"listing reactions to comment {note_id} on {ref}",
            lambda sdk: _note(sdk, ref, note_id).awardemojis.list(iterator=True),
        )

    def award(self, ref: IssueRef, note_id: str, emoji: str) -> None:
        self._connection.create(
            f"reacting to comment {note_id} on {ref}",
            lambda sdk: _note(sdk, ref, note_id).awardemojis.create({"name": emoji}),
        )

    def label_events(self, ref: IssueRef) -> Iterator[Row]:
        return self._connection.rows(
            f"listing label events of {ref}", lambda sdk: _issue(sdk, ref).resourcelabelevents.list(iterator=True)
        )

    # --- labels and files ------------------------------------------------------------------------------

    def labels(self, project: str) -> Iterator[Row]:
        """The project's labels and those of its groups, up to the top."""
        return self._connection.rows(
            f"listing labels of {project}",
            lambda sdk: _project(sdk, project).labels.list(iterator=True, include_ancestor_groups=True),
        )

    def create_label(self, project: str, fields: Mapping[str, str]) -> Row:
        """Raises `AlreadyThere` also where a group above the project has a label of that name."""
        return self._connection.create(
            f"creating label {fields['name']!r} in {project}",
            lambda sdk: _project(sdk, project).labels.create(dict(fields)).attributes,
        )

    def file(self, project: str, path: str) -> bytes:
        return self._connection.repeat(
            f"reading {path} in {project}",
            lambda sdk: _project(sdk, project).files.raw(file_path=path, ref="HEAD"),
        )

    # --- people -----------------------------------------------------------------------------------------------

    def viewer(self) -> Row:
        return self._connection.repeat(
            "asking who we are", lambda sdk: _row(sdk.http_get("/user"), "asking who we are")
        )

    def user(self, login: str) -> Row | None:
        """The person with this user name, in any case of letters."""
        found = self._connection.repeat(
            f"looking for user {login}", lambda sdk: sdk.users.list(username=login, get_all=False)
        )
        return found[0].attributes if found else None

    def access_level(self, project: str, user_id: int) -> int:
        """Effective, with what comes from groups and invitations. Raises `NotFound` for somebody who is no member."""
        doing = f"reading a role in {project}"
        row = self._connection.repeat(doing, lambda sdk: _project(sdk, project).members_all.get(user_id).attributes)
        with reading(f"a role in {project}"):
            return int(row["access_level"])

    # --- webhooks ---------------------------------------------------------------------------------------------

    def hooks(self, owner: Owner) -> Sequence[Row]:
        """At most a hundred, which is GitLab's own limit: https://docs.gitlab.com/user/gitlab_com/#webhooks"""
        return self._page(f"listing webhooks of {owner}", f"{owner.path}/hooks", {"per_page": PAGE})

    def hook_events(self, owner: Owner, hook: int, status: Sequence[str], *, most: int) -> Iterator[Row]:
        """The newest first, in pages of twenty: GitLab's maximum here."""
        doing = f"listing events of webhook {hook} of {owner}"
        for page in range(1, most // EVENTS_PAGE + 1):
            query = {"status[]": [*status], "per_page": EVENTS_PAGE, "page": page}
            found = self._page(doing, f"{owner.path}/hooks/{hook}/events", query)
            yield from found
            if len(found) < EVENTS_PAGE:
                return

    def resend(self, owner: Owner, hook: int, event: int) -> None:
        path = f"{owner.path}/hooks/{hook}/events/{event}/resend"
        self._connection.create(
            f"resending event {event} of webhook {hook} of {owner}", lambda sdk: sdk.http_post(path)
        )

    def _page(self, doing: str, path: str, query: Mapping[str, Any]) -> Sequence[Row]:
        found = self._connection.repeat(doing, lambda sdk: sdk.http_get(path, query_data=dict(query)))
        if not isinstance(found, list):
            raise MalformedReply(f"GitLab's answer to {doing} is not a list")
        return found

    # --- GraphQL ----------------------------------------------------------------------------------------------

    def graphql(self, query: str, variables: Mapping[str, Any]) -> Row:
        """The `data` of a query (never of a mutation: it is repeated like a read). Raises `GraphQLRefused`."""
        doing = "asking GraphQL"
        sent = {"query": query, "variables": dict(variables)}
        reply = self._connection.repeat(
            doing, lambda sdk: _row(sdk.http_post(f"{sdk.url}/api/graphql", post_data=sent), doing)
        )
        if reply.get("errors"):
            raise GraphQLRefused(str(reply["errors"])[:500])
        if not isinstance(reply.get("data"), dict):
            raise MalformedReply("GitLab's GraphQL answer holds neither data nor errors")
        return dict(reply["data"])


def _project(sdk: Sdk, path: str) -> Project:
    return sdk.projects.get(path, lazy=True)


def _issue(sdk: Sdk, ref: IssueRef) -> ProjectIssue:
    return _project(sdk, ref.project).issues.get(ref.number, lazy=True)


def _note(sdk: Sdk, ref: IssueRef, note_id: str) -> ProjectIssueNote:
    return _issue(sdk, ref).notes.get(int(note_id), lazy=True)


def _row(reply: Mapping[str, Any] | requests.Response, doing: str) -> Row:
    """python-gitlab hands back the bare response where the answer is not declared JSON (a proxy's page)."""
    if isinstance(reply, requests.Response) or not isinstance(reply, Mapping):
        raise MalformedReply(f"GitLab's answer to {doing} is not the JSON it documents")
    return dict(reply)
