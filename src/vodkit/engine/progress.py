"""How far an upload is."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

INTERVAL = 0.1
RATE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of an upload.

    Attributes:
        phase: ``hashing`` while a digest is computed that must be known first, ``sending`` (of a download
            ``receiving``), then ``done``.
        sent: Bytes of the source that have gone out, those of earlier runs included; never shrinks within a
            phase and never exceeds ``total``.
        total: Bytes in all, or ``None`` while unknown.
        parts_done: Parts that the provider has acknowledged.
        rate: Bytes per second over the last seconds.
    """

    phase: str
    sent: int
    total: int | None
    parts_done: int
    rate: float


class Meter:
    """Counts on behalf of the workers; reports to the caller, from the caller's thread only.

    What is in flight counts at once, and is taken back when a part has to go out again; the report does not
    go back with it.
    """

    def __init__(
        self,
        report: Callable[[Progress], None] | None,
        clock: Callable[[], float] = time.monotonic,
        *,
        interval: float = INTERVAL,
    ) -> None:
        self.interval = interval
        self._report = report
        self._clock = clock
        self._lock = threading.Lock()
        self._acknowledged: dict[tuple[int, str], int] = {}
        self._in_flight = 0
        self._shown = 0
        self._phase = "sending"
        self._last = -interval
        self._moments: deque[tuple[float, int]] = deque()
        self.wire_bytes = 0
        self.total: int | None = None

    def begin(self, phase: str, total: int | None) -> None:
        """Start a phase from zero."""
        with self._lock:
            self._phase, self.total = phase, total
            self._shown = self._in_flight = self.wire_bytes = 0
            self._acknowledged.clear()
            self._moments.clear()

    def forget_parts(self) -> None:
        """The remote upload is a new one: every part has to go out again."""
        with self._lock:
            self._acknowledged.clear()

    def moved(self, count: int) -> None:
        """Bytes went out."""
        with self._lock:
            self._in_flight += count
            self.wire_bytes += count

    def returned(self, count: int) -> None:
        """Bytes that went out did not arrive, or count as acknowledged from here on."""
        with self._lock:
            self._in_flight -= count

    def acknowledged(self, item: int, key: str, length: int) -> None:
        """A part arrived; the same one counts once."""
        with self._lock:
            self._acknowledged[item, key] = length

    def tick(self, *, force: bool = False, done: bool = False) -> None:
        """Report, once in :attr:`interval` seconds unless forced. ``done``: everything has arrived."""
        if self._report is None:
            return
        now = self._clock()
        if now - self._last < self.interval and not force:
            return
        self._last = now
        self._report(self._look(now, done))

    def _look(self, now: float, done: bool) -> Progress:
        with self._lock:
            sent = sum(self._acknowledged.values()) + self._in_flight
            if self.total is not None:
                sent = self.total if done else min(sent, self.total)
            self._shown = max(self._shown, sent)
            self._moments.append((now, self.wire_bytes))
            while now - self._moments[0][0] > RATE_SECONDS:
                self._moments.popleft()
            since, before = self._moments[0]
            span = now - since
            rate = (self.wire_bytes - before) / span if span > 0 else 0.0
            phase = "done" if done else self._phase
            return Progress(phase, self._shown, self.total, len(self._acknowledged), rate)
