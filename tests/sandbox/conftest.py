"""People at the sandbox's GitLab."""

from __future__ import annotations

import pytest

from service.sandbox import Sandbox
from tests.sandbox.gitlab_caller import Caller


@pytest.fixture
def alice(sandbox: Sandbox) -> Caller:
    """A Maintainer."""
    return Caller(sandbox, "alice")


@pytest.fixture
def bob(sandbox: Sandbox) -> Caller:
    """A Developer."""
    return Caller(sandbox, "bob")


@pytest.fixture
def mallory(sandbox: Sandbox) -> Caller:
    """Somebody with an account and no membership."""
    return Caller(sandbox, "mallory")
