"""The words a team uses in its tracker: label names, board columns and headings. Policy may rename every one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from service import document
from service.model import Issue, Label

Kind: TypeAlias = Literal["post-mortem", "action-item"]

SEVERITIES = ("critical", "high", "medium", "low")
CATEGORIES = ("infrastructure", "code", "process", "external", "security")
ACTION_TYPES = ("prevention", "detection", "response", "documentation", "process", "learning")
COLUMNS = ("draft", "review", "actions_created", "in_progress", "complete")


class Strict(BaseModel):
    """A part of the policy: frozen, and an unknown key is an error rather than a silent typo."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SeverityLabels(Strict):
    critical: str = "severity-critical"
    high: str = "severity-high"
    medium: str = "severity-medium"
    low: str = "severity-low"


class CategoryLabels(Strict):
    infrastructure: str = "category-infrastructure"
    code: str = "category-code"
    process: str = "category-process"
    external: str = "category-external"
    security: str = "category-security"


class ActionTypeLabels(Strict):
    prevention: str = "prevention"
    detection: str = "detection"
    response: str = "response"
    documentation: str = "documentation"
    process: str = "process"
    learning: str = "learning"


class ColumnLabels(Strict):
    """Labels that stand for board columns where the forge's board has none of its own."""

    draft: str = "pm-draft"
    review: str = "pm-review"
    actions_created: str = "pm-actions-created"
    in_progress: str = "pm-in-progress"
    complete: str = "pm-complete"


class LabelNames(Strict):
    trigger: tuple[str, ...] = Field(
        ("post-mortem", "type-post-mortem", "Post Mortem", "postmortem"),
        description="Any of these, in any case, makes an issue a post-mortem.",
    )
    post_mortem: str = Field("type-post-mortem", description="The label every post-mortem carries.")
    action_item: str = Field("type-action-item", description="The label every action item carries.")
    overdue: str = Field("overdue", description="The label of an action item past its deadline.")
    audit: str = Field("post-mortem-audit", description="The label of the issue that carries the audit's summary.")
    review: str = Field("follow-up-review", description="The label of a follow-up review of a post-mortem.")
    paused: str = Field(
        "pm-paused", description="The label of what `/pm pause` was said on; whose action items rest too."
    )
    slipping: str = Field(
        "slipping", description="The label of an action item whose deadline was moved again and again."
    )
    overridden: str = Field(
        "closed-by-override", description="The label of a post-mortem that `/pm override` let close with open points."
    )
    wont_do: str = Field("wont-do", description="The label of an action item that will not be done, by decision.")
    severity: SeverityLabels = Field(SeverityLabels(), description="One label for each severity.")
    category: CategoryLabels = Field(CategoryLabels(), description="One label for each category of cause.")
    action_type: ActionTypeLabels = Field(ActionTypeLabels(), description="One label for each kind of action.")
    column: ColumnLabels = Field(ColumnLabels(), description="One label for each board column.")


class ColumnNames(Strict):
    """Names of the columns on the project board, in their order."""

    draft: str = "Draft"
    review: str = "Review"
    actions_created: str = "Actions Created"
    in_progress: str = "In Progress"
    complete: str = "Complete"


class Words(Strict):
    """Further spellings of headings, field names and table columns; other languages go here."""

    sections: dict[str, tuple[str, ...]] = Field({}, description='For example `root-cause: ["Ursache"]`.')
    fields: dict[str, tuple[str, ...]] = Field({}, description='For example `severity: ["Schweregrad"]`.')
    columns: dict[str, tuple[str, ...]] = Field({}, description='For example `owner: ["Verantwortlich"]`.')


class Vocabulary(Strict):
    labels: LabelNames = Field(LabelNames(), description="Label names.")
    columns: ColumnNames = Field(ColumnNames(), description="Board column names.")
    date_fields: tuple[str, ...] = Field(
        document.DEFAULT_DIALECT.dates,
        max_length=10,
        description="GitHub: names of a project's date field for deadlines; the first one there counts, and none "
        "where the organisation has the issue field `Target date`.",
    )
    words: Words = Field(Words(), description="Further spellings of headings and fields.")

    @property
    def dialect(self) -> document.Dialect:
        words = self.words
        more = document.Dialect(words.sections, words.fields, words.columns, dates=self.date_fields)
        return document.extend(document.DEFAULT_DIALECT, more)

    def kind_of(self, issue: Issue) -> Kind | None:
        """An issue with an action item's marker is one whatever else it carries; then the labels decide."""
        if issue.marker is not None:
            return "action-item"
        if self.is_trigger(issue.labels):
            return "post-mortem"
        action_item = self.labels.action_item.casefold()
        return "action-item" if any(label.casefold() == action_item for label in issue.labels) else None

    def is_trigger(self, labels: Iterable[str]) -> bool:
        wanted = {name.casefold() for name in (*self.labels.trigger, self.labels.post_mortem)}
        return any(label.casefold() in wanted for label in labels)

    def taxonomy(self) -> tuple[Label, ...]:
        """Every label a post-mortem's life needs but those of columns, with its colour and description."""
        labels = self.labels
        return (
            Label(labels.post_mortem, "5319e7", "A blameless post-mortem"),
            Label(labels.action_item, "0e8a16", "An action agreed in a post-mortem"),
            self.overdue_label,
            *_labels(labels.severity, _SEVERITY_COLORS, "Severity: {}"),
            *_labels(labels.action_type, dict.fromkeys(ACTION_TYPES, "c5def5"), "Action item for {}"),
            *_labels(labels.category, dict.fromkeys(CATEGORIES, "bfd4f2"), "Cause: {}"),
        )

    @property
    def audit_label(self) -> Label:
        """Made where the audit first needs it."""
        return Label(self.labels.audit, "1d76db", "What the post-mortem audit found, kept up to date")

    @property
    def overdue_label(self) -> Label:
        return Label(self.labels.overdue, "d93f0b", "An action item past its deadline")

    @property
    def review_label(self) -> Label:
        """Made where the first review is opened."""
        return Label(self.labels.review, "0052cc", "Whether the fixes of a post-mortem hold")

    @property
    def paused_label(self) -> Label:
        """Made where somebody first pauses something."""
        return Label(self.labels.paused, "fef2c0", "Closeout leaves this and its action items' reminders alone")

    @property
    def slipping_label(self) -> Label:
        """Made where a deadline was first moved so often."""
        return Label(self.labels.slipping, "e99695", "Its deadline was moved again and again")

    @property
    def overridden_label(self) -> Label:
        """Made where an override first let something close."""
        return Label(self.labels.overridden, "d4c5f9", "Closed with open points, by a maintainer's decision")

    @property
    def wont_do_label(self) -> Label:
        """Made where it is first needed; most projects never need it."""
        return Label(self.labels.wont_do, "cfd3d7", "An action item that will not be done, by decision")

    def trigger_label(self) -> Label:
        """The label to tell people of: the first of those that make an issue a post-mortem."""
        first = next(iter(self.labels.trigger), self.labels.post_mortem)
        return Label(first, "5319e7", "Makes this issue a post-mortem")

    def column_label(self, column: str) -> Label:
        return Label(getattr(self.labels.column, column), "ededed", f"Board column: {getattr(self.columns, column)}")


_SEVERITY_COLORS = {"critical": "b60205", "high": "d93f0b", "medium": "fbca04", "low": "c2e0c6"}


def _labels(names: Strict, colors: Mapping[str, str], description: str) -> Iterable[Label]:
    return (Label(getattr(names, word), color, description.format(word)) for word, color in colors.items())


def word_of(names: Strict, label: str) -> str | None:
    """`severity-high` → `high`: which word of the group this label stands for, compared without case."""
    for word in type(names).model_fields:
        if str(getattr(names, word)).casefold() == label.casefold():
            return word
    return None
