"""What stands in the database, read when somebody asks: the same in every process, so no process counts it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from threading import Lock
from typing import Any, TypeAlias, get_args

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector, CollectorRegistry

from service.metrics import audits, catalogue
from service.metrics.metric import Metric
from service.store.audits import Audits
from service.store.database import Database, StoreUnavailable
from service.store.inbox import Inbox
from service.store.journal import Journal
from service.store.webhooks import Webhooks
from service.work.jobs import JobState
from service.work.overview import Overview
from service.work.schedule import Schedule

Values: TypeAlias = dict[tuple[str, ...], float]  # by the metric's labels
Facts: TypeAlias = dict[Metric, Values]
PATIENCE = 2.0  # seconds; a scrape is usually given ten
_log = structlog.get_logger()


class Reading:
    """Reads all facts of one database. Raises `StoreUnavailable`."""

    def __init__(self, database: Database, schedule: Schedule, forges: Iterable[str]) -> None:
        self._overview, self._inbox, self._journal = Overview(database), Inbox(database), Journal(database)
        self._webhooks = Webhooks(database)
        self._audits, self._schedule, self._forges = Audits(database), schedule, tuple(forges)

    def __call__(self) -> Facts:
        backlog, jobs = self._overview.backlog(), self._schedule.known()
        latest = {(forge,): self._inbox.last_received(forge) for forge in self._forges}
        return {
            catalogue.QUEUE: {(state,): float(count) for state, count in backlog.depth.items()},
            catalogue.OLDEST: {(): backlog.oldest},
            catalogue.JOURNAL: {(result,): float(count) for result, count in self._journal.counts().items()},
            catalogue.LAST_DELIVERY: {labels: at.timestamp() for labels, at in latest.items() if at is not None},
            catalogue.WEBHOOKS: {labels: float(count) for labels, count in self._webhooks.counts().items()},
            catalogue.JOB_TICK: {(job.name,): job.tick.timestamp() for job in jobs},
            catalogue.JOB_STATE: {
                (job.name, state): float(job.state == state) for job in jobs for state in get_args(JobState)
            },
            **self._audit(),
        }

    def _audit(self) -> Facts:
        """The last run's counts; nothing before the first."""
        age = self._audits.success_age()
        found: Facts = {audits.SUCCESS: {} if age is None else {(): age}}
        for at, run in self._audits.latest(limit=1):
            found[audits.PROBLEMS] = {(kind,): float(count) for kind, count in run.problems.items()}
            single = {
                audits.END: at.timestamp(),
                audits.SECONDS: run.seconds,
                audits.PROJECTS: run.projects,
                audits.ITEMS: run.items,
                audits.REQUESTS: run.requests,
                audits.WRITES: run.writes,
                audits.FAILURES: run.failures,
            }
            found |= {metric: {(): float(value)} for metric, value in single.items()}
        return found


class FactsCollector(Collector):
    """Gives a registry what `read` finds within `patience` seconds, and whether it did.

    However many scrapes wait, and however long the database takes, one reading is under way at a time.
    """

    def __init__(self, read: Callable[[], Facts], registry: CollectorRegistry, *, patience: float = PATIENCE) -> None:
        self._read, self._patience = read, patience
        self._guard = Lock()
        self._under_way: Future[Facts] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="closeout-metrics")
        registry.register(self)

    def close(self) -> None:
        self._thread.shutdown()

    def describe(self) -> Iterator[Family]:
        """What may be collected: a registry asks when it is told of a collector, and then nothing should be read."""
        return (_family(metric, {}) for metric in catalogue.READ)

    def collect(self) -> Iterator[Family]:
        found: dict[Any, Values] = {catalogue.DATABASE_UP: {(): 1.0}}
        try:
            found |= self._started().result(self._patience)
        except (StoreUnavailable, NotInTime) as error:
            _log.warning("metrics_incomplete", reason=str(error) or f"no answer within {self._patience:g} seconds")
            found = {catalogue.DATABASE_UP: {(): 0.0}}
        return (_family(metric, found.get(metric, {})) for metric in catalogue.READ)

    def _started(self) -> Future[Facts]:
        with self._guard:
            if self._under_way is None or self._under_way.done():
                self._under_way = self._thread.submit(self._read)
            return self._under_way


def _family(metric: Metric, values: Values) -> Family:
    family = GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
