"""Clients that other people wrote, run against the sandbox: it must be a forge to them too."""

from __future__ import annotations

import pytest

from service.sandbox import Sandbox
from tests.contracts.recorder import Recorder
from tests.external import packages

pytestmark = pytest.mark.node


def test_githubs_own_client_finds_a_github(sandbox: Sandbox, contracts: Recorder) -> None:
    """@octokit/rest creates, pages, labels, comments, closes, reopens, nests and meets the right errors."""
    said = packages.run_script("octokit.mjs", {"GITHUB_URL": sandbox.github_url})
    assert said.count("ok - ") == 13, said
    assert len(contracts.exchanges) > 220


def test_an_independent_gitlab_client_finds_a_gitlab(sandbox: Sandbox, contracts: Recorder) -> None:
    """@gitbeaker/rest does the same on GitLab, with links, boards and state events."""
    said = packages.run_script("gitbeaker.mjs", {"GITLAB_URL": sandbox.gitlab_url})
    assert said.count("ok - ") == 12, said
    assert len(contracts.exchanges) > 220
