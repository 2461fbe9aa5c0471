"""Calls that are not part of an upload."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from vodkit.core.errors import VodError
from vodkit.transport import Cancel

from .retry import Budget
from .settings import EngineSettings

T = TypeVar("T")
_PLACE = (0, "call")


def patiently(call: Callable[[], T], settings: EngineSettings, cancel: Cancel) -> T:
    """Do a call that changes nothing, again if its failure may pass.

    Raises:
        VodError: what was left when ``settings.part_tries`` were spent, or what cannot pass.
    """
    budget = Budget(settings)
    while True:
        try:
            return call()
        except VodError as error:
            delay = budget.failed(_PLACE, error) if error.retryable else None
            if delay is None:
                raise
            cancel.wait(delay)
