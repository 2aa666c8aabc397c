"""Looking at an issue's comments and related issues through GraphQL: one request for what fits a page of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from service.model import Issue, IssueRef
from service.providers.base import NotFound
from service.providers.gitlab import look_rest, mapping, queries
from service.providers.gitlab.errors import reading
from service.providers.gitlab.mapping import Note
from service.providers.gitlab.memory import WorkItem
from service.providers.gitlab.server import Server
from service.providers.gitlab.sighting import Sighting

_MOST_PAGES = 60  # of a hundred threads: GitLab keeps at most 5,000 comments
_Json = Mapping[str, Any]


@dataclass
class _Pages:
    """What the pages read so far hold, and where each of the two lists goes on (None: it is complete)."""

    viewer: str = ""
    edited_at: datetime | None = None
    work_item: WorkItem | None = None
    notes: dict[str, Note] = field(default_factory=dict)
    linked: dict[IssueRef, Issue] = field(default_factory=dict)
    notes_after: str | None = ""
    links_after: str | None = ""
    is_cut: bool = False  # a thread holds more notes than its page

    def variables(self, ref: IssueRef) -> dict[str, object]:
        return {
            "project": ref.project,
            "iid": str(ref.number),
            "notes": self.notes_after is not None,
            "notesAfter": self.notes_after or None,
            "links": self.links_after is not None,
            "linksAfter": self.links_after or None,
        }

    def add(self, data: _Json, forge: str) -> None:
        """Raises `NotFound` where GraphQL does not show what REST shows."""
        item = (data.get("namespace") or {}).get("workItem")
        if item is None:
            raise NotFound("GitLab's GraphQL does not show an issue that its REST API shows")
        widgets = mapping.widgets(item)
        self.viewer = (data.get("currentUser") or {}).get("username") or ""
        kind = item.get("workItemType") or {}
        self.work_item = WorkItem(item["id"], kind["id"], kind["name"]) if kind else None
        self.edited_at = mapping.moment(widgets.get("WorkItemWidgetDescription", {}).get("lastEditedAt"))
        self._add_notes(widgets.get("WorkItemWidgetNotes", {}).get("discussions") or {})
        self._add_links(widgets.get("WorkItemWidgetLinkedItems", {}).get("linkedItems") or {}, forge)

    def _add_notes(self, threads: _Json) -> None:
        for thread in threads.get("nodes") or ():
            self.is_cut = self.is_cut or bool((thread["notes"].get("pageInfo") or {}).get("hasNextPage"))
            found = (mapping.graphql_note(node) for node in thread["notes"]["nodes"] if node)
            self.notes |= {note.id: note for note in found if note}
        self.notes_after = _next(threads)

    def _add_links(self, links: _Json, forge: str) -> None:
        for link in links.get("nodes") or ():
            found = mapping.work_item(link["workItem"], forge) if link and link.get("workItem") else None
            if found is not None:
                self.linked[found.ref] = found
        self.links_after = _next(links)


def look(server: Server, ref: IssueRef) -> Sighting:
    """Raises `GraphQLRefused` where the server does not answer our document."""
    pages = _Pages()
    for _ in range(_MOST_PAGES):
        data = server.gateway.graphql(queries.RELATED, pages.variables(ref))
        with reading(f"the comments and links of {ref}"):
            pages.add(data, ref.forge)
        if pages.is_cut or (pages.notes_after is None and pages.links_after is None):
            break
    if pages.viewer:
        server.saw_viewer(pages.viewer)
    notes = look_rest.notes(server, ref) if pages.is_cut else tuple(pages.notes.values())
    linked = look_rest.linked(server, ref) if pages.links_after else tuple(pages.linked.values())
    return Sighting(pages.viewer or server.viewer(), notes, linked, pages.edited_at, pages.work_item)


def _next(connection: _Json) -> str | None:
    page = connection.get("pageInfo") or {}
    return (page.get("endCursor") or None) if page.get("hasNextPage") else None
