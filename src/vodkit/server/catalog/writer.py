"""The one thread that writes to SQLite, many jobs to a commit.

A commit costs a disk flush whatever it holds. While one is under way new jobs gather in the queue, and the
next commit takes them all: the busier the service, the larger its groups.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from sqlalchemy import Connection, Engine

from .engines import translated

MOST_JOBS = 256
"""Jobs in one commit, at most: the first of them waits for all."""

Work = Callable[[Connection], Any]
Hook = Callable[[], None]
HOOKS = "vodkit.after_commit"


class Writer:
    """Runs jobs on the write connection of ``engine``; hands what must follow a commit to ``follow``."""

    def __init__(self, engine: Engine, follow: Callable[[Hook], None]) -> None:
        self._engine = engine
        self._follow = follow
        self._jobs: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._gate = threading.Lock()
        self.commits = 0
        self._thread = threading.Thread(target=self._run, name="vodkit-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> Future[Any]:
        """Queue a job; the future gets its result after the commit."""
        future: Future[Any] = Future()
        with self._gate:
            if self._closed:
                raise RuntimeError("the catalog is closed")
            self._jobs.put((work, future))
        return future

    def close(self) -> None:
        """Run what is queued, then stop."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        more = True
        while more:
            group: list[tuple[Work, Future[Any]]] = []
            job = self._jobs.get()
            while True:
                if job is None:
                    more = False
                    break
                if job[1].set_running_or_notify_cancel():
                    group.append(job)
                if len(group) >= MOST_JOBS:
                    break
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
            if group:
                self._commit(group)

    def _commit(self, group: list[tuple[Work, Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        failed: list[tuple[Future[Any], BaseException]] = []
        hooks: list[Hook] = []
        try:
            with self._engine.connect() as conn, conn.begin():
                for work, future in group:
                    mine: list[Hook] = []
                    conn.info[HOOKS] = mine
                    try:
                        with conn.begin_nested():
                            result = work(conn)
                    except BaseException as error:
                        if not in_transaction(conn):
                            raise
                        failed.append((future, translated(error)))
                    else:
                        done.append((future, result))
                        hooks += mine
            self.commits += 1
        except BaseException as error:
            # Whatever it is: who waits hears of it, and this thread goes on.
            lost = translated(error)
            named = {id(future) for future, _ in failed}
            failed += [(future, lost) for _, future in group if id(future) not in named]
            done, hooks = [], []
        for hook in hooks:
            self._follow(hook)
        for future, result in done:
            future.set_result(result)
        for future, reason in failed:
            future.set_exception(reason)


def in_transaction(conn: Connection) -> bool:
    """Whether SQLite still has the transaction; it drops all of it when the disk is full."""
    driver = conn.connection.driver_connection
    return bool(driver is not None and driver.in_transaction)
