"""Notifications: whether they can be sent, whether they were, and what a project's policy makes of the routes.

An address is a secret as a whole, and in no line.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from service.doctor.lines import About, Line, moment, span
from service.doctor.observation import Heard, Observation, RouteSeen, StoreSeen
from service.ladder import Step
from service.model import IssueRef
from service.policy import Policy
from service.routing import unknown, wants
from service.settings import NO_APPRISE, Outlet, RouteKind
from service.store.outbox import Mail

LATELY = timedelta(days=7)
_LONG_WAIT = timedelta(minutes=10)  # the job comes each minute
_SYNTAX = "write it as https://github.com/caronc/apprise/wiki has it; `closeout notify test {}` tries it"
_NOBODY = "see that a `closeout serve` or `closeout worker` with this route runs on this database"


def lines(seen: Observation) -> Iterator[Line]:
    about = About("notifications")
    if not seen.routes:
        yield about.ok("routes", "none is configured: nothing leaves the tracker")
        if seen.is_weekly:
            yield about.warn("weekly", "CLOSEOUT_WEEKLY is set, and there is no route", "set CLOSEOUT_NOTIFY")
        return
    if any(route.understood is None for route in seen.routes):
        what, _, fix = NO_APPRISE.partition(": ")[2].partition("; ")
        yield about.fail("apprise", what, fix)
    work = seen.store.work if isinstance(seen.store, StoreSeen) else None
    for route in seen.routes:
        yield from _route(route, None if work is None else work.mail.get(route.outlet.name, Mail()))


def _route(route: RouteSeen, mail: Mail | None) -> Iterator[Line]:
    name, about = route.outlet.name, About(f"route {route.outlet.name}")
    if route.understood is False:
        yield about.fail("address", "Apprise does not know what to do with its address", _SYNTAX.format(name))
    elif route.understood:
        yield about.ok("address", f"Apprise knows the service; it takes {_takes(route.outlet)}")
    yield about.skipped("outbox", "the database does not tell") if mail is None else _outbox(about, name, mail)


def _takes(outlet: Outlet) -> str:
    kinds = ", ".join(sorted(outlet.kinds)) if outlet.kinds is not None else "every kind"
    return f"{kinds}, {'confidential ones too' if outlet.confidential else 'nothing confidential'}"


def _outbox(about: About, name: str, mail: Mail) -> Line:
    sent = f"the last was sent at {moment(mail.sent_at)}" if mail.sent_at else "none was sent yet"
    why = f": {mail.error}" if mail.error else ""
    if mail.failed:
        what = f"{_messages(mail.failed)} given up in the last {span(LATELY)}{why}; {sent}"
        return about.warn("outbox", what, f"`closeout notify list` names them; {_try(name)}")
    if mail.error:
        return about.warn("outbox", f"{_messages(mail.waiting)} waiting to be tried again{why}; {sent}", _try(name))
    if mail.oldest > _LONG_WAIT.total_seconds():
        what = f"{_messages(mail.waiting)} waiting for {span(timedelta(seconds=mail.oldest))}; {sent}"
        return about.warn("outbox", what, _NOBODY)
    return about.ok("outbox", sent)


def _messages(count: int) -> str:
    return "1 message is" if count == 1 else f"{count} messages are"


def _try(name: str) -> str:
    return f"mend the reason given, if it stays; `closeout notify test {name}` asks its service now"


# --- a project ------------------------------------------------------------------------------------------------


def heard(policy: Policy, ref: IssueRef) -> Heard:
    """What routes may hear of this issue's project, whatever its severity, owners and teams."""
    steps: tuple[Step, ...] = getattr(policy.options("escalation"), "steps", ())
    notify = policy.notify
    kinds = (notify.opened, notify.review, notify.refused, notify.completed, notify.due, notify.overdue)
    named = [name for names in (*kinds, notify.audit, notify.weekly) for name in names or ()]
    named += [name for step in steps for name in step.routes]
    kept = notify.confidential or policy.reach.keeps(ref)
    able = [outlet for outlet in policy.reach.outlets if outlet.reaches(ref) and (outlet.confidential or not kept)]
    unheard = (step.name for step in steps if step.how == "notification" and not _is_taken(step, able, policy))
    return Heard(
        by=tuple(outlet.name for outlet in able),
        unknown=tuple(dict.fromkeys(unknown(named, policy.reach.outlets))),
        unheard=tuple(unheard),
    )


def _is_taken(step: Step, able: list[Outlet], policy: Policy) -> bool:
    kind: RouteKind = "overdue" if step.offset > 0 else "due"
    named = step.routes or getattr(policy.notify, kind)
    return any(wants(outlet, kind, named) for outlet in able)


def of_project(about: About, found: Heard, *, private: bool, there: tuple[str, ...]) -> Iterator[Line]:
    """`there` are all routes there are."""
    if found.unknown:
        known = f"there is {', '.join(there)}" if there else "there are none"
        what = f"its policy names routes that are not configured: {', '.join(found.unknown)}"
        yield about.warn("routes", what, f"{known}; mend the policy, or add the route to CLOSEOUT_CONFIG")
    if found.unheard:
        what = f"no route takes the reminders by message ({', '.join(found.unheard)}): they are comments on the items"
        fix = "let a route take `due` and `overdue`, or write `how: comment` to say so"
        yield about.warn("reminders", what, fix)
    if private and found.by:
        what = f"it is private, and what is told of it leaves by {', '.join(found.by)}"
        more = "`notify: {confidential: true}` in its policy, or CLOSEOUT_CONFIDENTIAL, would keep it in"
        yield about.ok("privacy", f"{what}; {more}")
