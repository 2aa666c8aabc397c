"""The weekly message on its way: of the time since it was last told, once whoever runs it, and after an outage too."""

from __future__ import annotations

from datetime import datetime, timedelta

from service.audit import weekly
from service.audit.classification import RECENT
from service.audit.gathering import Audited
from service.audit.weekly import Period
from service.cron import Cron
from service.notifications.letters import worded
from service.providers.base import Unavailable
from service.settings import Settings
from service.store.database import Database
from service.store.journal import Journal
from service.store.outbox import Outbox
from service.store.watermarks import Watermark, Watermarks

_NAME = "weekly"
_INSTANT = timedelta(seconds=1)


class Weeks:
    """Raises `StoreUnavailable` where the database does not answer."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._outbox, self._journal, self._marks = Outbox(database), Journal(database), Watermarks(database)
        self._settings = settings
        self._cron = Cron.parse(settings.weekly, settings.timezone)

    def tell(self, audited: Audited, tick: datetime) -> int:
        """Puts what there is to say into the outbox, and says by how many routes.

        Raises `Unavailable` where nothing could be read: silence would then say that all is well.
        """
        if audited.failures and not audited.policies:
            raise Unavailable(f"no project could be read: {audited.failures[0].where}: {audited.failures[0].reason}")
        period = self._period(tick)
        refused = self._journal.reopened(period.after, period.until)
        letters = weekly.letters(audited, self._settings.routes, period, refused)
        self._outbox.put([worded(letter, self._settings.messages) for letter in letters])
        self._marks.keep(_NAME, Watermark(tick))
        return len(letters)

    def _period(self, tick: datetime) -> Period:
        """No longer than closed issues are read back for. A tick that is run again finds its letters there already."""
        mark = self._marks.find(_NAME)
        before = self._cron.last(tick - RECENT, tick - _INSTANT) or tick - RECENT
        after = mark.at if mark is not None and mark.at < tick else before
        zone = self._cron.zone
        return Period(max(after, tick - RECENT).astimezone(zone), tick.astimezone(zone))
