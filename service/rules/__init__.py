"""The rules. One file is one rule; this package finds them by listing itself, so nothing else names them.

A rule's module docstring is its documentation: a first line that states the healthy state, then `Why:` and
`Remedy:` paragraphs. Its options are a policy section, its examples are its first tests and stand in docs/rules.md.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from pydantic import Field

from service.case import Case
from service.model import Verdict
from service.vocabulary import Kind, Strict

Stage: TypeAlias = Literal["asks", "settles", "judges", "follows"]


class Options(Strict):
    """What a policy may set for a rule; each rule adds its own fields, with a default and a description."""

    enabled: bool = Field(True, description="Whether the rule runs at all.")


@dataclass(frozen=True)
class Example:
    """A body (or a change to the example issue) and what the rule says of it. `finds` are parts of its messages."""

    title: str
    body: str = ""
    labels: frozenset[str] = frozenset()
    finds: tuple[str, ...] = ()  # empty: healthy
    changes: tuple[str, ...] = ()  # names of the changes it proposes, such as "AddLabels"


@dataclass(frozen=True)
class Rule:
    """A rule as a value.

    `stage` says when it runs: `asks` before all else (what people asked for changes what the others find),
    `judges` once the others have settled, with what they found in hand, `follows` when the verdict stands.
    """

    id: str
    about: frozenset[Kind]
    options: type[Options]
    check: Callable[[Case, Any], Iterable[Verdict]]
    examples: tuple[Example, ...]
    stage: Stage = "settles"
    doc: str = ""

    @property
    def summary(self) -> str:
        return self.doc.strip().splitlines()[0]

    @property
    def why(self) -> str:
        return _paragraph(self.doc, "Why:")

    @property
    def remedy(self) -> str:
        return _paragraph(self.doc, "Remedy:")


POST_MORTEM: frozenset[Kind] = frozenset({"post-mortem"})
ACTION_ITEM: frozenset[Kind] = frozenset({"action-item"})


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of this package, in the order of their ids."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").RULE for name in names]
    return tuple(sorted(found, key=lambda rule: rule.id))


def _paragraph(doc: str, opening: str) -> str:
    for paragraph in doc.split("\n\n"):
        if paragraph.strip().startswith(opening):
            return " ".join(paragraph.split()).removeprefix(opening).strip()
    return ""
