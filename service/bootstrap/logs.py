"""What the log looks like: lines for a person at a terminal, JSON for everything else; always on stderr."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(level: str) -> None:
    people = sys.stderr.isatty()
    last: structlog.typing.Processor
    last = structlog.dev.ConsoleRenderer() if people else structlog.processors.JSONRenderer(ensure_ascii=False)
    traces: list[structlog.typing.Processor] = [] if people else [structlog.processors.dict_tracebacks]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *traces,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
