"""The shipped dialect: English spellings of headings, fields and table columns. Policy adds other words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from service.document.parts import Dialect

_SECTIONS = {
    "summary": (
        "summary", "incident summary", "executive summary", "overview", "incident overview", "tl;dr", "tldr",
        "abstract", "synopsis", "description", "incident description", "what happened", "postmortem summary",
        "post-mortem summary", "incident details", "incident",
    ),
    "impact": (
        "impact", "customer impact", "user impact", "business impact", "impact assessment", "impact summary",
        "impact analysis", "scope", "blast radius", "who was affected", "affected users", "user and customer impact",
        "customer and user impact", "incident impact",
    ),
    "timeline": (
        "timeline", "incident timeline", "timeline of events", "chronology", "sequence of events", "events", "history",
        "event timeline", "timeline of the incident", "log of events", "incident log",
    ),
    "root-cause": (
        "root cause", "the root cause", "cause", "root cause analysis", "rca", "underlying cause", "trigger",
        "what caused it", "cause of the incident", "primary cause", "five whys", "5 whys", "the 5 whys",
        "the five whys", "five whys analysis", "5 whys analysis", "why did it happen", "why it happened",
        "cause analysis", "root cause and trigger",
    ),
    "contributing-factors": (
        "contributing factors", "contributing causes", "contributors", "factors", "contributing conditions",
        "contributory factors", "other factors", "secondary causes",
    ),
    "went-well": (
        "what went well", "went well", "what worked well", "what worked", "things that went well", "successes",
        "positives", "keep", "keep doing", "the good", "liked", "glad", "what we did well", "what went right",
    ),
    "went-wrong": (
        "what went wrong", "what went poorly", "what did not go well", "what didn't go well", "went wrong",
        "went poorly", "what went badly", "things that went poorly", "things that went wrong", "what could be improved",
        "what could have gone better", "improvements", "areas for improvement", "difficulties", "challenges",
        "negatives", "the bad", "stop doing", "lacked", "what did not work", "what didn't work", "sad", "mad",
        "what can we improve", "what to improve",
    ),
    "lucky": (
        "where we got lucky", "where did we get lucky", "got lucky", "luck", "lucky", "we got lucky", "what was lucky",
        "lucky breaks", "what went luckily",
    ),
    "actions": (
        "actions", "action items", "corrective actions", "corrective and preventive actions", "preventive actions",
        "preventative actions", "preventative measures", "preventive measures", "corrective measures", "follow-ups",
        "follow ups", "followups", "follow-up", "follow-up actions", "follow-up items", "follow-up tasks",
        "remediation", "remediations", "remediation items", "remediation actions", "remediation plan", "next steps",
        "todos", "to-dos", "to do", "todo", "to-do list", "tasks", "action plan", "capa", "measures", "commitments",
        "mitigation actions", "improvement actions", "action", "what we will do", "our actions",
        "action items and follow-ups", "repair items", "fixes", "agreed actions", "post-mortem actions",
        "postmortem actions", "incident actions", "action list", "list of actions", "actions taken forward",
    ),
    "customer-actions": ("customer-facing actions", "customer actions", "actions for the customer", "client actions"),
    "lessons": (
        "lessons", "lessons learned", "lessons learnt", "learnings", "key learnings", "takeaways", "key takeaways",
        "what we learned", "what did we learn", "what we learnt", "learned", "insights", "reflections",
    ),
    "ongoing": (
        "ongoing problems", "ongoing issues", "open problems", "open issues", "known issues", "remaining issues",
        "outstanding issues", "still open", "open questions", "remaining risks", "residual risk", "ongoing",
        "known problems", "unresolved problems", "unresolved issues",
    ),
    "review": (
        "final review", "final review checklist", "review checklist", "review", "sign-off", "signoff", "final checks",
        "final checklist", "closing checklist", "closure checklist", "approval", "approvals", "post-mortem checklist",
        "postmortem checklist", "before closing",
    ),
    "links": (
        "links", "references", "related links", "resources", "traces and logs", "logs and traces",
        "links to traces and logs", "links to logs and traces", "supporting information", "supporting material",
        "evidence", "appendix", "further reading", "dashboards", "related issues", "useful links", "artifacts",
    ),
    "detection": (
        "detection", "how was it detected", "how did we detect it", "how did we find out", "discovery",
        "incident detection", "how it was detected", "did the alert fire",
    ),
    "definition-of-done": (
        "definition of done", "dod", "acceptance criteria", "done when", "done criteria", "completion criteria",
        "success criteria", "exit criteria", "criteria", "done means",
    ),
    "why": ("why", "motivation", "rationale", "reason", "background", "context", "why it matters", "purpose"),
    "what": ("what", "what to do", "task", "scope of work", "the work", "goal", "objective"),
    "verification": (
        "verification", "validation", "how to verify", "how we verify", "how will we know", "verify", "proof",
        "how will we verify", "how it was verified", "is each fix verified", "test plan", "fix verification",
    ),
    "coordination": ("coordination", "disclosure coordination"),
    "data-exposure": ("data exposure", "exposed data", "exposure"),
    "disclosure": ("disclosure", "disclosure checklist", "public disclosure"),
    "engagement": ("engagement", "engagement facts", "project facts", "about the project", "about the engagement"),
    "recurrence": ("did it happen again", "recurrence", "has it happened again"),
    "verdict": ("verdict", "conclusion of the review"),
}  # fmt: skip

_FIELDS = {
    "date": (
        "date", "incident date", "date of incident", "date of the incident", "date of outage", "outage date", "day",
        "event date", "occurred on", "incident day",
    ),
    "duration": (
        "duration", "incident duration", "total duration", "outage duration", "downtime", "time to resolve", "ttr",
        "time to resolution", "length", "total downtime", "time to restore", "impact duration", "duration of impact",
    ),
    "severity": (
        "severity", "sev", "severity level", "incident severity", "sev level", "priority", "incident priority",
        "criticality",
    ),
    "impact": (
        "impact", "customer impact", "user impact", "business impact", "impact summary", "users and impact",
    ),
    "category": (
        "category", "incident category", "root cause category", "cause category", "incident type", "type of incident",
        "classification",
    ),
    "started": (
        "started", "start", "start time", "started at", "incident start", "incident started", "began", "begin",
        "impact start", "impact started", "time started", "outage start", "start of impact", "start date and time",
        "incident start time",
    ),
    "detected": (
        "detected", "detected at", "detection time", "time detected", "time of detection", "discovered",
        "discovered at", "reported at", "noticed", "noticed at", "alerted at", "incident detected",
    ),
    "mitigated": (
        "mitigated", "mitigated at", "mitigation time", "time mitigated", "time of mitigation", "contained",
        "contained at", "stabilised at", "stabilized at", "impact end", "impact ended", "incident mitigated",
    ),
    "resolved": (
        "resolved", "resolved at", "resolution time", "time resolved", "time of resolution", "end", "ended",
        "end time", "ended at", "incident end", "incident ended", "recovered", "recovered at", "fixed at",
        "all clear", "restored", "restored at", "incident resolved", "incident end time", "outage end",
    ),
    "owner": (
        "owner", "owners", "assignee", "assignees", "assigned to", "responsible", "dri", "owned by", "action owner",
        "responsible person", "directly responsible individual",
    ),
    "deadline": (
        "deadline", "due", "due date", "due by", "due on", "target date", "complete by", "to be done by", "by when",
        "finish by",
    ),
    "type": ("type", "action type", "kind"),
    "parent": ("from post-mortem", "from postmortem", "parent", "parent post-mortem", "post-mortem", "postmortem"),
    "created": ("created", "created on", "created at", "opened"),
    "completed": ("completed", "completed on", "completed at", "done on", "finished", "closed on"),
    "users-affected": ("users affected", "affected users", "customers affected", "affected customers"),
    "data-integrity": ("data integrity", "data loss", "data impact"),
    "recurred": ("happened again", "did it happen again", "recurred", "it happened again"),
    "sla": ("sla", "slo", "sla impact", "slo impact", "error budget", "sla breach"),
}  # fmt: skip

_COLUMNS = {
    "text": (
        "action", "action item", "actions", "task", "item", "description", "what", "todo", "to do", "follow-up",
        "measure", "step", "work item", "remediation", "corrective action", "preventive action", "details", "summary",
        "title", "name", "activity", "next step", "fix",
    ),
    "owner": (
        "owner", "owners", "assignee", "assignees", "assigned", "assigned to", "who", "responsible", "dri",
        "responsibility", "owned by", "person", "team", "lead", "by whom", "accountable", "action owner", "poc",
        "responsible person", "responsible party",
    ),
    "due": (
        "due", "due date", "due by", "deadline", "by when", "when", "date", "target date", "target", "eta", "by",
        "completion date", "target completion", "expected", "expected date", "planned for", "due on", "until",
        "target completion date",
    ),
    "type": ("type", "category", "kind", "action type", "class", "area"),
    "status": ("status", "state", "done", "done?", "progress", "complete", "completed", "finished", "closed", "✅"),
    "issue": (
        "issue", "ticket", "link", "issue link", "tracking", "reference", "ref", "issues", "bug", "tracker", "url",
        "tracking issue", "ticket link", "tracked in", "work item link", "mr", "pr", "jira",
    ),
    "reason": ("reason",),
    "time": ("time", "time utc", "when", "timestamp", "date", "date time", "at", "utc", "date and time", "date/time"),
    "event": (
        "event", "what happened", "description", "what", "details", "action", "activity", "note", "happening",
        "observation", "entry", "summary", "comment",
    ),
}  # fmt: skip

DEFAULT_DIALECT = Dialect(
    sections=_SECTIONS,
    fields=_FIELDS,
    columns=_COLUMNS,
    dates=("Target date", "Due date", "Due", "Deadline"),
    hosts=("github.com", "gitlab.com"),
)


def extend(dialect: Dialect, more: Dialect) -> Dialect:
    """Both dialects' words. Where both claim a spelling, `more` wins (see `service.document.headings.Lexicon`).

    The names of date fields are those of `more` alone, so that a team can do without.
    """
    return Dialect(
        sections=_joined(dialect.sections, more.sections),
        fields=_joined(dialect.fields, more.fields),
        columns=_joined(dialect.columns, more.columns),
        dates=more.dates,
        hosts=tuple(dict.fromkeys((*dialect.hosts, *more.hosts))),
    )


def on_host(dialect: Dialect, url: str) -> Dialect:
    """The dialect of a document that lives at this web address: addresses of issues beside it are references."""
    host = urlsplit(url).netloc.lower()
    return dialect if not host or host in dialect.hosts else replace(dialect, hosts=(*dialect.hosts, host))


def _joined(words: Mapping[str, tuple[str, ...]], more: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The names of `more` come last, so that a lexicon built in this order lets them win."""
    kept = {name: spellings for name, spellings in words.items() if name not in more}
    return kept | {name: (*words.get(name, ()), *spellings) for name, spellings in more.items()}
