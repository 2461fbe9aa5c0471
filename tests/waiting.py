"""Waiting for what happens by itself, without a bound that a busy machine could miss."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 120.0
"""Seconds after which it is not going to happen any more."""

T = TypeVar("T")


def until(check: Callable[[], T | None], patience: float = PATIENCE, pause: float = 0.02) -> T:
    """The first true thing that ``check`` says; it is asked every ``pause`` seconds."""
    end = time.monotonic() + patience
    while not (found := check()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(pause)
    return found
