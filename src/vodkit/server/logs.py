"""The service's log: structured lines on stderr, with the request's id, never a secret.

What is logged is chosen field by field where it happens; heads, query strings and bodies never are, because
they carry signatures and tokens.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from typing import Any

import structlog


class _StandardError(io.TextIOBase):
    """The process's standard error, a line in one write, whatever becomes of ``sys.stderr``.

    A line that it does not take, because its disk is full or its reader gone, is lost, and nothing else: no
    request fails for it.
    """

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            os.write(2, text.encode(errors="replace"))
        return len(text)


_STANDARD_ERROR: Any = _StandardError()


def configure(level: str = "info", *, json: bool | None = None) -> None:
    """Write log lines of ``level`` and above to stderr: as JSON, or for people when stderr is a terminal."""
    as_json = not sys.stderr.isatty() if json is None else json
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if not as_json:
        # The default shows the local variables of every frame, secrets included.
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if as_json else _as_is,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(_STANDARD_ERROR),
        cache_logger_on_first_use=True,
    )
    # uvicorn repeats exceptions that the dispatcher has logged already, and knows no request ids.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)


def configure_for_command() -> None:
    """Write warnings to stderr, unless it is configured what is written: stdout is for a command's answer."""
    if not structlog.is_configured():
        configure("warning")


def _as_is(logger: Any, method: str, event: Any) -> Any:
    return event


def get(name: str) -> Any:
    """A logger whose lines carry ``part=name``."""
    return structlog.get_logger(part=name)
