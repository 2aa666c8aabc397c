"""Generated post-mortems: any mixture of what people write, label, comment and close, and of what was remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from service.calendar import Calendars
from service.case import Case
from service.deadlines import Deadlines
from service.hidden import state_block, topic_marker
from service.ladder import LADDER
from service.model import (
    Card,
    Comment,
    Decision,
    Issue,
    IssueRef,
    ItemState,
    Marker,
    Meeting,
    Override,
    Permission,
    ReviewState,
    Snapshot,
    SyncState,
    Timebox,
    TimeboxKind,
    Told,
)
from service.policy import Policy
from service.report import folded
from service.routing import Reach
from service.rules.action_items import ActionItemsOptions
from service.rules.board import BoardOptions
from service.rules.closure import ClosureOptions
from service.rules.commands import COMMANDS
from service.rules.escalation import EscalationOptions
from service.settings import Outlet
from service.templates import shipped
from service.timeboxes import Planned
from service.vocabulary import Vocabulary
from tests.build import BOT, GITHUB, GITLAB, HOME, NOW, PEOPLE

TEXTS = st.sampled_from(
    [
        "Page on queue depth over 1,000",
        "Improve monitoring",
        "Fix it /close",
        "Größe prüfen",
        "a | b",
        "x" * 250,
        "**bold** [l](u)",
    ]
)
OWNERS = st.sampled_from(["@alice", "@bob", "@mallory", "@acme/sre", "@alice @bob", "Alice Smith", "", "@owner"])
DATES = st.sampled_from(
    ["2026-04-01", "1 May 2026", "next Friday", "03/04/2026", "2026-02-30", "", "[deadline]", "in 2 weeks"]
)
DEADLINES = st.sampled_from(["2026-02-20", "2026-03-02", "2026-04-01", "9999-12-31", "0001-01-01", "next Friday", ""])
DAYS = st.sampled_from([date(2026, 2, 20), date(2026, 3, 2), date(2026, 4, 1), date.max, date.min])
BOXES = st.sampled_from(["- [ ] ", "- [x] ", "* [ ] ", "1. ", "- ", "  - [ ] "])
REFS = st.sampled_from(["", "", "", " (#21)", " (#22)", " #23", " (#99)", " (acme/ops#5)", " (#new-abc)"])
FORMS = st.sampled_from(["{box}{text} - {owner} - {date}{ref}", "{box}{text} ({owner}, due {date}){ref}", "{box}~~{text}~~ {owner} {date}{ref}",
                         "| {text} | {owner} | {date} |{ref}", "{box}{text}{ref}"])  # fmt: skip


@st.composite
def lines(draw: st.DrawFn) -> str:
    form = draw(FORMS)
    return form.format(box=draw(BOXES), text=draw(TEXTS), owner=draw(OWNERS), date=draw(DATES), ref=draw(REFS))


@st.composite
def bodies(draw: st.DrawFn) -> str:
    severity = draw(st.sampled_from(["", "high", "low", "SEV1", "gigantic", "[severity]", "N/A"]))
    category = draw(st.sampled_from(["", "code", "security", "weather"]))
    items = "\n".join(draw(st.lists(lines(), max_size=5)))
    parts = [
        "",
        f"## Summary\n\n**Date:** 2026-03-01\n**Severity:** {severity}\n**Category:** {category}\n**Impact:** some\n",
        "## Root cause\n\nWords.\n",
        f"## Action items\n\n{items}\n",
        f"## Follow-ups\n\n| Action | Owner | Due |\n|---|---|---|\n{items}\n",
        "# Timeline\n\n- 14:03 it broke\n",
        "## Final review\n\n- [ ] Read by somebody else\n- [x] Links work\n",
        "Just prose, human error by @bob.\n",
        "```\n## Action items\n- [ ] not one - @bob - 2026-01-01\n```\n",
        shipped()["full_incident"].text,
        shipped()["light_incident"].text,
        f"**Owner:** {draw(OWNERS)}\n**Deadline:** {draw(DEADLINES)}\n",
        "## Definition of done\n\n- [x] It fired in a drill\n",
        f"## Did it happen again?\n\n**Happened again:** {draw(ANSWERS)}\n",
        shipped()["follow_up_review"].text,
    ]
    text = "\n".join(draw(st.lists(st.sampled_from(parts), max_size=4)))
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


def _times() -> st.SearchStrategy[datetime | None]:
    return st.none() | st.integers(0, 5).map(lambda days: NOW - timedelta(days=days, hours=1))


@st.composite
def children(draw: st.DrawFn) -> tuple[Issue, ...]:
    made = []
    for number in draw(st.sets(st.sampled_from([21, 22, 23]))):
        shut = draw(st.booleans())
        made.append(
            Issue(
                ref=IssueRef(HOME.forge, HOME.project, number),
                title=draw(TEXTS),
                body=draw(st.sampled_from(["", f"{Marker(HOME, f'key{number}')}\n**Deadline:** 2026-04-01\n"])),
                state="closed" if shut else "open",
                state_reason=draw(st.sampled_from(["completed", "not_planned"])) if shut else None,
                closed_at=NOW - timedelta(hours=2) if shut else None,
                assignees=draw(st.frozensets(st.sampled_from(["alice", "bob", "eve"]), max_size=2)),
                due=draw(st.none() | st.just(date(2026, 4, 2))),
                cards=draw(st.sampled_from([(), (), (Card(1, None, dated=True),)])),
                author=draw(st.sampled_from([BOT, "alice"])),
                updated_at=draw(_times()),
                linked=draw(st.booleans()),
                labels=frozenset({"type-action-item"}) if draw(st.booleans()) else frozenset(),
            )
        )
    return (*made, *draw(reviews()))


REVIEWS = ("review-030-20260202", "review-060-20260103")  # of a close thirty days ago, and of an earlier one


@st.composite
def reviews(draw: st.DrawFn) -> tuple[Issue, ...]:
    """Follow-up reviews, open or answered; and somebody's copy of one."""
    return tuple(
        Issue(
            ref=IssueRef(HOME.forge, HOME.project, 31 + number),
            title=draw(TEXTS),
            body=f"{Marker(HOME, key)}\n## Did it happen again?\n\n**Happened again:** {draw(ANSWERS)}\n",
            state=draw(st.sampled_from(["open", "closed"])),
            closed_at=draw(_times()),
            author=draw(st.sampled_from([BOT, "mallory"])),
            linked=True,
        )
        for number, key in enumerate(draw(st.sampled_from([(), (), REVIEWS[:1], REVIEWS])))
    )


ANSWERS = st.sampled_from(
    ["[yes or no]", "no, we looked at the alerts", "Yes: https://alerts.example/1", "maybe", "N/A"]
)

DECISIONS = st.builds(
    Decision,
    what=st.sampled_from(["snooze", "extend", "wont-do"]),
    by=st.just("bob"),
    at=st.just(NOW - timedelta(days=3)),
    reason=st.sampled_from(["the vendor is late", "/close @all"]),
    until=st.none() | DAYS,
    before=st.none() | DAYS,
)


MEETINGS = st.builds(
    Meeting,
    at=st.integers(-40, 40).map(lambda days: NOW + timedelta(days=days)),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Mars/Olympus"]),
    by=st.just("alice"),
    invited=st.sampled_from([(), ("bob",), ("bob", "@all\n/close")]),
    attended=st.sampled_from([(), (), ("bob",)]),
    key=st.sampled_from(["", "0", "900"]),
    agenda=st.sampled_from(["", "0", "900"]),
    sequence=st.integers(0, 3),
    changed_at=st.none() | st.just(NOW - timedelta(days=3)),
    off=st.sampled_from(["", "", "alice"]),
)


@st.composite
def states(draw: st.DrawFn) -> SyncState:
    item = st.builds(
        ItemState,
        key=st.sampled_from(["key21", "key22", "key24", "#21"]),
        ref=st.sampled_from(["#21", "#22", "#24"]),
        text=TEXTS,
        title=TEXTS,
        owners=st.sampled_from([(), ("bob",), ("alice", "bob")]),
        assigned=st.sampled_from([(), ("bob",)]),
        due=st.none() | st.just(date(2026, 4, 1)),
        done=st.booleans(),
        dropped=st.none() | st.just("done elsewhere"),
        slips=st.integers(0, 3),
        dated=st.booleans(),
    )
    items = draw(st.lists(item, max_size=3, unique_by=lambda i: i.key))
    made = st.builds(
        SyncState,
        template=st.sampled_from([None, "full_incident", "light_incident"]),
        pinned=st.sampled_from([None, None, "light_incident"]),
        severity=st.sampled_from([None, "high", "low"]),
        category=st.sampled_from([None, "code"]),
        column=st.sampled_from([None, "draft", "review", "complete"]),
        held=st.sampled_from([None, "review"]),
        items=st.just(tuple(sorted(items, key=lambda i: i.key))),
        overrides=st.sampled_from([(), (Override("alice", NOW, "it is fine"),)]),
        decisions=st.lists(DECISIONS, max_size=2).map(tuple),
        reviews=st.sampled_from([(), (), (ReviewState(REVIEWS[0], "#31"),)]),
        told=st.sampled_from([(), (), (Told("2026-02-20:+7d", NOW), Told("tomorrow:+7d", NOW))]),
        meetings=st.lists(MEETINGS, max_size=2).map(tuple),
        slipping=st.integers(0, 3),
        overridden=st.booleans(),
        paused=st.sampled_from([False, False, False, True]),
        review=st.booleans(),
        spawn=st.booleans(),
    )
    return draw(st.just(SyncState()) | made)


@st.composite
def comments(draw: st.DrawFn) -> tuple[Comment, ...]:
    command = st.sampled_from(
        [
            *COMMANDS,
            "severity low",
            "template light_incident",
            "drop #21 done elsewhere",
            "override it is fine",
            "snooze 2w busy",
            "extend 2026-05-01 the vendor is late",
            "wont-do overtaken by events\n/pm extend 2027-01-01 or not",
            "schedule 2026-03-03 15:00 Europe/Berlin @bob",
            "schedule 2026-03-03 15:00 @bob @eve\n/pm attended @alice",
            "attended @alice @bob",
            "schedule 2026-03-05 10:00 @eve\n/pm unschedule",
            "unschedule",
            "hlep",
            "",
        ]
    )
    said = st.builds(
        lambda words, author, permission: (f"Hello.\n/pm {words}\n", author, permission),
        command,
        st.sampled_from(["alice", "bob", "mallory"]),
        st.sampled_from([None, *Permission]),
    )
    drawn = draw(st.lists(said, max_size=3))
    return tuple(Comment(str(i), author, body, NOW, permission=p) for i, (body, author, p) in enumerate(drawn))


@st.composite
def reminders(draw: st.DrawFn) -> tuple[Comment, ...]:
    """Ours, whole or folded, of the deadline that stands or of another; and somebody's copy of one."""
    topics = draw(st.sets(st.sampled_from([f"nudge:2026-{day}:{step}" for day in ("02-20", "04-01") for step in ("due", "+3bd", "+14d")] + ["reply:900"])))  # fmt: skip
    made = []
    for number, topic in enumerate(sorted(topics)):
        body = f"{topic_marker(topic)}\n@bob: this is due.\n"
        ours = draw(st.booleans())
        kept = folded(body, "An earlier reminder") if draw(st.booleans()) else body
        made.append(Comment(f"8{number}", BOT if ours else "mallory", kept, NOW, topic=topic if ours else None))
    return tuple(made)


ADDRESSES = {key: f"https://closeout.example.org/calendar/meetings/{key}/a-seal.ics" for key in ("0", "1", "2", "900")}
MOMENTS = st.builds(
    lambda days, minutes: NOW + timedelta(days=days, minutes=minutes),
    st.sampled_from([0, 0, 0, *range(-20, 45), 400]),
    st.integers(0, 1439),
)
PARENT = Issue(IssueRef(HOME.forge, HOME.project, 3), "Outage", author="alice", labels=frozenset({"type-post-mortem"}))


@st.composite
def timeboxes(draw: st.DrawFn) -> tuple[Timebox, ...]:
    """Milestones and iterations before, around and after any deadline, with and without ends."""
    days = st.none() | st.integers(-50, 90).map(lambda n: date(2026, 3, 2) + timedelta(days=n))
    kinds: st.SearchStrategy[TimeboxKind] = st.sampled_from(["milestone", "iteration"])
    box = st.builds(Timebox, kinds, st.just("Sprint 12"), days, days | st.just(date.max), st.booleans())
    return tuple(draw(st.lists(box, max_size=2)))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    able = draw(st.sampled_from([GITHUB, GITLAB, replace(GITHUB, project_board=True)]))
    shut = draw(st.sampled_from([False, False, True]))
    labels = st.frozensets(
        st.sampled_from(
            [
                "severity-high",
                "severity-low",
                "Severity-High",
                "category-code",
                "pm-draft",
                "pm-review",
                "pm-complete",
                "near-miss",
                "bug",
                "Overdue",
                "wont-do",
                "slipping",
                "Closed-by-override",
            ]
        )
    )
    kind = draw(st.sampled_from(["post-mortem", "Post Mortem", "type-post-mortem", "type-action-item"]))
    issue = Issue(
        ref=HOME,
        title="Outage /close @all",
        body=draw(st.sampled_from(["", "", "", *(f"{Marker(PARENT.ref, key)}\n" for key in ("k", REVIEWS[0]))]))
        + draw(bodies()),
        due=draw(st.none() | DAYS) if able.native_due else None,
        state="closed" if shut else "open",
        state_reason=draw(st.sampled_from(["completed", "not_planned", None])) if shut else None,
        closed_at=NOW - timedelta(seconds=draw(st.sampled_from([1, 60, 90_000, 2_700_000, 5_300_000])))
        if shut
        else None,
        closed_by=draw(st.sampled_from(["alice", None])) if shut else None,
        labels=draw(labels) | {kind},
        assignees=draw(st.frozensets(st.sampled_from(["alice"]))),
        author="alice",
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
        updated_at=draw(_times()),
        body_edited_at=draw(_times()),
        label_times={kind: NOW - timedelta(days=2)} if draw(st.booleans()) else {},
        cards=draw(st.sampled_from([(), (Card(1, "Draft"),), (Card(1, "Complete"),), (Card(1, None),)])),
        private=draw(st.booleans()),
        timeboxes=draw(timeboxes()),
    )
    state = draw(states())
    kept = f"{topic_marker('status')}\n\nAs it was.\n\n{state_block(state)}\n"
    status = (Comment("90", BOT, kept, topic="status"),) if state != SyncState() else ()
    return Snapshot(
        issue=issue,
        observed_at=draw(st.just(NOW) | MOMENTS),
        viewer=BOT,
        parent=draw(st.sampled_from([None, PARENT])) if issue.marker else None,
        children=draw(children()),
        comments=(*status, *draw(reminders()), *draw(comments())),
        state=state,
        capabilities=able,
        labels=draw(st.sampled_from([frozenset(), frozenset({"bug", "overdue"})])),
        people=PEOPLE,
        invitations=draw(st.sampled_from([{}, ADDRESSES])),
    )


BY_MESSAGE = tuple(step.model_copy(update={"how": "notification"}) for step in LADDER)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    options = {
        "closure": ClosureOptions(
            mode=draw(st.sampled_from(["enforce", "warn", "observe"])),
            actions=draw(st.sampled_from(["created", "done"])),
        ),
        "action-items": ActionItemsOptions(
            spawn=draw(st.sampled_from(["at-once", "review", "command"])),
            deadlines=Deadlines(use=draw(st.sampled_from(["propose", "apply", "off"]))),
        ),
        "board": BoardOptions(project=draw(st.sampled_from([None, 1]))),
        "escalation": EscalationOptions(
            steps=draw(st.sampled_from([LADDER, BY_MESSAGE])), planned=Planned(wait=draw(st.booleans()))
        ),
    }
    words = Vocabulary() if draw(st.booleans()) else Vocabulary.model_validate({"labels": {"action_item": "todo"}})
    outlets = draw(st.sampled_from([(), (Outlet(name="oncall"),), (Outlet(name="grave", severities={"high"}),)]))
    return Policy(vocabulary=words, rule_options=options, calendars=draw(calendars()), reach=Reach(outlets))


@st.composite
def calendars(draw: st.DrawFn) -> Calendars:
    """Working weeks all over the world, on both sides of the date line, with and without nights."""
    return Calendars(
        zone=draw(st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Apia"])),
        weekend=draw(st.sampled_from([("saturday", "sunday"), ("friday",), ()])),
        holidays=draw(st.sampled_from([(), ("DE-BE",), ("US", "JP")])),
        days_off=draw(st.lists(DAYS, max_size=2).map(tuple)),
        quiet=draw(st.sampled_from(["", "18:00-08:00", "12:00-13:00", "00:00-23:59"])),
    )


def case_of(seen: Snapshot, policy: Policy) -> Case:
    return Case(seen, policy.vocabulary, policy.templates, calendars=policy.calendars)
