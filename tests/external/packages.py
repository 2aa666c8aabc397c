"""The npm packages that the test set-up installed, as files and as scripts to run."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.setup_node import EXTERNAL, MODULES, REMEDY, Node, find_node, is_installed

SECONDS = 120


def require() -> None:
    """Skips the test where the packages are missing; in CI, where everything must run, that is a failure."""
    if is_installed():
        return
    message = f"the contract tests' npm packages are missing or out of date: {REMEDY}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def file(*parts: str) -> Path:
    """A file of a package, such as `file("@octokit/graphql-schema", "schema.graphql")`."""
    require()
    return MODULES.joinpath(*parts)


def json_file(*parts: str) -> Any:
    return json.loads(file(*parts).read_bytes())


@cache
def node() -> Node:
    require()
    return find_node()


def run_script(name: str, environment: Mapping[str, str]) -> str:
    """Runs a script of this folder to its end and returns what it printed. Fails the test with it otherwise."""
    done = subprocess.run(
        (node().node, str(EXTERNAL / name)),
        env={**os.environ, **environment},
        cwd=EXTERNAL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"{name} ended with {done.returncode}\n{done.stdout}\n{done.stderr}", pytrace=False)
    return done.stdout
