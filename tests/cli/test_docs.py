"""The generated documents agree with the code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

from service.cli.docs import ROOT, documents, main, schema
from service.settings.environment import variables


def test_the_generated_documents_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """If this fails, run: make docs."""
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_every_variable_is_documented() -> None:
    """An operator finds each setting, secrets with their file form, in docs/operations.md."""
    page = documents(ROOT)[ROOT / "docs/operations.md"]
    assert [name for name in variables() if f"`{name}`" not in page] == []


def test_a_stale_document_names_the_command_that_mends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` writes nothing and says what to run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.cli.docs.ROOT", tmp_path)
        shutil.copytree(ROOT / "helm/closeout", tmp_path / "helm/closeout")
        (tmp_path / "docs").mkdir()
        for page, block in (("operations", "settings"), ("adopting", "permissions")):
            text = f"<!-- {block} -->\n<!-- /{block} -->\n"
            (tmp_path / f"docs/{page}.md").write_text(text, encoding="utf-8")
        assert main(["--check"]) == 1
        assert "docs/rules.md is out of date; run: make docs" in capsys.readouterr().out
        assert main([]) == 0
        assert main(["--check"]) == 0


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("version: 1", True),
        ("version: 1\nrules: {closure: {grace_seconds: 0}}", True),
        ("version: 2", False),
        ("version: 1\nrules: {closure: {grace_secs: 0}}", False),
    ],
)
def test_the_schema_is_for_editors(text: str, valid: bool) -> None:
    """It accepts what the service accepts, and marks what it would refuse."""
    made = json.loads(schema())
    jsonschema.Draft202012Validator.check_schema(made)
    assert jsonschema.Draft202012Validator(made).is_valid(yaml.safe_load(text)) is valid
