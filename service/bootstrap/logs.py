"""What the log looks like: lines for a person at a terminal, JSON for everything else; always on stderr.

Tracebacks come without the values of variables: a credential may be among them.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.dev import ConsoleRenderer, RichTracebackFormatter
from structlog.processors import ExceptionRenderer, JSONRenderer
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor


def configure(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_for_people() if sys.stderr.isatty() else _for_machines()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _for_people() -> list[Processor]:
    return [ConsoleRenderer(exception_formatter=RichTracebackFormatter(show_locals=False))]


def _for_machines() -> list[Processor]:
    traces = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    return [traces, JSONRenderer(ensure_ascii=False)]
