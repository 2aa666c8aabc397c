"""What the log looks like: lines for a person at a terminal, JSON for everything else; always on stderr.

Tracebacks come without the values of variables: a credential may be among them.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Callable
from typing import Any, TextIO

import structlog
from structlog.dev import ConsoleRenderer
from structlog.processors import ExceptionRenderer, JSONRenderer
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, ExcInfo, Processor

from service.bootstrap.lines import Lines
from service.visible import escaped, visible


def configure(level: str) -> None:
    lines = Lines(sys.stderr)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_for_people() if sys.stderr.isatty() else _for_machines()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: lines,
    )


def _for_people() -> list[Processor]:
    return [_shown, ConsoleRenderer(exception_formatter=_traced)]


def _for_machines() -> list[Processor]:
    traces = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    return [traces, JSONRenderer(serializer=_as_json)]


def _shown(_logger: object, _name: str, line: EventDict) -> EventDict:
    return {key: visible(value) if isinstance(value, str) else value for key, value in line.items()}


def _traced(stream: TextIO, error: ExcInfo) -> None:
    stream.write("\n" + visible("".join(traceback.format_exception(*error))))


def _as_json(line: object, default: Callable[[object], Any]) -> str:
    return escaped(json.dumps(line, default=default, ensure_ascii=False))
