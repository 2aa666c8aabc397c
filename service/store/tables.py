"""The tables. Times are seconds since 1970 UTC by the database's clock, so that machines need not agree."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Double, Index, Integer, LargeBinary, MetaData, Table, Text, text

VERSION = 9  # raised with each change here; `migrations` says how
metadata = MetaData()
_IS_DUE = text("due_at IS NOT NULL")  # now or later; most issues are settled, and in nobody's way

schema_version = Table(
    "schema_version",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1: there is one row
    Column("version", Integer, nullable=False),
    Column("checked_at", Double),  # when a readiness check last wrote here
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("forge", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("event", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # as received, compressed with zlib
    Column("received_at", Double, nullable=False),
    # The nudge each issue got, as {issue: number}: processed once the work is done that far.
    Column("nudges", JSON, nullable=False),
    Index("deliveries_received_at", "received_at"),
)

work = Table(
    "work",
    metadata,
    Column("issue", Text, primary_key=True),
    Column("state", Text, nullable=False),  # idle, ready, running, dead
    Column("wanted", Integer, nullable=False),  # nudges so far
    Column("claimed", Integer, nullable=False),  # nudges there were when it was last claimed
    Column("done", Integer, nullable=False),  # nudges answered by a successful look
    Column("delivered", Integer, nullable=False),  # the last nudge that a delivery gave
    Column("due_at", Double),  # ready: when to start; running: when the lease ends; otherwise null
    Column("first_at", Double),  # when the first nudge that nobody has taken up came
    Column("hold_until", Double),  # after a failure: no sooner than this, whatever is nudged
    Column("owner", Text),
    Column("attempts", Integer, nullable=False),  # failed looks in a row
    Column("crashes", Integer, nullable=False),  # leases in a row that ended without a word
    Column("error", Text),
    Column("changed_at", Double, nullable=False),
    Column("bulk", Integer, nullable=False, server_default=text("0")),  # 1: asked for with many others, so less urgent
    Column("project", Text, nullable=False, server_default=text("''")),  # with whose issues it takes turns
    Index("work_due_at", "due_at"),
    Index("work_urgent", "bulk", "due_at"),
    Index("work_turns", "bulk", "project", "due_at", sqlite_where=_IS_DUE, postgresql_where=_IS_DUE),
)

journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("issue", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("request", Text),  # the forge's own id of the request, where it gave one
    Column("made", Text),  # what it brings into being: `comment status`, `item 3f2a`
    Index("journal_issue", "issue", "id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("tick", Double, nullable=False),  # the last one taken up; at first, when the job was first seen
    Column("state", Text, nullable=False),  # idle, running, waiting (to be tried again), failed
    Column("owner", Text),
    Column("due_at", Double),  # running: when the lease ends; waiting: when to try again
    Column("attempts", Integer, nullable=False),  # how often this tick was started
    Column("error", Text),
    Column("changed_at", Double, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),  # of the notice: the issue, the kind and the moment it is about
    Column("route", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False),  # held (until its plan is carried out), waiting, sent, failed (given up)
    Column("due_at", Double),  # held, waiting: not before this; otherwise null
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("changed_at", Double, nullable=False),  # sent: when
    Index("outbox_due_at", "due_at"),
    Index("outbox_changed_at", "changed_at"),
)

audits = Table(
    "audits",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),  # when the run ended
    Column("seconds", Double, nullable=False),
    Column("projects", Integer, nullable=False),
    Column("items", Integer, nullable=False),
    Column("problems", JSON, nullable=False),  # {kind: number of issues}
    Column("requests", Integer, nullable=False),
    Column("writes", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("errors", JSON, nullable=False),  # the first of the failures, as sentences
    Index("audits_at", "at"),
)

limits = Table(
    "limits",
    metadata,
    Column("credential", Text, primary_key=True),  # its name, like `github` or `github 4711` (an installation)
    Column("held_until", Double),  # no request before: the forge said so
    Column("created", JSON, nullable=False),  # when content was created with it lately
)

appointments = Table(
    "appointments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("issue", Text, nullable=False),  # the post-mortem, in lower case: each look at it puts down all that it has
    Column("project", Text, nullable=False),  # its own, like `github:acme/shop`, in lower case, too
    Column("begins", Double, nullable=False),
    Column("entry", JSON, nullable=False),  # what a calendar may show
    Index("appointments_issue", "issue"),
    Index("appointments_project", "project"),
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", Text, primary_key=True),  # unguessable; no link can be made of it without the operator's secret
    Column("forge", Text, nullable=False),
    Column("project", Text, nullable=False),
    Column("made_at", Double, nullable=False),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("name", Text, primary_key=True),  # whose it is, and its number there
    Column("forge", Text, nullable=False),
    Column("state", Text, nullable=False),  # active, failing, paused, off
    Column("seen_at", Double, nullable=False),
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("name", Text, primary_key=True),  # what was read up to there, like `resync github:acme/shop`
    Column("at", Double, nullable=False),  # by the forge's clock, never ours; of a job's, its tick
    Column("seen", JSON, nullable=False),  # what lies close to it and was taken already
    Column("changed_at", Double, nullable=False),
)
