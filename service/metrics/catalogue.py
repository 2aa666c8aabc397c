"""Every metric that is exported: its name, its meaning, and a question it answers. docs/metrics.md comes from here."""

from __future__ import annotations

from service.metrics import audits
from service.metrics.metric import Metric

BUILD = Metric(
    "closeout_build_info",
    "gauge",
    ("version", "python"),
    "Always 1; the labels say what is running",
    "Do all processes run the same version?",
    "count by (version) (closeout_build_info)",
)
DELIVERIES = Metric(
    "closeout_deliveries_total",
    "counter",
    ("forge", "event", "result"),
    "Webhook deliveries, by what became of them: `accepted`, `repeated` (processed before), `ignored`, `refused` "
    "(unsigned, wrongly signed or malformed), `stale` (signed too long ago), `unstored` (the database did not take it)",
    "Are deliveries refused, which a wrong secret causes?",
    'sum by (forge) (rate(closeout_deliveries_total{result=~"refused|unstored"}[10m])) > 0',
)
LOOKS = Metric(
    "closeout_look_seconds",
    "histogram",
    ("forge", "outcome"),
    "Seconds from the start of a look at an issue to its end, by outcome: `changed`, `unchanged`, `failed`",
    "How long does an issue's look take for all but the slowest twentieth?",
    "histogram_quantile(0.95, sum by (le, forge) (rate(closeout_look_seconds_bucket[10m])))",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
LOOK_ERRORS = Metric(
    "closeout_look_errors_total",
    "counter",
    ("forge", "error"),
    "Looks that failed, by the error's name (`RateLimited`, `Forbidden`, …; `other` is a mistake of Closeout's own)",
    "Does a forge refuse or fail us, and how?",
    "sum by (forge, error) (rate(closeout_look_errors_total[10m])) > 0",
)
CHANGES = Metric(
    "closeout_changes_total",
    "counter",
    ("forge", "rule", "change", "result"),
    "Writes to a forge, by the rule that asked for them, the kind of change and what came of it: `ok` or `failed`; one "
    "that several rules asked for counts for each",
    "Which rules act most?",
    'topk(5, sum by (rule) (increase(closeout_changes_total{result="ok"}[1d])))',
)
REFUSALS = Metric(
    "closeout_refused_closes_total",
    "counter",
    ("forge", "rule"),
    "Closes that were undone because something was missing, by the rule that refused",
    "How often are closes refused?",
    "sum by (rule) (increase(closeout_refused_closes_total[1d]))",
)
OVERRIDES = Metric(
    "closeout_overrides_total",
    "counter",
    ("forge",),
    "Decisions of maintainers to let a post-mortem close with open points",
    "How many refusals end in an override?",
    "sum(increase(closeout_overrides_total[7d])) / sum(increase(closeout_refused_closes_total[7d]))",
)
LEASES = Metric(
    "closeout_lease_expiries_total",
    "counter",
    (),
    "Issues taken over from a worker that had said nothing for the length of its lease",
    "Do workers die or hang?",
    "sum(increase(closeout_lease_expiries_total[1h])) > 0",
)
REQUESTS = Metric(
    "closeout_forge_requests_total",
    "counter",
    ("forge", "endpoint", "code"),
    "HTTP requests to a forge, retries included, by endpoint and status code (`none`: no answer)",
    "Which requests fail?",
    'sum by (forge, endpoint, code) (rate(closeout_forge_requests_total{code=~"4..|5..|none"}[10m]))',
)
REQUEST_SECONDS = Metric(
    "closeout_forge_request_seconds",
    "histogram",
    ("forge",),
    "Seconds until a forge began to answer",
    "Is the forge slow?",
    "histogram_quantile(0.95, sum by (le, forge) (rate(closeout_forge_request_seconds_bucket[10m])))",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
QUOTA = Metric(
    "closeout_forge_rate_limit_remaining",
    "gauge",
    ("forge", "resource"),
    "Requests left until the forge's limit resets, as its last answer said (`core` and `graphql` on GitHub, `api` on "
    "GitLab)",
    "Is the budget nearly spent?",
    "min by (forge, resource) (closeout_forge_rate_limit_remaining) < 500",
)
NOTIFICATIONS = Metric(
    "closeout_notifications_total",
    "counter",
    ("route", "outcome"),
    "Attempts to send a notification, by route and outcome: `sent`, `failed` (to be tried again), `given_up`",
    "Was any notification given up?",
    'sum by (route) (increase(closeout_notifications_total{outcome="given_up"}[1h])) > 0',
)
CALENDARS = Metric(
    "closeout_calendar_requests_total",
    "counter",
    ("kind", "result"),
    "Requests for a calendar, by kind (`meetings`, `reviews`) and what became of them: `shown`, `unchanged` (known to "
    "the reader), `refused` (the address is wrong, or was taken back)",
    "Does anybody try out addresses of calendars?",
    'sum(increase(closeout_calendar_requests_total{result="refused"}[1h])) > 100',
)
DATABASE_UP = Metric(
    "closeout_database_up",
    "gauge",
    (),
    "1 if the database answered this scrape in time, else 0; the metrics read from it are then missing",
    "Does the database answer?",
    "min(closeout_database_up) == 0",
    "database",
)
QUEUE = Metric(
    "closeout_queue_issues",
    "gauge",
    ("state",),
    "Issues in the queue: `waiting` (due now), `retrying` (after a failure), `planned` (to be looked at again later), "
    "`running`, `idle` (settled), `dead` (given up: dead letters)",
    "Was any issue given up?",
    'max(closeout_queue_issues{state="dead"}) > 0',
    "database",
)
OLDEST = Metric(
    "closeout_queue_oldest_waiting_seconds",
    "gauge",
    (),
    "Seconds since the issue that has waited longest became due; 0 if none waits",
    "Do the workers keep up?",
    "max(closeout_queue_oldest_waiting_seconds) > 60",
    "database",
)
JOURNAL = Metric(
    "closeout_journal_entries",
    "gauge",
    ("result",),
    "Writes to forges on record in the journal: `ok` and `failed`",
    "What share of the writes fails?",
    'max(closeout_journal_entries{result="failed"}) / sum(max by (result) (closeout_journal_entries))',
    "database",
)
LAST_DELIVERY = Metric(
    "closeout_last_delivery_timestamp_seconds",
    "gauge",
    ("forge",),
    "When the last delivery from the forge was stored, in seconds since 1970 UTC; missing before the first",
    "Has a forge gone silent?",
    "time() - max by (forge) (closeout_last_delivery_timestamp_seconds) > 86400",
    "database",
)
WEBHOOKS = Metric(
    "closeout_webhooks",
    "gauge",
    ("forge", "state"),
    "Webhooks of ours by how the `redelivery` found them within the last day: `active`, `failing` (the newest try to "
    "deliver failed), `paused` (by GitLab, for a while) or `off`; missing where our account may see none",
    "Does a forge fail to deliver?",
    'max by (forge, state) (closeout_webhooks{state!="active"}) > 0',
    "database",
)

JOB_TICK = Metric(
    "closeout_job_tick_timestamp_seconds",
    "gauge",
    ("name",),
    "When a scheduled job was last due and taken up, in seconds since 1970 UTC; at first, when it was first seen",
    "Has the nightly clean-up stopped coming?",
    'time() - max(closeout_job_tick_timestamp_seconds{name="retention"}) > 90000',
    "database",
)
JOB_STATE = Metric(
    "closeout_job_state",
    "gauge",
    ("name", "state"),
    "1 for the state that a scheduled job is in: `idle` (its last run went well), `running`, `waiting` (to be tried "
    "again), `failed` (given up until its next time)",
    "Did a scheduled job fail?",
    'max by (name) (closeout_job_state{state=~"waiting|failed"}) == 1',
    "database",
)

COUNTED = (
    BUILD,
    DELIVERIES,
    LOOKS,
    LOOK_ERRORS,
    CHANGES,
    REFUSALS,
    OVERRIDES,
    LEASES,
    REQUESTS,
    REQUEST_SECONDS,
    QUOTA,
    NOTIFICATIONS,
    CALENDARS,
)
READ = (DATABASE_UP, QUEUE, OLDEST, JOURNAL, LAST_DELIVERY, WEBHOOKS, JOB_TICK, JOB_STATE, *audits.METRICS)
METRICS = (*COUNTED, *READ)
