"""The files that set-up proposes: the policy, and the forge's own template for a new post-mortem. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import yaml

from service.policy import FILES
from service.settings import Kind
from service.templates import shipped
from service.vocabulary import CATEGORIES, SEVERITIES, Vocabulary

BRANCH = "closeout-setup"
TITLE = "Set up post-mortems with Closeout"
_TEMPLATES: Mapping[Kind, str] = {
    "github": ".github/ISSUE_TEMPLATE/post-mortem.yml",
    "gitlab": ".gitlab/issue_templates/post-mortem.md",
}


def template_path(kind: Kind) -> str:
    return _TEMPLATES[kind]


def texts(kind: Kind, paths: Sequence[str], vocabulary: Vocabulary, board: int | None) -> dict[str, str]:
    """Each file's text. `board` is the number of the project that cards go to, on GitHub."""
    made = {FILES[kind]: policy_text(board), _TEMPLATES[kind]: _template(kind, vocabulary)}
    return {path: made[path] for path in paths}


def policy_text(board: int | None) -> str:
    lines = [
        "# What Closeout asks of post-mortems here. Everything has a default: `version: 1` is a whole policy.",
        "# `closeout rules` explains each rule and its options; `closeout policy check FILE` reads this file.",
        "version: 1",
        "rules:",
        "  closure:",
        "    mode: enforce  # or warn: say what is missing and leave it closed; or observe: only record it",
    ]
    if board is not None:
        lines += ["  board:", f"    project: {board}  # the organisation's project that shows post-mortems"]
    return "\n".join(lines) + "\n"


def request_body(kind: Kind, paths: Sequence[str]) -> str:
    told = {
        FILES[kind]: "what is asked of a post-mortem before it may close; a policy of defaults to start from",
        _TEMPLATES[kind]: "what people are shown when they open a new post-mortem",
    }
    lines = [f"- `{path}`: {told[path]}" for path in paths]
    return "\n".join(["`closeout setup` proposes these files. Change them here as you like, then merge.", "", *lines])


def _template(kind: Kind, vocabulary: Vocabulary) -> str:
    label = vocabulary.trigger_label().name
    return _form(label) if kind == "github" else _description(label)


def _description(label: str) -> str:
    """https://docs.gitlab.com/user/project/description_templates/ (quick actions put the label on)"""
    return f'{shipped()["full_incident"].text.rstrip()}\n\n/label ~"{label}"\n'


def _form(label: str) -> str:
    """https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema

    Only what is known in the first minutes: the label has Closeout add the rest of the template around it.
    """
    summary = {
        "label": "Incident summary",
        "description": "What broke, who noticed, how it ended. Two or three sentences are enough to begin with.",
    }
    form = {
        "name": "Post-mortem",
        "description": "After an incident: what happened, why it was possible, and what we change.",
        "title": "Post-mortem: ",
        "labels": [label],
        "body": [
            {"type": "textarea", "id": "summary", "attributes": summary, "validations": {"required": True}},
            _dropdown("Severity", SEVERITIES),
            _dropdown("Category", CATEGORIES),
        ],
    }
    return yaml.safe_dump(form, sort_keys=False, allow_unicode=True, width=120)


def _dropdown(name: str, words: Sequence[str]) -> dict[str, object]:
    return {"type": "dropdown", "id": name.lower(), "attributes": {"label": name, "options": list(words)}}
