"""Which slices are arriving at this moment, and waiting for that to change.

This is known to the process that receives them only and outlives nothing: what is durable is in the rows.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

_CHECKS_APART = 0.1


@dataclass(slots=True)
class _Upload:
    arriving: Counter[int] = field(default_factory=Counter)
    changes: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    users: int = 0
    next_check: float = 0.0


class Traffic:
    """The uploads with requests in this process, by fingerprint."""

    def __init__(self) -> None:
        self._uploads: dict[str, _Upload] = {}

    @contextlib.contextmanager
    def present(self, upload: str) -> Iterator[None]:
        """Remember an upload for as long as a request about it is being answered."""
        entry = self._uploads.setdefault(upload, _Upload())
        entry.users += 1
        try:
            yield
        finally:
            entry.users -= 1
            if not entry.users:
                del self._uploads[upload]

    @contextlib.contextmanager
    def arrival(self, upload: str, number: int) -> Iterator[None]:
        """A slice's body is arriving for as long as the block runs; within :meth:`present`."""
        entry = self._uploads[upload]
        entry.arriving[number] += 1
        try:
            yield
        finally:
            entry.arriving[number] -= 1
            entry.arriving += Counter()
            self.stir(upload)

    def arriving(self, upload: str) -> frozenset[int]:
        """The slices that are arriving now."""
        entry = self._uploads.get(upload)
        return frozenset(entry.arriving) if entry else frozenset()

    def stir(self, upload: str) -> None:
        """Something about an upload has changed: whoever waits looks again."""
        entry = self._uploads.get(upload)
        if entry is not None:
            entry.changes += 1
            entry.changed.set()
            entry.changed = asyncio.Event()

    def mark(self, upload: str) -> int:
        """A number that rises with every change."""
        return self._uploads[upload].changes

    async def wait(self, upload: str, mark: int, seconds: float) -> None:
        """Wait until something has changed since ``mark``, ``seconds`` at most; within :meth:`present`."""
        entry = self._uploads[upload]
        if entry.changes == mark and seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(entry.changed.wait(), seconds)

    async def pace_check(self, upload: str) -> None:
        """Space out the checks of one upload: some clients ask again without a pause (D36, D37)."""
        entry = self._uploads[upload]
        now = asyncio.get_running_loop().time()
        wait = entry.next_check - now
        entry.next_check = max(entry.next_check, now) + _CHECKS_APART
        if wait > 0:
            await asyncio.sleep(wait)
