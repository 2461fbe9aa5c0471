"""The SDK's log: warnings go to standard error, and everything to a file where one is set."""

from __future__ import annotations

import logging
import os.path

__all__ = ["logger", "set_log_file"]

logger = logging.getLogger("UCLOUD")
_FORMAT = logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s")


def set_log_file(localfile: str | None = None) -> None:
    """Write the log to a file as well, from ``INFO`` on; the same file twice is the same as once.

    Args:
        localfile: Its name; ``ufile.log`` in the working directory if there is none.

    Raises:
        OSError: it cannot be written.
    """
    path = os.path.abspath(localfile or "ufile.log")
    for handler in logger.handlers:
        if isinstance(handler, logging.FileHandler) and handler.baseFilename == path:
            return
    _attach(logging.FileHandler(path, encoding="utf-8"), logging.INFO)


def _attach(handler: logging.Handler, level: int) -> None:
    handler.setLevel(level)
    handler.setFormatter(_FORMAT)
    logger.addHandler(handler)


logger.setLevel(logging.INFO)
_attach(logging.StreamHandler(), logging.WARNING)
