"""Descriptors of files that are read again and again."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST = 256
_LONGEST = 30.0
"""Seconds that a descriptor is kept: if another process deletes its file, its bytes go when it is let go."""


class Handles:
    """Reads from files without ever waiting for the disk.

    Args:
        open: Opens a file of the store.
    """

    def __init__(self, open: Callable[[str], int]) -> None:
        self._open = open
        self._gate = threading.Lock()
        self._kept: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def read_into(self, buffer: memoryview, file: str, start: int) -> bool:
        """Fill a buffer with bytes of a file, if the system has them all in memory; whether it has.

        Raises:
            BlobGone: there is no such file.
        """
        # Nobody may close the descriptor meanwhile: its number could be another file's by then.
        with self._gate:
            try:
                return os.preadv(self._descriptor(file), [buffer], start, os.RWF_NOWAIT) == len(buffer)
            except OSError:
                # Not in memory, or a file system that cannot tell.
                return False

    def forget(self, file: str) -> None:
        """Let go of a file that is deleted."""
        with self._gate:
            self._drop(file)

    def close(self) -> None:
        """Let go of all."""
        with self._gate:
            while self._kept:
                self._drop(next(iter(self._kept)))

    def _descriptor(self, file: str) -> int:
        now = time.monotonic()
        kept = self._kept.get(file)
        if kept is not None and kept[1] > now:
            return kept[0]
        self._drop(file)
        while self._kept:
            oldest, (_, until) = next(iter(self._kept.items()))
            if until > now and len(self._kept) < _MOST:
                break
            self._drop(oldest)
        fd = self._open(file)
        self._kept[file] = (fd, now + _LONGEST)
        return fd

    def _drop(self, file: str) -> None:
        kept = self._kept.pop(file, None)
        if kept is not None:
            os.close(kept[0])
