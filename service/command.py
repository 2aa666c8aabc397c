"""A `/pm` command as a person gave it, and what it may do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from service.case import Case
from service.model import Comment, Verdict
from service.vocabulary import Kind

REPLY = "reply:"  # how the topic of an answer begins; the id of the comment that it answers follows


@dataclass(frozen=True)
class Asked:
    """One command as a person gave it."""

    comment: Comment
    words: tuple[str, ...]  # after the command's name
    offered: Mapping[str, str]  # what `/pm help` may show: usage and meaning

    @property
    def rest(self) -> str:
        return " ".join(self.words)


class Mistaken(Exception):
    """A command that cannot be followed; `str()` is the answer to its author."""


Effect = Callable[[Case, Asked], Iterator[Verdict]]


@dataclass(frozen=True)
class Command:
    """`about` are the kinds of issue on which it means something."""

    usage: str
    meaning: str
    effect: Effect
    about: frozenset[Kind] = frozenset({"post-mortem"})
    free: bool = False  # anybody who can comment may ask
    override: bool = False
