"""A repository's policy file: YAML in, a `Policy` out, or every mistake in it at once with file, line and remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal

import yaml
from pydantic import BaseModel, Field, ValidationError, create_model

from service import plain_yaml
from service.calendar import Calendars
from service.model import Issue
from service.routing import Reach
from service.rules import Options, rules
from service.teams import Teams
from service.templates import Template, shipped
from service.vocabulary import Strict, Vocabulary
from service.wording import shortened

FILES = {"github": ".github/closeout.yml", "gitlab": ".gitlab/closeout.yml"}


class TemplateFiles(Strict):
    """Where a repository keeps its own templates; a file that is there wins over the shipped one."""

    full_incident: str = ""
    light_incident: str = ""
    security_incident: str = ""
    project_retrospective: str = ""
    four_quadrant_retrospective: str = ""
    action_item: str = ""


class StaleDays(Strict):
    """Days a post-mortem may take from its opening to its first action item."""

    critical: int = Field(5, ge=1, le=3660)
    high: int = Field(10, ge=1, le=3660)
    medium: int = Field(20, ge=1, le=3660)
    low: int = Field(30, ge=1, le=3660)


class AuditOptions(Strict):
    """What `closeout audit` reports and keeps."""

    issue: bool = Field(True, description="Whether `closeout audit --apply` keeps its summary in an issue here.")
    stale_days: StaleDays = Field(
        StaleDays(), description="Days after which a post-mortem still in Draft or Review is stale, by severity."
    )
    teams: dict[str, tuple[str, ...]] = Field({}, description='Who is in which team, such as `payments: ["alice"]`.')
    leads: dict[str, tuple[str, ...]] = Field({}, description='Who leads a team, such as `payments: ["carol"]`.')


class NotifyOptions(Strict):
    """Which routes of the installation hear of what, by name. Where they lead is its configuration, never a policy's.

    A kind that is not named here goes to the routes that take it by themselves; one with no route goes nowhere.
    """

    confidential: bool = Field(
        False,
        description="Whether everything in this project is confidential to routes, as a confidential issue is: for a "
        "private project whose post-mortems must not leave it.",
    )
    opened: tuple[str, ...] | None = Field(None, description="A post-mortem was opened.")
    review: tuple[str, ...] | None = Field(None, description="A post-mortem is ready for review.")
    refused: tuple[str, ...] | None = Field(None, description="A close was undone, with what is missing.")
    completed: tuple[str, ...] | None = Field(None, description="A post-mortem was closed, with its lessons learned.")
    due: tuple[str, ...] | None = Field(
        None, description="An action item's reminder up to its deadline, where its step is told by message."
    )
    overdue: tuple[str, ...] | None = Field(None, description="An action item's reminder after its deadline.")
    audit: tuple[str, ...] | None = Field(None, description="This project's part of the audit's message.")
    weekly: tuple[str, ...] | None = Field(None, description="This project's part of the weekly message.")


class AppointmentOptions(Strict):
    """What calendars may show of meetings and follow-up reviews: where, when and who, unless more is allowed."""

    titles: bool = Field(
        False, description="Whether the titles of issues may be shown, too; those of confidential ones never are."
    )


class PolicyFileBase(Strict):
    """What a policy file may say. Everything has a default: `version: 1` alone is a whole policy."""

    version: Literal[1] = Field(description="The version of this format; always 1.")
    vocabulary: Vocabulary = Field(Vocabulary(), description="Label names, column names and spellings.")
    templates: TemplateFiles = Field(TemplateFiles(), description="Paths of this repository's own templates.")
    audit: AuditOptions = Field(AuditOptions(), description="What the audit reports and keeps.")
    calendar: Calendars = Field(Calendars(), description="When the team works, and when it is left in peace.")
    notify: NotifyOptions = Field(NotifyOptions(), description="Which routes hear of what.")
    appointments: AppointmentOptions = Field(AppointmentOptions(), description="What calendars may show.")


@cache
def policy_model() -> type[PolicyFileBase]:
    """The file's model, with one section for each rule there is."""
    sections: dict[str, Any] = {
        rule.id.replace("-", "_"): (
            rule.options,
            Field(default_factory=rule.options, alias=rule.id, description=rule.summary),
        )
        for rule in rules()
    }
    section = create_model("Rules", __base__=Strict, **sections)
    made = create_model(
        "PolicyFile",
        __base__=PolicyFileBase,
        rules=(section, Field(default_factory=section, description="One section a rule.")),
    )
    made.__doc__ = PolicyFileBase.__doc__
    return made


@dataclass(frozen=True)
class Policy:
    """What a team decided, ready for the engine. `reach` is that of the installation it is read in."""

    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    rule_options: Mapping[str, Options] = field(default_factory=dict)
    templates: Mapping[str, Template] = field(default_factory=shipped)
    template_files: Mapping[str, str] = field(default_factory=dict)  # name → path in the repository
    audit: AuditOptions = field(default_factory=AuditOptions)
    calendars: Calendars = field(default_factory=Calendars)
    notify: NotifyOptions = field(default_factory=NotifyOptions)
    reach: Reach = field(default_factory=Reach)
    appointments: AppointmentOptions = field(default_factory=AppointmentOptions)

    @property
    def teams(self) -> Teams:
        return Teams(self.audit.teams, self.audit.leads)

    def keeps(self, *issues: Issue | None) -> bool:
        """Whether what is told of these issues, an item and its post-mortem, is confidential."""
        there = [issue for issue in issues if issue is not None]
        return self.notify.confidential or any(issue.private or self.reach.keeps(issue.ref) for issue in there)

    def options(self, rule_id: str) -> Options:
        found = self.rule_options.get(rule_id)
        return found if found is not None else _defaults()[rule_id]


@dataclass(frozen=True)
class InvalidPolicy:
    """A policy that cannot be used. `errors` are `file:line: path: what is wrong and how to write it`."""

    errors: tuple[str, ...]


@cache
def _defaults() -> Mapping[str, Options]:
    return {rule.id: rule.options() for rule in rules()}


def load(text: str, source: str) -> Policy | InvalidPolicy:
    """Reads a policy. `source` is the file's name, for the messages. Never raises on any text."""
    try:
        data, node = plain_yaml.read(text)
    except plain_yaml.NotYaml as error:
        return InvalidPolicy((f"{source}:{error.line}: this is not YAML that can be read: {error}",))
    if not isinstance(data, dict):
        return InvalidPolicy((f"{source}:1: a policy is a mapping that begins with `version: 1`",))
    try:
        read = policy_model().model_validate(data)
    except ValidationError as invalid:
        return InvalidPolicy(tuple(_explained(invalid, node, source)))
    return _policy(read)


def _policy(read: PolicyFileBase) -> Policy:
    section: BaseModel = read.rules  # type: ignore[attr-defined] # the created model adds it
    options = {rule.id: getattr(section, rule.id.replace("-", "_")) for rule in rules()}
    files = {name: path for name, path in read.templates.model_dump().items() if path}
    return Policy(
        vocabulary=read.vocabulary,
        rule_options=options,
        template_files=files,
        audit=read.audit,
        calendars=read.calendar,
        notify=read.notify,
        appointments=read.appointments,
    )


# --- explaining mistakes --------------------------------------------------------------------------------------


def _explained(invalid: ValidationError, node: yaml.Node | None, source: str) -> Iterator[str]:
    problems = [(_line(node, error["loc"]), error) for error in invalid.errors()]
    for line, error in sorted(problems, key=lambda problem: problem[0]):
        path = ".".join(str(part) for part in error["loc"])
        yield f"{source}:{line}: {path}: {_sentence(error)}"


def _sentence(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        known = _known_keys(error["loc"][:-1])
        close = get_close_matches(str(error["loc"][-1]), known, n=1, cutoff=0.5)
        return (
            f'unknown option (did you mean "{close[0]}"?)'
            if close
            else f"unknown option (there are: {', '.join(known)})"
        )
    if error["type"] == "missing":
        return "this is needed; add `version: 1`" if error["loc"] == ("version",) else "this is needed"
    message, given = str(error["msg"]), shortened(repr(error["input"]), 60)
    return f"{message[0].lower()}{message[1:]}, not {given}"


def _known_keys(path: Sequence[int | str]) -> tuple[str, ...]:
    """The keys allowed at a place, found by walking the models along the path."""
    model: Any = policy_model()
    for part in path:
        fields = getattr(model, "model_fields", {})
        model = next((f.annotation for name, f in fields.items() if part in {name, f.alias}), model)
        if isinstance(part, int):
            model = model.__args__[0] if hasattr(model, "__args__") else model
    fields = getattr(model, "model_fields", {})
    return tuple(f.alias or name for name, f in fields.items())


def _line(node: yaml.Node | None, path: Sequence[int | str]) -> int:
    """The 1-based line of a place in the YAML; of its nearest parent where the place itself is missing."""
    line = 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
