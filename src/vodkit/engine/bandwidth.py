"""A limit on bytes per second that all workers of an upload share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from vodkit.transport import Cancel

BURST_SECONDS = 0.25


class Bandwidth:
    """A token bucket; waiting in it can be cancelled.

    Args:
        rate: Bytes per second, or ``None`` for no limit.
        clock: Monotonic seconds.
        sleep: Waits, or raises :class:`~vodkit.core.errors.Cancelled`; by default ``cancel.wait``.
    """

    def __init__(
        self,
        rate: int | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[Cancel, float], None] = Cancel.wait,
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = clock()

    def take(self, count: int, cancel: Cancel) -> None:
        """Wait until ``count`` bytes may go out.

        Raises:
            Cancelled: the upload was stopped meanwhile.
        """
        if self._rate is None:
            cancel.check()
            return
        with self._lock:
            now = self._clock()
            self._free_at = max(self._free_at, now - BURST_SECONDS) + count / self._rate
            pause = self._free_at - now
        if pause > 0:
            self._sleep(cancel, pause)
        cancel.check()
