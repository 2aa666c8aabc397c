"""What the doctor says of what was seen: values in, lines out."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from rich.console import Console

from service.cron import Cron
from service.doctor.gathering import tried
from service.doctor.judging import lines
from service.doctor.layout import terminal
from service.doctor.lines import Line, Report, Verdict
from service.doctor.observation import (
    ForgeSeen,
    Heard,
    Observation,
    PolicyFile,
    ProjectSeen,
    RouteSeen,
    StoreSeen,
    Trouble,
    Work,
)
from service.doctor.routes import heard
from service.model import Capabilities, IssueRef, Permission
from service.policy import Policy, load
from service.providers.base import Forbidden, RateLimited, Unavailable
from service.providers.checkup import Abilities, Account, Standing, Webhook, Webhooks, clock_ahead
from service.providers.hooks import Hook, HookHealth
from service.routing import Reach
from service.settings import Forge, Route
from service.store.outbox import Mail
from service.work.jobs import Job, Known
from service.work.overview import Backlog

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVENTS = frozenset({"issues", "issue_comment", "sub_issues"})
PLACE = Hook("github", "acme/shop", 1, "https://closeout.example.org/webhooks/github")
HOOK = Webhook(HookHealth(PLACE), EVENTS, secrets=frozenset({"secret"}))
JOB = Job("retention", Cron.parse("17 3 * * *"), lambda _: None)
AUDIT = Job("audit", Cron.parse("0 3 * * *"), lambda _: None)
GRANTED = {"issues": "write", "metadata": "read", "contents": "read", "organization_projects": "admin"}
RAN = Known("retention", NOW.replace(hour=3, minute=17), "idle", None, 1, "", NOW - timedelta(hours=5))
WORK = Work(NOW, Backlog({"idle": 4}, 0.0), {"retention": RAN}, {"github": NOW - timedelta(minutes=5)})
PROJECT = ProjectSeen(
    "acme/shop",
    Standing(Permission.WRITE),
    Webhooks((HOOK,)),
    Abilities(True, Capabilities(sub_issues=True, project_board=True)),
    PolicyFile(".github/closeout.yml", is_there=True),
)
FORGE = Forge(
    name="github",
    kind="github",
    url="https://github.com",
    token=SecretStr("t"),
    webhook_secrets=(SecretStr("hush"),),
)
ACCOUNT = Account("closeout-bot", ahead=1.5, scopes=frozenset({"repo", "project"}))
ONCALL = Route(name="oncall", address=SecretStr("slack://s3cr3t"), kinds=frozenset({"refused", "overdue"}))
ROUTES = (RouteSeen(ONCALL, understood=True),)
SEEN = ForgeSeen(FORGE, ACCOUNT, EVENTS, (PROJECT,))
WELL = Observation(NOW, (SEEN,), StoreSeen(2, 2, work=WORK), (JOB,))


def _with(**changes: Any) -> Observation:
    """All is well but this. `account`, `standing` and `webhook` take changes of fields; anything else a new value."""
    account = replace(ACCOUNT, **changes.pop("account", {}))
    hooks = Webhooks((replace(HOOK, **changes.pop("webhook", {})),))
    project = replace(PROJECT, standing=replace(Standing(Permission.WRITE), **changes.pop("standing", {})))
    project = replace(project, **{"webhooks": hooks, **_of(ProjectSeen, changes)})
    store = StoreSeen(2, 2, work=replace(WORK, **_of(Work, changes)))
    forges = (replace(SEEN, account=account, projects=(project,)),)
    values: dict[str, Any] = {"forges": forges, "store": store, **changes}
    return replace(WELL, **values)


def _of(kind: type, changes: dict[str, Any]) -> dict[str, Any]:
    """Takes out what are fields of this kind of value."""
    names = {field.name for field in fields(kind)} & set(changes)
    return {name: changes.pop(name) for name in names}


def _fares(failed: int = 0, said: str = "", **hook: Any) -> dict[str, Any]:
    """The webhook's health with these changes of the webhook itself."""
    return {"fares": HookHealth(replace(PLACE, **hook), failed, said)}


def _bad(seen: Observation) -> list[Line]:
    return [line for line in lines(seen) if line.verdict is not Verdict.OK]


def test_where_all_is_well_every_line_is_ok() -> None:
    """Each check says so, and the sentence below counts them."""
    found = lines(WELL)
    assert [line for line in found if line.verdict is not Verdict.OK or line.fix] == []
    assert len({(line.about, line.check) for line in found}) == len(found) > 10
    assert Report(NOW, found).summary == f"All is well: {len(found)} ok."


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(60, None), (-60, None), (61, "warn"), (-300, "warn"), (301, "fail"), (-600, "fail")],
)
def test_a_clock_is_tolerated_within_a_minute_and_refused_beyond_five(seconds: float, verdict: str | None) -> None:
    """In both directions; between the two it is a warning."""
    found = _bad(_with(account={"ahead": float(seconds)}))
    assert [line.verdict for line in found] == ([Verdict(verdict)] if verdict else [])
    assert all(("ahead of" if seconds > 0 else "behind") in line.what for line in found)


def test_the_date_of_an_answer_tells_the_clocks_apart() -> None:
    """An answer without a date, or with a broken one, tells nothing."""
    assert clock_ahead({"date": "Mon, 02 Mar 2026 08:50:00 GMT"}, NOW) == 600
    assert clock_ahead({"date": "Mon, 02 Mar 2026 09:00:07 GMT"}, NOW) == -7
    assert [clock_ahead(headers, NOW) for headers in ({}, {"date": "yesterday"})] == [None, None]


@pytest.mark.parametrize(
    ("change", "check", "verdict", "says"),
    [
        ({"account": {"scopes": frozenset({"public_repo", "project"})}}, "scopes", "warn", "public"),
        ({"account": {"scopes": frozenset({"gist", "project"})}}, "scopes", "fail", "`repo`"),
        ({"account": {"scopes": frozenset({"repo"})}}, "boards", "warn", "columns are labels"),
        ({"account": {"scopes": None}}, "scopes", "skipped", "does not tell"),
        ({"account": {"expires_at": NOW + timedelta(days=3)}}, "expiry", "warn", "CLOSEOUT_GITHUB_TOKEN"),
        ({"standing": {"permission": Permission.TRIAGE}}, "access", "fail", "give closeout-bot the role Write"),
        ({"standing": {"archived": True}}, "access", "fail", "archived"),
        ({"standing": {"has_issues": False}}, "access", "fail", "switched off"),
        ({"standing": {"granted": GRANTED | {"issues": "read"}}}, "permissions", "fail", "Repository: Issues (write)"),
        ({"standing": {"granted": GRANTED | {"organization_projects": "read"}}}, "permissions", "warn", "Projects"),
        ({"webhook": _fares(state="off")}, "webhook-health", "fail", "switched off"),
        ({"webhook": _fares(state="paused", until=NOW)}, "webhook-health", "fail", "2026-03-02 09:00 UTC"),
        ({"webhook": {**_fares(failed=4, said="Invalid HTTP Response: 401"), "failing": True}}, "webhook-health", "fail",
         "CLOSEOUT_GITHUB_WEBHOOK_SECRET"),
        ({"webhook": _fares(failed=1, said="timed out")}, "webhook-health", "warn", "1 event was not delivered"),
        ({"webhook": {"sends_json": False}}, "webhook", "fail", "application/json"),
        ({"webhook": {"events": EVENTS - {"issues"}}}, "webhook", "fail", "issues"),
        ({"webhook": {"secrets": frozenset()}}, "webhook", "fail", "CLOSEOUT_GITHUB_WEBHOOK_SECRET"),
        ({"webhook": {"secrets": frozenset({"signing token"})}}, "webhook", "fail", "only a signing token"),
        ({"webhook": _fares(url="http://closeout.example.org/webhooks/github")}, "webhook", "warn", "https"),
        ({"webhook": {"verifies_tls": False}}, "webhook", "warn", "verification"),
        ({"webhooks": Webhooks()}, "webhook", "fail", "/webhooks/github"),
        ({"webhooks": Webhooks(hidden=("the organisation acme",))}, "webhook", "warn", "the organisation acme"),
        ({"webhooks": Webhooks(hidden=("the project",))}, "webhook", "skipped", "Admin"),
        ({"abilities": None}, "abilities", "skipped", "no issue"),
        ({"abilities": Abilities(False, Capabilities())}, "abilities", "warn", "GraphQL"),
        ({"abilities": Abilities(True, Capabilities())}, "abilities", "warn", "sub-issues"),
        ({"policy": PolicyFile("closeout.yml", is_there=True, errors=("closeout.yml:1: no",))}, "policy", "fail",
         "closeout.yml:1: no"),
        ({"backlog": Backlog({"waiting": 2}, 900.0)}, "queue", "warn", "15 minutes"),
        ({"backlog": Backlog({"dead": 1}, 0.0)}, "dead-letters", "warn", "replay --all"),
        ({"last_deliveries": {}}, "deliveries", "warn", "none"),
        ({"last_deliveries": {"github": NOW - timedelta(days=9)}}, "deliveries", "warn", "9 days ago"),
        ({"known": {}}, "retention", "warn", "never seen"),
        ({"known": {"retention": replace(RAN, state="failed", error="disk full")}}, "retention", "fail", "disk full"),
        ({"known": {"retention": replace(RAN, state="waiting", error="away")}}, "retention", "warn", "away"),
        ({"known": {"retention": replace(RAN, tick=NOW - timedelta(days=2))}}, "retention", "warn", "did not"),
        ({"audited_at": NOW - timedelta(days=2), "known": {"audit": RAN}, "jobs": (AUDIT,)}, "audit-success", "warn",
         "closeout audit"),
        ({"known": {"audit": RAN}, "jobs": (AUDIT,)}, "audit-success", "warn", "no audit has ended"),
        ({"unfound": ("github:acme/no*: nothing",)}, "projects", "warn", "github:acme/no*: nothing"),
        ({"left_out": 7}, "projects", "skipped", "--project"),
        ({"dry_run": True}, "dry-run", "warn", "CLOSEOUT_DRY_RUN"),
        ({"is_weekly": True}, "weekly", "warn", "there is no route"),
        ({"routes": (RouteSeen(ONCALL, None),)}, "apprise", "fail", "pip install 'closeout[notify]'"),
        ({"routes": (RouteSeen(ONCALL, False),)}, "address", "fail", "closeout notify test oncall"),
        ({"routes": ROUTES, "mail": {"oncall": Mail(failed=2, error="the service answered 403")}}, "outbox", "warn",
         "2 messages are given up in the last 7 days: the service answered 403"),
        ({"routes": ROUTES, "mail": {"oncall": Mail(waiting=1, error="no answer")}}, "outbox", "warn",
         "1 message is waiting to be tried again: no answer"),
        ({"routes": ROUTES, "mail": {"oncall": Mail(waiting=3, oldest=900.0)}}, "outbox", "warn", "15 minutes"),
        ({"heard": Heard(unknown=("oncal",))}, "routes", "warn", "not configured: oncal"),
        ({"heard": Heard(unheard=("+7d",))}, "reminders", "warn", "comments on the items"),
        ({"public_url": "http://closeout.example.org"}, "calendars", "warn", "https://"),
        ({"store": StoreSeen(needed=2, is_absent=True)}, "database", "warn", "no database file"),
        ({"store": StoreSeen(0, 2)}, "database", "warn", "no tables"),
        ({"store": StoreSeen(1, 2)}, "database", "fail", "closeout db upgrade"),
        ({"store": StoreSeen(3, 2)}, "database", "fail", "newer Closeout"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_remedy(change: dict[str, Any], check: str, verdict: str, says: str) -> None:
    """One line of the right weight, and every line that is not ok but a skipped one says what to do."""
    found = _bad(_with(**dict(change)))
    about = [line for line in found if line.check == check]
    assert [line.verdict for line in about] == [Verdict(verdict)]
    assert says in f"{about[0].what} {about[0].fix}"
    assert all(line.fix for line in found if line.verdict is not Verdict.SKIPPED)


def test_routes_that_work_are_told_without_their_addresses() -> None:
    """What each takes, when it was last heard of, and which private projects leave by it."""
    mail = {"oncall": Mail(sent_at=NOW)}
    seen = _with(routes=ROUTES, mail=mail, standing={"private": True}, heard=Heard(by=("oncall",)))
    assert _bad(seen) == []
    said = {(line.about, line.check): line.what for line in lines(seen)}
    assert (
        said["route oncall", "address"] == "Apprise knows the service; it takes overdue, refused, nothing confidential"
    )
    assert said["route oncall", "outbox"] == "the last was sent at 2026-03-02 09:00 UTC"
    assert said["github:acme/shop", "privacy"].startswith("it is private, and what is told of it leaves by oncall; ")
    assert "s3cr3t" not in "".join(said.values())


def test_a_policy_is_read_against_the_routes_there_are() -> None:
    """Names that do not exist, and reminders that no route would take: filters, projects, confidentiality."""
    text = (
        "version: 1\nnotify: {opened: [oncal], refused: [oncall]}\nrules: {escalation: {steps: [\n"
        "  {offset: 0, how: notification}, {offset: 7, how: notification}, {offset: 9, tell: ['route:nobody']}]}}\n"
    )
    policy = load(text, "closeout.yml")
    assert isinstance(policy, Policy)
    here = IssueRef("github", "acme/shop", 0)
    with_route = replace(policy, reach=Reach((ONCALL,)))
    assert heard(with_route, here) == Heard(("oncall",), ("oncal", "nobody"), ("due",))
    kept = replace(policy, reach=Reach((ONCALL,), ("acme/*",)))
    assert heard(kept, here) == Heard((), ("oncal", "nobody"), ("due", "+7d"))
    assert heard(Policy(), here) == Heard()


def test_where_links_lead_is_said_where_there_are_any() -> None:
    """Without an address of ours there is nothing to look at."""
    linked = [(line.verdict, line.what) for line in lines(_with(public_url="https://closeout.example.org"))]
    assert (Verdict.OK, "meetings and reviews are linked at https://closeout.example.org") in linked
    assert "calendars" not in {line.check for line in lines(WELL)}


def test_a_setting_is_named_as_it_was_written() -> None:
    """A forge of the configuration file has no variable of its own."""
    inner = ForgeSeen(FORGE.model_copy(update={"name": "inner"}), Trouble("refused"), EVENTS)
    (line,) = [line for line in _bad(replace(WELL, forges=(inner,))) if line.check == "account"]
    assert "forges.inner.token in CLOSEOUT_CONFIG" in line.fix


def test_who_did_not_answer_weighs_more_than_what_failed() -> None:
    """3 where trying again may help, 1 where something is wrong, 0 for warnings."""
    away, refused = Trouble("no answer", away=True), Trouble("refused")
    warned = _with(dry_run=True)
    both = replace(_with(policy=refused), store=away)
    codes = [Report(NOW, lines(seen)).exit_code for seen in (warned, _with(policy=refused), both)]
    assert codes == [0, 1, 3]


def test_a_check_that_raises_is_a_trouble() -> None:
    """Expected errors say their own sentence; one of our own is named as such."""

    def raises(error: Exception) -> Trouble:
        def look() -> None:
            raise error

        found = tried(look)
        assert isinstance(found, Trouble)
        return found

    assert raises(Forbidden("no")) == Trouble("no")
    assert raises(Unavailable("gone")) == Trouble("gone", away=True)
    assert raises(RateLimited("later", retry_after=9)) == Trouble("later", away=True)
    assert "ZeroDivisionError" in raises(ZeroDivisionError("by 0")).why


def test_a_forges_words_do_not_steer_the_terminal() -> None:
    """Neither escape sequences nor the table's own markup have an effect."""
    console = Console(width=200, force_terminal=True, color_system=None, record=True)
    console.print(terminal(Report(NOW, (Line("x", "y", Verdict.FAIL, "\x1b[2J[red]\nwords", "[b]fix"),))))
    text = console.export_text(styles=False)
    assert "\x1b" not in text
    assert "[2J[red] words" in text
    assert "→ [b]fix" in text
