"""What can be wrong with variables of the environment, told by name."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

from pydantic import ValidationError


def misspelt(environ: Mapping[str, str], known: Collection[str], prefix: str) -> Iterator[str]:
    """Only what looks like one of ours: Kubernetes sets variables with any service's name in front."""
    for name in sorted(environ):
        if name.startswith(prefix) and name not in known:
            for meant in difflib.get_close_matches(name, known, n=1, cutoff=0.93):
                yield f"{name} is not a setting (did you mean {meant}?)"


def doubled(environ: Mapping[str, str], known: Collection[str]) -> Iterator[str]:
    for name in known:
        if environ.get(name) and environ.get(f"{name}_FILE"):
            yield f"{name} and {name}_FILE are both set; keep one of them"


def sentences(error: ValidationError, environ: Mapping[str, str], prefix: str) -> Iterator[str]:
    """What pydantic found, without the values: some are secrets."""
    for mistake in error.errors(include_input=False):
        name = f"{prefix}{str(mistake['loc'][0]).upper()}"
        by_file = environ.get(f"{name}_FILE") and not environ.get(name)
        yield f"{name}{'_FILE' if by_file else ''}: {mistake['msg'].removeprefix('Value error, ')}"
