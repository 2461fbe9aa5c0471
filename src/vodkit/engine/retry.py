"""When to try again, and when to give up."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from vodkit.core.errors import Cancelled, IntegrityError, RemoteError, TransferError, VodError

from .settings import EngineSettings

Place = tuple[int, str]


def is_providers(error: Exception) -> bool:
    """Whether a session is asked about a failure; local ones (the source, the ledger) end the upload."""
    local = isinstance(error, Cancelled)
    return not local and isinstance(error, TransferError | RemoteError | IntegrityError)


class Budget:
    """The failures that one upload may still survive, per part and in all.

    Args:
        settings: ``part_tries``, ``upload_tries``, ``backoff_base`` and ``backoff_cap``.
        jitter: Uniform in 0..1; full jitter keeps clients from returning in step.
    """

    def __init__(self, settings: EngineSettings, jitter: Callable[[], float] = random.random) -> None:
        self._settings = settings
        self._jitter = jitter
        self._failures: Counter[Place] = Counter()
        self._total = 0

    def failed(self, place: Place, error: VodError) -> float | None:
        """Count a failure.

        Returns:
            Seconds to wait before the next try, or ``None`` when the budget is spent.
        """
        self._failures[place] += 1
        self._total += 1
        tries = self._failures[place]
        if tries >= self._settings.part_tries or self._total >= self._settings.upload_tries:
            return None
        ceiling = min(self._settings.backoff_cap, self._settings.backoff_base * 2.0 ** (tries - 1))
        return max(error.retry_after or 0.0, ceiling * self._jitter())

    def succeeded(self, place: Place) -> None:
        """Forget the failures of a part that has arrived."""
        self._failures.pop(place, None)
