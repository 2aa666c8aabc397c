"""How much of the receiver one sender may take."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST = 25 * 1024 * 1024  # bytes; GitHub sends no larger event, and GitLab's default limit lies below


@dataclass(frozen=True, slots=True)
class Limits:
    """A forge gives a delivery up after ten seconds itself, so that none needs more time than this."""

    connections: int = 512  # leaves descriptors for the database and the forges where a process has 1024
    head_seconds: float = 10  # for a request's head, and for the silence between two requests of a connection
    body_seconds: float = 15
    head: int = 64 * 1024  # bytes, roughly
    body: int = LARGEST  # bytes
    held: int = 4 * LARGEST  # bytes of all large bodies that are under way
    threads: int = 8  # requests worked on at a time: one writer to one SQLite file, more only queue up behind it
