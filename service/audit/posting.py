"""The audit issue of each project: created once where there is something to say, then edited in place."""

from __future__ import annotations

from collections.abc import Iterator

from service.audit import summary
from service.audit.gathering import TOPIC, Audited, Project
from service.audit.rows import AuditReport
from service.model import Change, EnsureIssue, EnsureLabel, Issue, IssueRef, SetBody
from service.policy import Policy


def changes(audited: Audited) -> Iterator[Change]:
    """What would bring the audit issues up to date. A closed one was ended by people, and is neither opened nor
    replaced.
    """
    parts = audited.report.by_project
    for project, policy in audited.policies.items():
        if policy.audit.issue:
            report = parts.get(project, AuditReport(audited.report.at))
            notice = audited.notices.get(project)
            yield from _begun(project, report, policy) if notice is None else _kept(notice, report)


def _begun(project: Project, report: AuditReport, policy: Policy) -> Iterator[Change]:
    if not report.rows:
        return
    ref, label = IssueRef(*project, 0), policy.vocabulary.audit_label
    yield EnsureLabel(ref, label)
    yield EnsureIssue(ref, TOPIC, summary.TITLE, summary.body_with(report), frozenset({label.name}))


def _kept(notice: Issue, report: AuditReport) -> Iterator[Change]:
    body = summary.body_with(report, notice.body)
    if body != notice.body:
        yield SetBody(notice.ref, notice.body, body)
