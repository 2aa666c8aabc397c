"""The metrics of the last audit; see `catalogue`."""

from __future__ import annotations

from service.metrics.metric import Metric

SUCCESS = Metric(
    "closeout_audit_success_age_seconds",
    "gauge",
    (),
    "Seconds since an audit that may write ended without a failure, by the database's clock; missing before the first",
    "Has no audit gone well for three days?",
    "min(closeout_audit_success_age_seconds) > 259200 or absent(max(closeout_audit_success_age_seconds))",
    "database",
)
END = Metric(
    "closeout_audit_last_run_timestamp_seconds",
    "gauge",
    (),
    "When the last audit that may write ended, in seconds since 1970 UTC; missing before the first, like all below",
    "Does the audit still run at all?",
    "time() - max(closeout_audit_last_run_timestamp_seconds) > 259200",
    "database",
)
SECONDS = Metric(
    "closeout_audit_last_run_seconds",
    "gauge",
    (),
    "How long the last audit took",
    "Does the audit take more than half an hour?",
    "max(closeout_audit_last_run_seconds) > 1800",
    "database",
)
PROJECTS = Metric(
    "closeout_audit_projects",
    "gauge",
    (),
    "Projects that the last audit could read",
    "Does the audit see fewer projects than yesterday?",
    "max(closeout_audit_projects) < max(closeout_audit_projects offset 1d)",
    "database",
)
ITEMS = Metric(
    "closeout_audit_items",
    "gauge",
    (),
    "Action items and post-mortems that were open at the last audit",
    "Does the pile grow from month to month?",
    "max(closeout_audit_items) / max(closeout_audit_items offset 30d)",
    "database",
)
PROBLEMS = Metric(
    "closeout_audit_problems",
    "gauge",
    ("kind",),
    "Issues with each kind of problem at the last audit, by the kinds of `closeout audit`",
    "What share of the open issues is overdue?",
    'max(closeout_audit_problems{kind="overdue"}) / max(closeout_audit_items)',
    "database",
)
REQUESTS = Metric(
    "closeout_audit_requests",
    "gauge",
    (),
    "Requests that the last audit sent to the forges",
    "How many requests does a hundred issues cost?",
    "100 * max(closeout_audit_requests) / max(closeout_audit_items)",
    "database",
)
WRITES = Metric(
    "closeout_audit_writes",
    "gauge",
    (),
    "Changes that the last audit made on the forges",
    "Did the last audit do anything?",
    "max(closeout_audit_writes) > 0",
    "database",
)
FAILURES = Metric(
    "closeout_audit_failures",
    "gauge",
    (),
    "Projects and issues that the last audit could not read or write",
    "Did anything fail in the last audit?",
    "max(closeout_audit_failures) > 0",
    "database",
)

METRICS = (
    SUCCESS,
    END,
    SECONDS,
    PROJECTS,
    ITEMS,
    PROBLEMS,
    REQUESTS,
    WRITES,
    FAILURES,
)
