"""Driving one session to its end.

Every wire goes through the same loop: take a part from the session, send it, tell the session. How many
workers do so at once, in which order parts come and who names the next one is the session's affair.

One lock guards the session; sending happens outside it. A second lock, taken first, keeps handing out and
reading together where a source can be read only once, so that its bytes are read in the order of its parts.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from vodkit.core.contract import Session
from vodkit.core.errors import VodError
from vodkit.core.media import Media
from vodkit.core.part import Done, Next, Part, Wait
from vodkit.core.source import Item

from .body import Flow, PartBody, Window
from .feed import Block, Feed
from .journal import Journal
from .retry import Budget, is_providers
from .settings import MAX_PARALLEL
from .watch import Watch

_PATIENCE = 2.0


@dataclass(slots=True)
class Job:
    """What one upload's sessions share.

    Attributes:
        items: What is sent.
        feed: Their bytes.
        flow: What the bytes pass.
        watch: Their identities.
        journal: What is written down.
        budget: The failures that may still happen.
        parallel: Most parts in flight, or ``None`` for the session's choice.
        window: Bytes that a worker holds.
    """

    items: list[Item]
    feed: Feed
    flow: Flow
    watch: Watch
    journal: Journal
    budget: Budget
    parallel: int | None
    window: int


@dataclass(slots=True)
class _Work:
    """A part in a worker's hands, with the block that holds its bytes if its source cannot seek."""

    part: Part
    block: Block | None = None


class Runner:
    """Runs one session once."""

    def __init__(self, session: Session, job: Job) -> None:
        self._session = session
        self._job = job
        self._cancel = job.flow.cancel
        self._feeding = threading.Lock()
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._running = 0
        self._busy = 0
        self._pausing = 0
        self._ended = 0
        self._done = False
        self._error: BaseException | None = None

    def run(self) -> Media:
        """Run to the end; progress is reported from the calling thread.

        Raises:
            VodError: the first failure that could not be repaired; the other parts in flight are cut off.
            KeyboardInterrupt: as it came; nothing is aborted remotely.
        """
        try:
            with self._cancel.waking(self._wake):
                with self._changed:
                    self._hire()
                meter = self._job.flow.meter
                while not self._over.wait(meter.interval):
                    meter.tick()
        except BaseException as error:
            self._stop(error)
            raise
        finally:
            self._see_off()
        if self._error is not None:
            raise self._error
        return self._session.finish()

    # Workers.

    def _hire(self) -> None:
        """One more worker, under the lock."""
        thread = threading.Thread(target=self._work, name="vodkit-upload", daemon=True)
        thread.start()
        self._threads.append(thread)
        self._running += 1

    def _see_off(self) -> None:
        """Wait for the workers.

        One that is stuck in a name look-up or a pipe cannot be woken: it is left behind, and ends by itself
        as soon as that returns.
        """
        deadline = time.monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            window = Window(self._job.window)
            work = self._take()
            while work is not None:
                work = self._do(work, window) or self._take()
        except BaseException as error:
            self._stop(error)
        finally:
            with self._changed:
                self._running -= 1
                if not self._running:
                    self._over.set()

    def _stop(self, error: BaseException) -> None:
        """End the run with ``error``, unless it has come to its end already or failed before."""
        with self._changed:
            if self._error is None and not self._done:
                self._error = error
            self._changed.notify_all()
        self._cancel.cancel()

    # Getting a part.

    def _take(self) -> _Work | None:
        """The next part of the session, or ``None`` at its end."""
        while True:
            with self._feeding:
                with self._changed:
                    self._cancel_unless_done()
                    given, moment = self._ask(), self._ended
                if isinstance(given, Part):
                    return self._prepare(given)
            if not self._await(given, moment):
                return None

    def _ask(self) -> Next:
        """Ask the session, under the lock; one more worker is hired if there is room for it."""
        limit = min(self._session.max_parallel, self._job.parallel or MAX_PARALLEL, MAX_PARALLEL)
        if self._done or self._busy >= limit:
            return Wait()
        given = self._session.next()
        if isinstance(given, Part):
            self._busy += 1
            if self._running < limit:
                # Where no further thread can be had, those that run send everything.
                with contextlib.suppress(RuntimeError):
                    self._hire()
        elif isinstance(given, Wait) and given.seconds is None and not (self._busy or self._pausing):
            raise RuntimeError("the session waits for the end of a part, and none is in flight")
        return given

    def _await(self, given: Wait | Done, moment: int) -> bool:
        """Wait as told; ``False`` if the session has come to its end."""
        with self._changed:
            if isinstance(given, Done):
                self._done = True
                self._changed.notify_all()
            else:
                timed = given.seconds is not None
                self._pausing += timed
                self._changed.wait_for(
                    lambda: self._done or self._cancel.cancelled or (not timed and self._ended != moment),
                    given.seconds,
                )
                self._pausing -= timed
            done = self._done
        if done:
            self._cancel.cancel()
        return not done

    def _cancel_unless_done(self) -> None:
        if not self._done:
            self._cancel.check()

    def _prepare(self, part: Part) -> _Work:
        """Hold the bytes of a part whose source cannot seek; with the feeding lock."""
        stream = self._job.feed.stream(part.item) if part.body else None
        if stream is None:
            return _Work(part)
        part, block = stream.fill(part)
        item = self._job.items[part.item]
        if item.size is None and stream.size is not None:
            with self._changed:
                item.size = stream.size
        return _Work(part, block)

    def _release(self, work: _Work, arrived: bool) -> None:
        stream = self._job.feed.stream(work.part.item) if work.block is not None else None
        if stream is not None and work.block is not None:
            with self._feeding:
                stream.release(work.block, arrived)

    # Sending a part.

    def _do(self, work: _Work, window: Window) -> _Work | None:
        """Send one part; the part that this worker goes on with, if there is one."""
        self._cancel_unless_done()
        part, watch = work.part, self._job.watch
        body: PartBody | None = None
        try:
            if not part.body:
                watch.before_step()
            body = PartBody(
                part,
                lambda: self._pieces(work, window),
                lambda: watch.before_end_of(part) if part.body else None,
                self._job.flow,
            )
            reply = self._session.send(part, body, body.digests)
        except VodError as error:
            return self._failed(work, error)
        finally:
            if body is not None:
                body.take_back()
                if part.body and body.crc64 is not None:
                    self._job.journal.read(part, body.crc64)
        return self._sent(work, reply, body.crc64)

    def _pieces(self, work: _Work, window: Window) -> Iterator[memoryview]:
        part = work.part
        if work.block is not None:
            yield work.block.view(part)
        elif part.body:
            with self._job.feed.reading(part.item) as reader:
                yield from window.over(reader, part.offset, part.length)

    def _sent(self, work: _Work, reply: object, crc64: str | None) -> _Work | None:
        part, job = work.part, self._job
        with self._changed:
            sent = self._session.sent(part, reply)
            job.journal.record(part, sent, crc64)
            job.budget.succeeded((part.item, part.key))
            if sent.receipt is not None:
                job.flow.meter.acknowledged(part.item, part.key, part.length)
            job.flow.meter.total = total_size(job.items)
            if not isinstance(sent.next, Part):
                self._busy -= 1
            self._ended += 1
            moment = self._ended
            self._changed.notify_all()
        self._release(work, arrived=True)
        if isinstance(sent.next, Part):
            with self._feeding:
                return self._prepare(sent.next)
        if sent.next is not None:
            self._await(sent.next, moment)
        return None

    def _failed(self, work: _Work, error: VodError) -> _Work:
        """What to do in place of a part that failed; raises when that is nothing."""
        if not is_providers(error):
            raise error
        part = work.part
        error.part = error.part or part.key
        with self._changed:
            other = self._session.failed(part, error)
            delay = self._job.budget.failed((part.item, part.key), error)
        if (other is None and not error.retryable) or delay is None:
            raise error
        self._cancel.wait(delay)
        if other is None:
            return work
        self._release(work, arrived=False)
        with self._feeding:
            return self._prepare(other)


def total_size(items: list[Item]) -> int | None:
    """Bytes of all items, or ``None`` while that of one is unknown."""
    sizes = [item.size for item in items if item.size is not None]
    return sum(sizes) if len(sizes) == len(items) else None
