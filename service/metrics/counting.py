"""What happens in this process, counted. Each part of the service tells its own little of it, and knows no more."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias, TypeVar, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.metrics import MetricWrapperBase

from service.links import Kind
from service.metrics import catalogue
from service.metrics.metric import Metric
from service.model import Change, IssueRef, Plan, Reopen
from service.providers import base
from service.providers.exchanges import Exchange
from service.reconciler import Journal
from service.store.database import StoreUnavailable

Look: TypeAlias = Callable[[IssueRef], Plan]
OTHER = "other"
# An event's name before its action: of actions there are many, and forges add to them.
_EVENTS = frozenset(
    {"issues", "issue_comment", "sub_issues", "projects_v2_item"}
    | {"Issue Hook", "Confidential Issue Hook", "Note Hook", "Confidential Note Hook"}
)
_ACTION = re.compile(r"[./].*")
_ERRORS = (  # the narrower before the wider
    base.Gone,
    base.NotFound,
    base.Forbidden,
    base.Rejected,
    base.Reserved,
    base.RateLimited,
    base.Conflict,
    base.MalformedReply,
    base.Unavailable,
    StoreUnavailable,
)
W = TypeVar("W", bound=MetricWrapperBase)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series beside each counter, which nobody asks for


class Counts:
    """One process's counters, in the registry that is handed in. Safe to share among threads."""

    def __init__(
        self, registry: CollectorRegistry, *, version: str, forges: Iterable[str], routes: Iterable[str] = ()
    ) -> None:
        def made(kind: type[W], metric: Metric) -> W:
            own = {"buckets": metric.buckets} if metric.buckets else {}
            return kind(metric.name, metric.meaning, metric.labels, registry=registry, **own)  # type: ignore[arg-type]

        self._deliveries = made(Counter, catalogue.DELIVERIES)
        self._looks = made(Histogram, catalogue.LOOKS)
        self._errors = made(Counter, catalogue.LOOK_ERRORS)
        self._changes = made(Counter, catalogue.CHANGES)
        self._refusals = made(Counter, catalogue.REFUSALS)
        self._overrides = made(Counter, catalogue.OVERRIDES)
        self._leases = made(Counter, catalogue.LEASES)
        self._requests = made(Counter, catalogue.REQUESTS)
        self._request_seconds = made(Histogram, catalogue.REQUEST_SECONDS)
        self._quota = made(Gauge, catalogue.QUOTA)
        self._notifications = made(Counter, catalogue.NOTIFICATIONS)
        self._calendars = made(Counter, catalogue.CALENDARS)
        made(Gauge, catalogue.BUILD).labels(version, platform.python_version()).set(1)
        for forge in forges:  # 0 from the start, or the first would be no increase
            self._overrides.labels(forge)
            self._deliveries.labels(forge, OTHER, "refused")
            self._deliveries.labels(forge, OTHER, "stale")
            for event in _EVENTS:
                self._deliveries.labels(forge, event, "unstored")
        for kind in get_args(Kind):
            self._calendars.labels(kind, "refused")
        for route in routes:
            self._notifications.labels(route, "given_up")

    def delivered(self, forge: str, event: str, result: str) -> None:
        """A delivery came in. `event` is the forge's own name of it, and empty where it was not believed."""
        known = _ACTION.sub("", event)
        self._deliveries.labels(forge, known if known in _EVENTS else OTHER, result).inc()

    def exchanged(self, forge: str, exchange: Exchange) -> None:
        """A request was sent to a forge."""
        code = "none" if exchange.status is None else str(exchange.status)
        self._requests.labels(forge, exchange.endpoint, code).inc()
        if exchange.seconds is not None:
            self._request_seconds.labels(forge).observe(exchange.seconds)
        if exchange.quota is not None:
            self._quota.labels(forge, exchange.quota.resource).set(exchange.quota.remaining)

    def notified(self, route: str, outcome: str) -> None:
        """A notification was sent by this route, or could not be."""
        self._notifications.labels(route, outcome).inc()

    def calendar(self, kind: Kind, result: str) -> None:
        """Somebody asked for a calendar."""
        self._calendars.labels(kind, result).inc()

    def lease_expired(self) -> None:
        """An issue was taken over from a worker that had fallen silent."""
        self._leases.inc()

    def looking(self, look: Look, *, acts: bool) -> Look:
        """The same look, timed, and its errors counted. `acts`: it remembers what it saw; a dry run sees it again."""

        def timed(ref: IssueRef) -> Plan:
            begun, outcome = time.perf_counter(), "failed"
            try:
                plan = look(ref)
                outcome = "changed" if plan.changes else "unchanged"
            except Exception as error:
                self._errors.labels(ref.forge, _name(error)).inc()
                raise
            finally:
                self._looks.labels(ref.forge, outcome).observe(time.perf_counter() - begun)
            self._overrides.labels(ref.forge).inc(len(plan.overrides) if acts else 0)
            return plan

        return timed

    def recording(self, journal: Journal) -> Journal:
        """The same journal, each write counted."""
        return _Counted(journal, self._recorded)

    def _recorded(self, ref: IssueRef, rules: str, change: Change, result: str) -> None:
        outcome = "ok" if result == "ok" else "failed"
        for rule in rules.split(", "):
            self._changes.labels(ref.forge, rule, type(change).__name__, outcome).inc()
            if isinstance(change, Reopen) and outcome == "ok":
                self._refusals.labels(ref.forge, rule).inc()


class _Counted:
    """A journal that also tells what it records."""

    def __init__(self, journal: Journal, tell: Callable[[IssueRef, str, Change, str], None]) -> None:
        self._journal, self._tell = journal, tell

    def record(self, ref: IssueRef, *, rule: str, change: Change, result: str, request: str = "") -> None:
        self._tell(ref, rule, change, result)
        self._journal.record(ref, rule=rule, change=change, result=result, request=request)

    def made_lately(self, target: IssueRef, names: Collection[str]) -> Collection[str]:
        return self._journal.made_lately(target, names)


def _name(error: Exception) -> str:
    """The name of the error's family: of subclasses a forge may have any number."""
    return next((kind.__name__ for kind in _ERRORS if isinstance(error, kind)), OTHER)
