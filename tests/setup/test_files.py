"""The files that set-up proposes are what their readers understand."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from service import document
from service.policy import Policy, load
from service.settings import Kind
from service.setup.files import request_body, template_path, texts
from service.templates import parse, shipped
from service.vocabulary import SEVERITIES, Vocabulary

VOCABULARY = Vocabulary()
KINDS: tuple[Kind, ...] = ("github", "gitlab")


@pytest.mark.parametrize("board", [None, 7])
def test_the_policy_is_one_of_defaults(board: int | None) -> None:
    """It changes nothing but the board it names, so merging it is safe."""
    [text] = texts("github", (".github/closeout.yml",), VOCABULARY, board).values()
    policy, plain = load(text, "policy"), load("version: 1\n", "plain")
    assert isinstance(policy, Policy)
    assert isinstance(plain, Policy)
    options = {name: value for name, value in policy.rule_options.items() if name != "board"}
    assert options == {name: value for name, value in plain.rule_options.items() if name != "board"}
    assert getattr(policy.options("board"), "project", "") == board


def test_githubs_form_puts_the_label_on_and_is_read_back() -> None:
    """What GitHub makes of an answered form: a heading for each field, which our reader takes for the field."""
    form = yaml.safe_load(texts("github", (template_path("github"),), VOCABULARY, None)[template_path("github")])
    assert form["labels"] == ["post-mortem"]
    assert form["body"][1]["attributes"]["options"] == list(SEVERITIES)
    assert {"name", "description", "title", "labels", "body"} == form.keys()
    answers = {"Incident summary": "We lost orders.", "Severity": "high", "Category": "_No response_"}
    fields = [field["attributes"]["label"] for field in form["body"]]
    body = "\n\n".join(f"### {label}\n\n{answers[label]}" for label in fields)
    read = document.read(body, today=date(2026, 3, 1))
    assert read.field("severity").value == "high"
    assert read.field("category").value is None


def test_gitlabs_template_is_ours_with_the_label() -> None:
    """GitLab runs the quick action; our own reader takes the rest for the team's template, with its label."""
    path = template_path("gitlab")
    template = parse(path, texts("gitlab", (path,), VOCABULARY, None)[path])
    assert template.labels == ("post-mortem",)
    assert template.text.rstrip() == shipped()["full_incident"].text.rstrip()


@pytest.mark.parametrize("kind", KINDS)
def test_the_request_says_what_each_file_is_for(kind: Kind) -> None:
    """A reviewer needs nothing else to decide."""
    paths = (".github/closeout.yml" if kind == "github" else ".gitlab/closeout.yml", template_path(kind))
    assert all(f"`{path}`: " in request_body(kind, paths) for path in paths)
