"""`/calendar/…`: a meeting's invitation, and a project's coming reviews, for whoever has the address.

An address is the only key there is. Whether it is unknown, taken back or never was one, the answer is the same; none
is logged, and no page that it leads to is told of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, abort, request
from werkzeug.exceptions import NotFound

from service.links import Kind, Links
from service.model import Appointment, IssueRef
from service.store.appointments import Appointments
from service.store.feeds import Feeds
from service.web.ics import calendar

_HEADERS = {
    "Cache-Control": "private, max-age=300",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where calendars are taken from. `links`: None where the service knows no address of its own.

    `allows`: whether an issue's project is one that may be acted on. `asked` hears what each request led to.
    """

    links: Links | None
    appointments: Appointments
    feeds: Feeds
    allows: Callable[[IssueRef], bool]
    publisher: str
    asked: Callable[[Kind, str], None]


def add_calendars(app: Flask, shelf: Shelf) -> None:
    def meeting(name: str, seal: str) -> Response:
        _verified(shelf, "meetings", name, seal)
        found = shelf.appointments.find(name)
        if found is None or not shelf.allows(found[0]):
            abort(404)
        return _answer(shelf, (found[1],), "post-mortem.ics")

    def reviews(name: str, seal: str) -> Response:
        _verified(shelf, "reviews", name, seal)
        feed = shelf.feeds.find(name)
        if feed is None or not shelf.allows(IssueRef(feed.forge, feed.project, 1)):
            abort(404)
        entries = shelf.appointments.of_project(feed.forge, feed.project)
        shown = (one for one in entries if not (one.confidential or one.off))
        return _answer(shelf, shown, "reviews.ics", f"Post-mortems of {feed.project}")

    app.add_url_rule("/calendar/meetings/<name>/<seal>.ics", "meeting", _counted(shelf, "meetings", meeting))
    app.add_url_rule("/calendar/reviews/<name>/<seal>.ics", "reviews", _counted(shelf, "reviews", reviews))


def _counted(shelf: Shelf, kind: Kind, view: Callable[[str, str], Response]) -> Callable[[str, str], Response]:
    def answer(name: str, seal: str) -> Response:
        try:
            found = view(name, seal)
        except NotFound:
            shelf.asked(kind, "refused")
            raise
        shelf.asked(kind, "unchanged" if found.status_code == HTTPStatus.NOT_MODIFIED else "shown")
        return found

    return answer


def _verified(shelf: Shelf, kind: Kind, name: str, seal: str) -> None:
    """Before anything is looked up."""
    if shelf.links is None or not shelf.links.opens(kind, name, seal):
        abort(404)


def _answer(shelf: Shelf, entries: Iterable[Appointment], file: str, name: str = "") -> Response:
    text = calendar(entries, publisher=shelf.publisher, name=name)
    answer = Response(text, content_type="text/calendar; charset=utf-8; method=PUBLISH", headers=_HEADERS)
    answer.headers["Content-Disposition"] = f'inline; filename="{file}"'
    answer.add_etag()
    answer.make_conditional(request)
    return answer
