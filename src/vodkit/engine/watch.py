"""Noticing that a source is not what it was."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from vodkit.core.errors import SourceChanged
from vodkit.core.part import Part
from vodkit.core.source import Identity, Item

INTERVAL = 1.0


class Watch:
    """The identities that an upload's sources had at its start.

    A source is looked at again before every step that follows bytes of it, before the end of the request
    that ends it, and once per second while other parts of it go out: nothing half old, half new is committed.
    """

    def __init__(self, items: Sequence[Item], clock: Callable[[], float] = time.monotonic) -> None:
        self._items = items
        self._clock = clock
        self._lock = threading.Lock()
        self._touched: set[int] = set()
        self._looked: dict[int, float] = {}
        self.identities: tuple[Identity | None, ...] = tuple(item.source.identity() for item in items)

    def before_step(self) -> None:
        """Look at every source of which bytes went out since it was last looked at here.

        Raises:
            SourceChanged: one is not what it was.
        """
        with self._lock:
            touched = list(self._touched)
        for item in touched:
            self.look(item)
        with self._lock:
            self._touched.difference_update(touched)

    def before_end_of(self, part: Part) -> None:
        """Look at the source of a part whose last bytes are about to go out, if it is time or it ends there.

        Raises:
            SourceChanged: it is not what it was.
        """
        now = self._clock()
        with self._lock:
            self._touched.add(part.item)
            due = part.last or now - self._looked.get(part.item, -INTERVAL) >= INTERVAL
            if due:
                self._looked[part.item] = now
        if due:
            self.look(part.item)

    def look(self, index: int) -> None:
        """Look at the source of one item now.

        Raises:
            SourceChanged: it is not what it was.
        """
        item, before = self._items[index], self.identities[index]
        if before is not None and item.source.identity() != before:
            raise SourceChanged(f"{item.name!r} changed while it was being sent")
