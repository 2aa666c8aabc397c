"""A snapshot as a rule reads it: through the team's vocabulary, with its document parsed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from service import document
from service.calendar import Calendar, Calendars
from service.document import ActionItem, Document, FieldState
from service.document import Field as Written
from service.document.likeness import fingerprints, likeness
from service.model import Finding, Issue, IssueRef, ItemState, Label, Snapshot, SyncState, placeholder
from service.teams import Teams
from service.templates import Template
from service.vocabulary import Kind, Strict, Vocabulary, word_of


@dataclass(frozen=True)
class Case:
    """What a rule judges. `findings` is what the settling rules concluded, for the gates that run after them."""

    snapshot: Snapshot
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    templates: Mapping[str, Template] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    calendars: Calendars = field(default_factory=Calendars)
    teams: Teams = field(default_factory=Teams)

    @property
    def issue(self) -> Issue:
        return self.snapshot.issue

    @property
    def state(self) -> SyncState:
        return self.snapshot.state

    @property
    def now(self) -> datetime:
        return self.snapshot.observed_at

    @property
    def today(self) -> date:
        return self.now.date()

    @cached_property
    def kind(self) -> Kind | None:
        return self.vocabulary.kind_of(self.issue)

    @cached_property
    def document(self) -> Document:
        return self.read(self.issue)

    def read(self, issue: Issue) -> Document:
        """The issue's own text; its references are read from where it lives."""
        dialect = document.on_host(self.vocabulary.dialect, issue.url)
        return document.read(issue.body, today=self.today, dialect=dialect, home=issue.ref)

    @cached_property
    def closed_before_adoption(self) -> bool:
        """Closed before it became a post-mortem: history, which is neither edited nor reopened.

        Where the forge does not say when the label was put on, a close that nothing was remembered about counts.
        """
        issue = self.issue
        if issue.state == "open" or self.state != SyncState():
            return False
        put_on = [at for label, at in issue.label_times.items() if self.vocabulary.is_trigger((label,))]
        return not put_on or issue.closed_at is None or min(put_on) > issue.closed_at

    # --- who and by when --------------------------------------------------------------------------------------

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """Who is assigned, else whom the Owner line names."""
        return tuple(sorted(self.issue.assignees, key=str.casefold)) or self._owners_written

    @cached_property
    def _owners_written(self) -> tuple[str, ...]:
        written = self.document.field("owner")
        if written.state is not FieldState.RECORDED or not isinstance(written.value, str):
            return ()
        names = (name.strip().lstrip("@") for name in written.value.split(","))
        return tuple(name for name in names if name)

    @cached_property
    def calendar(self) -> Calendar:
        """The working calendar of whoever has this to do."""
        owners = (*self.issue.assignees, *self._owners_written)
        return self.calendars.of(self.issue.ref.project, owners, self.issue.labels)

    @cached_property
    def deadline(self) -> date | None:
        return self.due(self.issue)

    @property
    def days_left(self) -> int | None:
        """Days until the deadline; below 0 once it has passed. It passes with its day, where the owner works."""
        return None if self.deadline is None else (self.deadline - self.calendar.day(self.now)).days

    @property
    def is_overdue(self) -> bool:
        return self.issue.state == "open" and self.days_left is not None and self.days_left < 0

    def due(self, issue: Issue) -> date | None:
        """An issue's deadline: the forge's field, else the line in its body, if it names one day for good."""
        if issue.due is not None:
            return issue.due
        doc = self.document if issue is self.issue else self.read(issue)
        written = doc.field("deadline")
        return written.value if isinstance(written.value, date) and not self._drifts(issue, written) else None

    def _drifts(self, issue: Issue, written: Written) -> bool:
        """“Next Friday” is another day whenever it is read: nobody could ever be late."""
        if str(written.value) in written.raw:
            return False
        later = replace(self.snapshot, observed_at=self.now + timedelta(days=400))
        return replace(self, snapshot=later).read(issue).field("deadline").value != written.value

    def given_up(self, issue: Issue) -> bool:
        """Closed as something that will not be done here. Closing so is always free: it is a decision.

        A forge without such a reason keeps it in a label, which speaks of action items alone.
        """
        label = self.vocabulary.labels.wont_do.casefold()
        labelled = label in {name.casefold() for name in issue.labels} and not self.vocabulary.is_trigger(issue.labels)
        return issue.state == "closed" and (issue.state_reason in _NOT_DONE or labelled)

    def is_paused(self, issue: Issue) -> bool:
        """Whether it carries the label that `/pm pause` puts on: what is remembered of a relative is not seen here."""
        return bool(self.carries(issue, self.vocabulary.labels.paused))

    # --- labels -----------------------------------------------------------------------------------------------

    def carries(self, issue: Issue, name: str) -> frozenset[str]:
        """The labels on the issue that are this one: neither forge minds the case."""
        return frozenset(label for label in issue.labels if label.casefold() == name.casefold())

    def exists(self, label: Label) -> bool:
        return label.name.casefold() in {name.casefold() for name in self.snapshot.labels}

    def words_on(self, names: Strict) -> tuple[str, ...]:
        """Which words of a label group the issue carries: `("high",)` for `severity-high`."""
        found = {word_of(names, label) for label in self.issue.labels}
        return tuple(word for word in type(names).model_fields if word in found)

    @property
    def severity(self) -> str | None:
        return self.settled("severity")

    @property
    def severity_labels(self) -> frozenset[str]:
        """The label of its severity, for an issue that comes from it."""
        names = self.vocabulary.labels.severity
        return frozenset({getattr(names, self.severity)} if self.severity in type(names).model_fields else ())

    @property
    def category(self) -> str | None:
        return self.settled("category")

    def settled(self, field: str) -> str | None:
        """The severity or category that stands: text and label against what both said last, the later change wins.

        A value that was taken away on one side only is still the other side's.
        """
        names: Strict = getattr(self.vocabulary.labels, field)
        last: str | None = getattr(self.state, field)
        written, label = self._written(field, names), self._label(names, last)
        changed = [value for value in (written, label) if value is not None and value != last]
        if written is not None and label is not None and len(changed) > 1:
            return label if self._label_is_later(names, label) else written
        return changed[0] if changed else written or label or last

    def _written(self, field: str, names: Strict) -> str | None:
        found = self.document.field(field)
        recorded = found.state is FieldState.RECORDED and str(found.value) in type(names).model_fields
        return str(found.value) if recorded else None

    def _label(self, names: Strict, last: str | None) -> str | None:
        """The group's word on the issue; of several the one put on last, else the one that is new, else the gravest."""
        on = self.words_on(names)
        times = {word_of(names, name): at for name, at in self.issue.label_times.items()}
        timed = [word for word in on if word in times]
        if timed:
            return max(timed, key=lambda word: times[word])
        return next((word for word in on if word != last), on[0] if on else None)

    def _label_is_later(self, names: Strict, label: str) -> bool:
        edited, times = self.issue.body_edited_at, self.issue.label_times
        put_on = next((at for name, at in times.items() if word_of(names, name) == label), self.issue.updated_at)
        return edited is None or (put_on is not None and put_on > edited)

    def document_of(self, text: str) -> Document:
        return document.read(text, today=self.today, dialect=self.vocabulary.dialect, home=self.issue.ref)

    # --- the template -----------------------------------------------------------------------------------------

    @property
    def template(self) -> Template | None:
        return self.templates.get(self.state.template or "")

    @cached_property
    def missing_sections(self) -> tuple[str, ...]:
        """Ids of the template's required sections that say nothing yet."""
        if self.template is None:
            return ()
        return tuple(name for name in self.template.required if not self._says_something(name))

    def _says_something(self, name: str) -> bool:
        section = self.document.section(name)
        return section is not None and (section.filled or section.not_applicable)

    # --- action items -----------------------------------------------------------------------------------------

    @cached_property
    def children(self) -> Mapping[int, Issue]:
        """The child of each action item, by the item's position: named in its line, else by key, else by likeness."""
        found: dict[int, Issue] = {}
        for index, item in enumerate(self.document.items):
            child = self._named_child(item)
            if child is not None and child not in found.values():
                found[index] = child
        for index, key in enumerate(self.keys):
            child = next((c for c in self.own_children if c.key == key and c not in found.values()), None)
            if index not in found and child is not None:
                found[index] = child
        return found | self._alike(found)

    @cached_property
    def own_children(self) -> tuple[Issue, ...]:
        """Action items that Closeout created for this post-mortem: its marker, in an issue of its own account."""
        return tuple(c for c in self._created if not c.is_review)

    @cached_property
    def reviews(self) -> tuple[Issue, ...]:
        """Its follow-up reviews, as far as they can still be seen."""
        return tuple(c for c in self._created if c.is_review)

    @cached_property
    def _created(self) -> tuple[Issue, ...]:
        me, viewer = self.issue.ref, self.snapshot.viewer
        return tuple(c for c in self.snapshot.children if c.marker and c.marker.parent == me and c.author == viewer)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """A stable key for each action item: from its words, and its place among items of the same words."""
        return fingerprints(item.text for item in self.document.items)

    def item_state(self, child: Issue) -> ItemState | None:
        named = self.named(child)
        return next((s for s in self.state.items if s.key == child.key or s.ref == named), None)

    def tracked_child(self, tracked: ItemState) -> Issue | None:
        """The child a remembered action item stands for, if it can still be seen."""
        return next((c for c in self.snapshot.children if c.key == tracked.key or self.named(c) == tracked.ref), None)

    def may_edit(self, child: Issue) -> bool:
        """Whether a line may change the issue: one we created, or one of this project.

        Whoever may write here need not be allowed to write there; our account may be, and must not be lent to them.
        """
        return child.key is not None or child.ref.project == self.issue.ref.project

    def assignable(self, owners: Iterable[str]) -> frozenset[str]:
        """Who of a line's owners is assigned: those the forge lets be, the first of them where it takes only some."""
        able = [owner for owner in owners if self.snapshot.people.get(owner)]
        return frozenset(able[: self.snapshot.capabilities.max_assignees])

    def _named_child(self, item: ActionItem) -> Issue | None:
        """A line that names a review speaks of where it comes from."""
        for child in self.snapshot.children:
            if child in self.reviews:
                continue
            if child.ref in item.refs or (item.planned is not None and child.key == item.planned):
                return child
        return None

    def _alike(self, found: Mapping[int, Issue]) -> dict[int, Issue]:
        """A line edited between the creation of its issue and the naming of it: matched by its remaining likeness."""
        free = [c for c in self.own_children if c not in found.values() and self.item_state(c) is None]
        alike: dict[int, Issue] = {}
        for index, item in enumerate(self.document.items):
            if index in found or item.refs or not free:
                continue
            best = max(free, key=lambda child: likeness(child.title, item.text))
            if likeness(best.title, item.text) >= _ALIKE:
                alike[index] = best
                free.remove(best)
        return alike

    def named(self, child: Issue) -> str:
        """How a line names the child: by its number, or by a placeholder while the issue is only planned."""
        return placeholder(str(child.key)) if child.ref.number < 0 else self.ref_text(child.ref)

    def ref_text(self, ref: IssueRef) -> str:
        return ref.seen_from(self.issue.ref.project)


_ALIKE = 0.6
_NOT_DONE = ("not_planned", "duplicate", "moved")
