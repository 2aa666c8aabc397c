"""What a plan means outside the tracker: messages that go out, and what calendars may show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service.model import IssueRef, Plan
from service.notifications.telling import Telling
from service.providers.base import NotFound
from service.settings import Settings
from service.store.appointments import Appointments
from service.store.database import Database
from service.store.outbox import Outbox
from service.work.looks import Look


class Outside:
    """Surrounds the changes of a plan. Raises `StoreUnavailable`, like the journal."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._telling = Telling(Outbox(database), settings.routes, settings.messages)
        self._appointments = Appointments(database)

    @contextmanager
    def __call__(self, plan: Plan) -> Iterator[None]:
        with self._telling(plan.notices):
            yield
        if plan.appointments is not None:
            self._appointments.keep(plan.ref, plan.appointments)

    def cleared(self, look: Look) -> Look:
        """The look; what it does not find any more leaves the calendars, too."""

        def looked(ref: IssueRef) -> Plan:
            try:
                return look(ref)
            except NotFound:
                self._appointments.keep(ref, ())
                raise

        return looked
