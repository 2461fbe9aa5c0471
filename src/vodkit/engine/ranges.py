"""The ranges of one content, received by several workers at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass

from vodkit.core.errors import ConnectionLost, VodError
from vodkit.transport import Cancel

from .bandwidth import Bandwidth
from .fetch import SLICE, Facts, fill
from .integrity import COMBINABLE, Digest, combined, digest
from .origin import Origin
from .partfile import PartFile, Range
from .progress import Meter
from .retry import Budget


@dataclass(frozen=True, slots=True)
class Flow:
    """What the bytes of a download pass: the limit, the meter, the switch; and what may still fail."""

    bandwidth: Bandwidth
    meter: Meter
    cancel: Cancel
    budget: Budget


class Ranges:
    """Receives what is missing of a content.

    Args:
        origin: Where the bytes are; stopped by ``flow.cancel``.
        facts: What is fetched.
        start: The original's byte that is the first of the part file.
        part: Where the bytes go.
        ranges: All ranges.
        names: Digests that are wanted of the whole.
        flow: What the bytes pass.
    """

    def __init__(
        self,
        origin: Origin,
        facts: Facts,
        start: int,
        part: PartFile,
        ranges: list[Range],
        names: Iterable[str],
        flow: Flow,
    ) -> None:
        self._origin = origin
        self._facts = facts
        self._start = start
        self._part = part
        self._ranges = ranges
        self._names = COMBINABLE.intersection(names)
        self._flow = flow
        self._lock = threading.Lock()
        self._missing = iter([one for one in ranges if one.done < one.length])
        self._running = 0
        self._over = threading.Event()
        self._error: BaseException | None = None

    def run(self, parallel: int) -> None:
        """Receive them, up to ``parallel`` at a time; progress is reported from the calling thread.

        Raises:
            VodError: the first failure that could not be repaired. What has come is put down as done.
            Replaced, Unranged: what has come does not go together.
            OSError: the disk is full, or broken.
        """
        meter, pending = self._flow.meter, 0
        for one in self._ranges:
            pending += one.done < one.length
            if one.done:
                meter.acknowledged(0, str(one.number), one.done)
        meter.tick(force=True)
        self._flow.cancel.check()
        threads: list[threading.Thread] = []
        try:
            for _ in range(min(parallel, pending)):
                # Where no further thread can be had, those that run receive everything.
                with suppress(RuntimeError) if threads else nullcontext():
                    threads.append(self._hire())
            while threads and not self._over.wait(meter.interval):
                meter.tick()
        finally:
            if not self._over.is_set():
                self._flow.cancel.cancel()
            for thread in threads:
                thread.join()
        if self._error is not None:
            raise self._error

    def digests(self) -> dict[str, str]:
        """Those digests of the whole that the ranges' own make up."""
        found: dict[str, str] = {}
        for name in self._names:
            if all(name in one.digests for one in self._ranges):
                whole = combined(name, [(one.digests[name], one.length) for one in self._ranges])
                found |= {name: whole} if whole is not None else {}
        return found

    def _hire(self) -> threading.Thread:
        thread = threading.Thread(target=self._work, name="vodkit-download", daemon=True)
        with self._lock:
            thread.start()
            self._running += 1
        return thread

    def _work(self) -> None:
        try:
            buffer = memoryview(bytearray(SLICE))
            while (one := self._next()) is not None:
                self._receive(one, buffer)
        except BaseException as error:
            self._stop(error)
        finally:
            with self._lock:
                self._running -= 1
                if not self._running:
                    self._over.set()

    def _next(self) -> Range | None:
        with self._lock:
            return next(self._missing, None)

    def _stop(self, error: BaseException) -> None:
        """End the run with the first ``error``."""
        with self._lock:
            self._error = self._error or error
        self._flow.cancel.cancel()

    def _receive(self, one: Range, buffer: memoryview) -> None:
        had = one.done
        hashers = {name: digest(name) for name in self._names}
        self._part.digest(one.offset, had, hashers.values(), self._flow.cancel.check)
        try:
            while one.done < one.length:
                self._try(one, hashers, buffer)
        except VodError:
            if one.done > had:
                self._part.record(one)
            raise
        one.digests = {name: hasher.hexdigest() for name, hasher in hashers.items()}
        self._part.record(one)
        self._flow.meter.returned(one.done - had)
        self._flow.meter.acknowledged(0, str(one.number), one.length)

    def _try(self, one: Range, hashers: dict[str, Digest], buffer: memoryview) -> None:
        """Receive the rest of a range, or some of it and wait until the next try is due."""
        place, had = (0, f"range {one.number}"), one.done
        try:
            self._fetch(one, hashers, buffer)
        except VodError as error:
            if not error.retryable:
                raise
            with self._lock:
                if one.done > had:
                    self._flow.budget.succeeded(place)
                delay = self._flow.budget.failed(place, error)
            if delay is None:
                raise
            self._flow.cancel.wait(delay)

    def _fetch(self, one: Range, hashers: dict[str, Digest], buffer: memoryview) -> None:
        flow, first = self._flow, self._start + one.offset
        with ExitStack() as stack:
            answer = self._origin.range(self._facts, first + one.done, first + one.length - 1, stack)
            while one.done < one.length:
                piece = buffer[: one.length - one.done]
                piece = piece[: fill(answer, piece)]
                if not piece:
                    raise ConnectionLost("the answer ended before its range")
                flow.bandwidth.take(len(piece), flow.cancel)
                self._part.write(one.offset + one.done, piece)
                for hasher in hashers.values():
                    hasher.update(piece)
                one.done += len(piece)
                flow.meter.moved(len(piece))
            # Read to its end, the answer leaves a connection that the next range can use.
            answer.read_into(buffer[:1])
