"""One GitHub server seen through one credential: what every part of the adapter shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from service.model import IssueRef
from service.providers.base import Forbidden, NotFound
from service.providers.cache import Cache
from service.providers.github.auth import Access
from service.providers.github.errors import ServerError, reading
from service.providers.github.gateway import Gateway, NoGraphQL, repository
from service.providers.github.mapping import TARGET_DATE
from service.providers.github.memory import Memory
from service.providers.github.queries import MORE_LABELS, Parts
from service.providers.last_reply import LastReply

HOUR = 3600
DAY = 24 * HOUR
LABEL_SECONDS = 300
_OUTAGE_SECONDS = 300
_Json = Mapping[str, Any]
T = TypeVar("T")


@dataclass
class Server:
    """`forge` is the configured name, which refs carry and cache keys begin with."""

    forge: str
    access: Access
    cache: Cache
    clock: Callable[[], datetime]  # ours: how old is what we remember
    forge_clock: Callable[[], datetime]  # the forge's: when is now, beside the times of its issues
    last_reply: LastReply
    is_dotcom: bool = False
    memory: Memory = field(default_factory=Memory)

    def gateway(self, project: str) -> Gateway:
        return self.access.gateway(project)

    def key(self, kind: str, project: str) -> tuple[str, str, str]:
        return (self.forge, kind, project.casefold())

    @property
    def has_reactions(self) -> bool:
        return self.cache.get(self.key("reactions", ""), default=True)

    def lacks_reactions(self) -> None:
        self.cache.put(self.key("reactions", ""), value=False, seconds=HOUR)

    # --- what the server and the project can do ---------------------------------------------------------------

    @property
    def has_graphql(self) -> bool:
        return self.cache.get(self.key("graphql", ""), default=True)

    @property
    def knows_graphql(self) -> bool:
        """github.com has GraphQL; elsewhere, whether it has answered before."""
        return self.is_dotcom or self.cache.get(self.key("graphql-worked", ""), default=False)

    def saw_graphql(self) -> None:
        self.cache.put(self.key("graphql-worked", ""), value=True, seconds=DAY)

    def lacks_graphql(self, seconds: float) -> None:
        self.cache.put(self.key("graphql", ""), value=False, seconds=seconds)

    def prefer_graphql(self, ask: Callable[[], T], otherwise: Callable[[], T]) -> T:
        """GraphQL, else REST. An endpoint that answers 500 before it ever worked counts as missing for a while."""
        if not self.has_graphql:
            return otherwise()
        try:
            found = ask()
        except NoGraphQL:
            self.lacks_graphql(HOUR)
        except ServerError as error:
            if error.status != 500 or self.knows_graphql:
                raise
            self.lacks_graphql(_OUTAGE_SECONDS)
        else:
            self.saw_graphql()
            return found
        return otherwise()

    def parts(self, project: str) -> Parts:
        """What to ask about in this owner's projects: everything, until an answer says otherwise."""
        known = self.cache.get(self.key("parts", _owner(project)), Parts())
        has_field = self.due_field(project) is not None
        return replace(known, fields=known.fields and has_field, dates=() if has_field else self.memory.dialect.dates)

    def saw_parts(self, project: str, parts: Parts) -> None:
        self.cache.put(self.key("parts", _owner(project)), parts, HOUR)

    def has_sub_issues(self, project: str) -> bool:
        return self.cache.get(self.key("parts", _owner(project)), Parts()).sub_issues

    def due_field(self, project: str) -> int | None:
        """The id of the organisation's Target date field; None for a person's repository or an older server.

        https://docs.github.com/en/rest/orgs/issue-fields
        """
        owner = _owner(project)
        key = self.key("due-field", owner)
        return self.cache.cached(key, HOUR, lambda: self._due_field(project, owner))

    def _due_field(self, project: str, owner: str) -> int | None:
        try:
            found = self.gateway(project).get(f"/orgs/{owner}/issue-fields")
        except (NotFound, Forbidden):
            return None
        with reading("issue fields"):
            dates = [f for f in found if f["name"] == TARGET_DATE and f["data_type"] == "date"]
            return int(dates[0]["id"]) if dates else None

    # --- names to ids -----------------------------------------------------------------------------------------

    def viewer(self) -> str:
        """Our own login."""
        if not self.memory.viewer:
            self.memory.viewer = self.cache.cached(self.key("viewer", ""), HOUR, self.access.login)
        return self.memory.viewer

    def saw_repository(self, project: str, node: _Json) -> frozenset[str]:
        """Remembers a repository's and its labels' ids. Returns the names of all its labels."""
        self.cache.put(self.key("repository", project), str(node["id"]), HOUR)
        found = {str(label["name"]): str(label["id"]) for label in node["labels"]["nodes"]}
        page = node["labels"]["pageInfo"]
        if page["hasNextPage"]:
            tail = self.key("label-tail", project)
            more = lambda: self._labels_after(project, str(page["endCursor"]))  # noqa: E731 - a page is asked for once
            found |= self.cache.cached(tail, LABEL_SECONDS, more)
        self.cache.put(self.key("labels", project), found, LABEL_SECONDS)
        return frozenset(found)

    def repository_id(self, project: str) -> str:
        return self.cache.cached(self.key("repository", project), HOUR, lambda: self._look(project))

    def label_ids(self, project: str) -> dict[str, str]:
        """Label name in lower case → node id."""
        if not self.known_labels(project):
            self._look(project)
        return self.known_labels(project)

    def known_labels(self, project: str) -> dict[str, str]:
        """The same without asking: nothing where the project's labels were not seen lately."""
        none: dict[str, str] = {}
        return {name.casefold(): node for name, node in self.cache.get(self.key("labels", project), none).items()}

    def saw_label(self, project: str, name: str, node: str) -> None:
        none: dict[str, str] = {}
        known = self.cache.get(self.key("labels", project), none)
        self.cache.drop(self.key("label-tail", project))
        if known:
            self.cache.put(self.key("labels", project), {**known, name: node}, LABEL_SECONDS)

    def forget_labels(self, project: str) -> None:
        for kind in ("labels", "label-tail"):
            self.cache.drop(self.key(kind, project))

    def _look(self, project: str) -> str:
        """Reads a repository's id and its labels. Returns the id."""
        node = self._labels_page(project, None)
        with reading(f"the repository {project}"):
            self.saw_repository(project, node)
            return str(node["id"])

    def _labels_after(self, project: str, cursor: str) -> dict[str, str]:
        found: dict[str, str] = {}
        while cursor:
            labels = self._labels_page(project, cursor)["labels"]
            found |= {str(label["name"]): str(label["id"]) for label in labels["nodes"]}
            cursor = str(labels["pageInfo"]["endCursor"]) if labels["pageInfo"]["hasNextPage"] else ""
        return found

    def _labels_page(self, project: str, after: str | None) -> _Json:
        answer = self.gateway(project).query(MORE_LABELS, {**named(project), "after": after})
        node = answer.data.get("repository")
        if not isinstance(node, dict):
            raise answer.why_not(project)
        return node


def _owner(project: str) -> str:
    return project.partition("/")[0]


def named(project: str) -> dict[str, object]:
    """A project as GraphQL variables."""
    owner, _, name = project.partition("/")
    return {"owner": owner, "name": name}


def issue_path(ref: IssueRef) -> str:
    return f"{repository(ref.project)}/issues/{ref.number}"
