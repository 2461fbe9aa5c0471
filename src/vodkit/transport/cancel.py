"""Stopping work that waits in the kernel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vodkit.core.errors import Cancelled


class Cancel:
    """A switch that stops everything under it, also what is blocked in a system call.

    Whoever is about to block registers a function that wakes it (for a connection: shutting down a
    duplicate of its socket). Scopes nest: cancelling one cancels those made with it as ``parent``,
    never the other way round. Every method may be called from any thread, and from a signal handler.
    """

    def __init__(self, parent: Cancel | None = None) -> None:
        self._flag = threading.Event()
        self._lock = threading.RLock()
        self._wakers: dict[int, Callable[[], None]] = {}
        self._count = 0
        self._parent = parent
        self._place = parent._add(self.cancel) if parent is not None else 0

    def cancel(self) -> None:
        """Stop now. Calling it again does nothing."""
        with self._lock:
            self._flag.set()
            wakers = list(self._wakers.values())
        for wake in wakers:
            wake()

    @property
    def cancelled(self) -> bool:
        """Whether :meth:`cancel` was called here or above."""
        return self._flag.is_set()

    def check(self) -> None:
        """Raise if cancelled.

        Raises:
            Cancelled: the work is to stop.
        """
        if self._flag.is_set():
            raise Cancelled("cancelled")

    def wait(self, seconds: float) -> None:
        """Sleep, unless cancelled.

        Raises:
            Cancelled: the work is to stop.
        """
        if self._flag.wait(seconds):
            raise Cancelled("cancelled")

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Have ``wake`` called on cancellation while the block runs; at once if it has already happened."""
        place = self._add(wake)
        try:
            yield
        finally:
            self._remove(place)

    def detach(self) -> None:
        """Leave the parent scope; called when the work of this one is over."""
        if self._parent is not None:
            self._parent._remove(self._place)

    def _add(self, wake: Callable[[], None]) -> int:
        with self._lock:
            self._count += 1
            place = self._count
            self._wakers[place] = wake
            late = self._flag.is_set()
        if late:
            wake()
        return place

    def _remove(self, place: int) -> None:
        with self._lock:
            self._wakers.pop(place, None)
