"""The server's log: one event a line, as JSON for machines or as text for people.

Loggers are made, not configured: nothing global changes, so two servers in one process (as in
tests) do not disturb each other. Only uvicorn's own records, which go through the standard
library, are led into the same log.

Tracebacks never show the values of variables: those hold keys and questions.

This module must not know what is logged.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Literal, TextIO

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

__all__ = ["adopt_standard_logging", "make_logger"]


def make_logger(
    kind: Literal["auto", "text", "json"] = "auto", *, stream: TextIO | None = None
) -> FilteringBoundLogger:
    """A logger that writes to `stream` (None: stderr).

    Args:
        kind: "auto" is text on a terminal and JSON elsewhere.
        stream: where to write.
    """
    import structlog
    import structlog.tracebacks

    out = sys.stderr if stream is None else stream
    text = kind == "text" or (kind == "auto" and out.isatty())
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if text:
        traceback = structlog.dev.RichTracebackFormatter(show_locals=False)
        last: list[Any] = [
            structlog.dev.ConsoleRenderer(
                colors=out.isatty(),
                exception_formatter=traceback if out.isatty() else structlog.dev.plain_traceback,
            )
        ]
    else:
        transform = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        last = [
            structlog.processors.ExceptionRenderer(transform),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ]
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(out),
        processors=shared + last,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    return logger


def adopt_standard_logging(logger: FilteringBoundLogger, name: str) -> None:
    """Lead warnings and errors of the standard library's logger `name` into `logger`."""
    adopted = logging.getLogger(name)
    adopted.handlers = [_Adopter(logger)]
    adopted.setLevel(logging.WARNING)
    adopted.propagate = False


class _Adopter(logging.Handler):
    def __init__(self, logger: FilteringBoundLogger) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        self._logger.log(
            record.levelno,
            record.getMessage(),
            logger=record.name,
            **({"exc_info": record.exc_info} if record.exc_info else {}),
        )
