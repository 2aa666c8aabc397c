"""One GitLab server seen through one credential: what every part of the adapter shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from service.providers.base import NotFound
from service.providers.cache import Cache
from service.providers.gitlab.errors import reading
from service.providers.gitlab.gateway import Gateway
from service.providers.gitlab.memory import Memory
from service.providers.last_reply import LastReply

HOUR = 3600
DAY = 24 * HOUR
LABEL_SECONDS = 300
PREMIUM_ASSIGNEES = 10  # GitLab takes 200; ten is what a policy may count on with either forge


@dataclass
class Server:
    """`forge` is the configured name, which refs carry and cache keys begin with."""

    forge: str
    gateway: Gateway
    cache: Cache
    clock: Callable[[], datetime]  # ours: how old is what we remember
    forge_clock: Callable[[], datetime]  # the forge's: when is now, beside the times of its issues
    last_reply: LastReply
    memory: Memory = field(default_factory=Memory)

    def key(self, kind: str, name: str) -> tuple[str, str, str]:
        return (self.forge, kind, name.casefold())

    # --- who we are -------------------------------------------------------------------------------------------

    def viewer(self) -> str:
        """Our own login."""
        return self.cache.cached(self.key("viewer", ""), HOUR, self._viewer)

    def saw_viewer(self, login: str) -> None:
        self.cache.put(self.key("viewer", ""), login, HOUR)

    def _viewer(self) -> str:
        with reading("our own account"):
            return str(self.gateway.viewer()["username"])

    # --- what the server and the project can do ---------------------------------------------------------------

    @property
    def has_graphql(self) -> bool:
        return self.cache.get(self.key("graphql", ""), default=True)

    @property
    def graphql_worked(self) -> bool:
        return self.cache.get(self.key("graphql-worked", ""), default=False)

    def saw_graphql(self) -> None:
        self.cache.put(self.key("graphql-worked", ""), value=True, seconds=DAY)

    def lacks_graphql(self, seconds: float) -> None:
        self.cache.put(self.key("graphql", ""), value=False, seconds=seconds)

    @property
    def reads_files_together(self) -> bool:
        return self.has_graphql and self.cache.get(self.key("files-together", ""), default=True)

    def reads_files_one_by_one(self, seconds: float) -> None:
        self.cache.put(self.key("files-together", ""), value=False, seconds=seconds)

    def creates_linked(self, project: str) -> bool:
        """Whether an issue can be created and linked in one request."""
        return self.has_graphql and self.cache.get(self.key("creates-linked", project), default=True)

    def cannot_create_linked(self, project: str) -> None:
        self.cache.put(self.key("creates-linked", project), value=False, seconds=HOUR)

    def max_assignees(self, project: str) -> int:
        """One on the Free tier. Nothing an ordinary member may read tells the tier, so it is learned from what is
        seen: an issue with several assignees proves Premium.
        """
        return self.cache.get(self.key("max-assignees", _group(project)), default=1)

    def saw_assignees(self, project: str, count: int) -> None:
        if count > 1:
            self.cache.put(self.key("max-assignees", _group(project)), PREMIUM_ASSIGNEES, DAY)

    # --- labels -----------------------------------------------------------------------------------------------

    def labels(self, project: str) -> frozenset[str]:
        """Names of the labels that issues of the project can carry, those of its groups included."""
        return frozenset(self.label_ids(project))

    def label_ids(self, project: str) -> dict[str, int]:
        """The same labels with their ids; 0 where only the name is known."""
        return self.cache.cached(self.key("labels", project), LABEL_SECONDS, lambda: self._labels(project))

    def saw_label(self, project: str, name: str, label_id: int) -> None:
        self.cache.put(self.key("labels", project), {**self.label_ids(project), name: label_id}, LABEL_SECONDS)

    def _labels(self, project: str) -> dict[str, int]:
        with reading(f"the labels of {project}"):
            return {str(row["name"]): int(row.get("id") or 0) for row in self.gateway.labels(project)}

    # --- files ------------------------------------------------------------------------------------------------

    def file_text(self, project: str, path: str) -> str | None:
        try:
            return self.gateway.file(project, path).decode("utf-8-sig", "replace")
        except NotFound:
            return None


def _group(project: str) -> str:
    """The top-level group, which is what is subscribed to a tier on GitLab.com."""
    return project.partition("/")[0]
