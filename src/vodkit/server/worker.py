"""The worker process: it does the tasks of a data folder, beside the service or without one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, case, select, update
from sqlalchemy.exc import OperationalError

from vodkit.core import registry
from vodkit.core.errors import ConfigError

from . import logs
from .catalog.tables import tasks
from .contract import Settings
from .errors import StorageFull
from .names import new_id
from .processing import OPEN
from .service import Service
from .workflow import leases
from .workflow.admission import admit, some_wait
from .workflow.contract import Chore
from .workflow.engine import Engine
from .workflow.folder import TaskFolder, sweep, work_root
from .workflow.held import Held, Lost, end
from .workflow.procedure import PROBE, Run
from .workflow.pulling import Pull

CHORES = ("vodkit.server.deliveries:deliver",)
"""What every worker does beside tasks, each a :class:`vodkit.server.workflow.contract.Chore`."""

_LOOK = 0.25
"""Seconds between looks for new tasks, and for running ones that are not wanted any more."""

_SWEEP = 300.0
_NIGHT = 24 * 3600.0
_KEPT = 7 * 24 * 3600.0
"""Seconds that the workflow of an attempt is kept."""

_LATER = 5.0
"""Seconds to the next try of what failed unexpectedly."""

_STANDSTILL = 120.0
"""Seconds without a look for tasks that tell of a fault."""

_BEGINS = 120.0
"""Seconds within which a task begins that was handed to the engine."""

_STOP_SECONDS = 5.0
_LEASE_GONE, _STANDS_STILL = 70, 71
"""What the process exits with when it counts as dead, and when it does nothing any more."""

_KINDS = {"procedure": Run, "pull": Pull}
_PULLS = 4


def work(settings: Settings, *, id: str = "", stop_on_eof: bool = False) -> None:
    """Be a worker until SIGTERM or SIGINT. Ends the process: nothing is left that could still write.

    Args:
        settings: How it runs; ``public_url`` is by default what the service on the folder has.
        id: What it is known by; made when not given.
        stop_on_eof: Also stop when standard input ends, as it does when the process at its other end dies.

    Raises:
        ConfigError: there is no service's data in the folder, or the configuration is wrong.
    """
    data = Path(settings.data).resolve()
    if not (data / "keys").exists():
        raise ConfigError(
            f"there is no service's data in {data}",
            advice="Name its folder with --data, or start the service once: vodkit serve",
        )
    with contextlib.suppress(FileNotFoundError):
        known = (data / "url").read_text(encoding="utf-8").strip()
        settings = replace(settings, public_url=settings.public_url or known)
    code = asyncio.run(_work(replace(settings, data=str(data)), id or new_id(), stop_on_eof=stop_on_eof))
    sys.stderr.flush()
    os._exit(code)


async def _work(settings: Settings, id: str, *, stop_on_eof: bool) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if stop_on_eof:
        ask = (lambda: loop.call_soon_threadsafe(stop.set),)
        threading.Thread(target=_await_eof, args=ask, daemon=True).start()
    async with Service.open(settings, worker=True) as service:
        worker = Worker(service, id)
        await worker.start()
        print(f"vodkit worker ready {id}", flush=True)
        await worker.run(stop)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await worker.leave()
        except Exception:
            logs.get("worker").exception("the lease could not be given back; it ends by itself")
        # What still runs cannot write any more; its programs end with this process.
        os._exit(0)


def _await_eof(stop: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    with contextlib.suppress(RuntimeError):
        stop()
    time.sleep(_STOP_SECONDS)
    os._exit(1)


class Worker:
    """A worker within a process.

    Args:
        service: The parts, opened for a worker.
        id: What it is known by.
    """

    def __init__(self, service: Service, id: str) -> None:
        self._service = service
        self._id = id
        self._lease = service.settings.lease
        self._running: dict[str, str] = {}
        self._unwanted: set[str] = set()
        self._submitted: dict[tuple[str, int], float] = {}
        self._idle: dict[str, float] = {}
        self._looks = 0
        self._stop = threading.Event()
        self._log = logs.get("worker")
        self._root = work_root(service)
        self._engine = Engine(service.catalog.url, Path(service.settings.data), id, self._do)
        # A program that encodes takes all cores by itself; a pull only waits.
        self._most = {"procedure": max(1, (os.cpu_count() or 1) // 2), "pull": _PULLS}

    async def start(self) -> None:
        """Take a lease and be ready for tasks."""
        await self._service.catalog.write(lambda conn: leases.join(conn, self._id, self._service.now()))
        threading.Thread(target=self._live, name="vodkit-lease", daemon=True).start()
        await asyncio.to_thread(self._engine.start)
        for name in CHORES:
            chore: Chore = registry.load(name)
            threading.Thread(target=self._repeat, args=(name, chore), name=name, daemon=True).start()
        threading.Thread(target=self._repeat, args=("sweep", self._sweep), daemon=True).start()
        threading.Thread(target=self._repeat, args=("forget", self._forget), daemon=True).start()

    async def run(self, stop: asyncio.Event) -> None:
        """Do tasks until ``stop``."""
        while not stop.is_set():
            self._looks += 1
            pause = _LOOK
            try:
                await self._look()
            except Exception:
                self._log.exception("looking for tasks failed")
                pause = _LATER
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)

    async def leave(self) -> None:
        """Give the lease back; others go on with the tasks."""
        self._stop.set()
        await self._service.catalog.write(lambda conn: leases.bury(conn, self._id, self._service.now()))

    # --- tasks -------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        rows = await self._service.catalog.read(self._rows)
        mine = [row for row in rows if row.worker == self._id]
        self._unwanted = {row.id for row in mine if not row.wanted}
        self._give_up_what_does_not_begin()
        idle = [row for row in mine if row.id not in self._running]
        if idle or self._idle:
            await self._let_go(idle)
        for row in rows:
            if row.state == "waiting" and not row.worker and not row.wanted:
                await self._service.catalog.write(lambda conn, id=row.id: self._end_waiting(conn, id))  # type: ignore[misc]
        counts = list(self._running.values())
        room = {kind: most - counts.count(kind) for kind, most in self._most.items()}
        if await self._service.catalog.read(lambda conn: some_wait(conn, room)):
            now = self._service.now()
            for task in await self._service.catalog.write(lambda conn: admit(conn, self._id, room, now)):
                # It was cancelled and asked for again between two looks, perhaps.
                self._unwanted.discard(task.id)
                self._running[task.id] = task.kind
                await asyncio.to_thread(self._begin, task.id, task.attempt)

    def _give_up_what_does_not_begin(self) -> None:
        for (id, attempt), since in list(self._submitted.items()):
            if time.monotonic() - since > _BEGINS and self._submitted.pop((id, attempt), 0.0):
                self._log.error("a task did not begin", task=id)
                self._running.pop(id, None)

    def _rows(self, conn: Connection) -> list[Any]:
        """The tasks that are ours, and some that wait for their end."""
        looked = select(tasks.c.id, tasks.c.state, tasks.c.wanted, tasks.c.worker)
        unwanted = looked.where(tasks.c.state == "waiting", ~tasks.c.wanted).limit(100)
        return [*conn.execute(looked.where(tasks.c.worker == self._id)), *conn.execute(unwanted)]

    async def _let_go(self, idle: list[Any]) -> None:
        """Give back what is ours and what nobody here does: what has ended, and, after a while, what has not.

        Until then it is not begun again, here or elsewhere: its folder was still in use.
        """
        now = time.monotonic()
        self._idle = {row.id: self._idle.get(row.id, now) for row in idle}
        left = [row.id for row in idle if row.state != "running" or now - self._idle[row.id] > _LATER]
        if left:
            mine = tasks.c.id.in_(left) & (tasks.c.worker == self._id)
            state = case((tasks.c.state == "running", "waiting"), else_=tasks.c.state)
            free = update(tasks).where(mine).values(state=state, worker="")
            await self._service.catalog.write(lambda conn: conn.execute(free))

    def _end_waiting(self, conn: Connection, id: str) -> None:
        which = (tasks.c.id == id) & (tasks.c.state == "waiting") & ~tasks.c.wanted
        if conn.execute(select(tasks.c.id).where(which).with_for_update()).first():
            end(self._service, conn, id, "cancelled")

    def _begin(self, id: str, attempt: int) -> None:
        self._submitted[id, attempt] = time.monotonic()
        try:
            self._engine.submit(id, attempt, kept=lambda *step: is_kept(self._root / id, *step))
        except Exception:
            self._log.exception("a task could not be begun", task=id)
            self._submitted.pop((id, attempt), None)
            self._running.pop(id, None)

    def _do(self, id: str, attempt: int) -> None:
        """Do an attempt of a task, in a thread of the engine."""
        if self._submitted.pop((id, attempt), None) is None:
            # It began so late that it was given up.
            return
        held = Held(self._service, self._id, id, attempt, lambda: id not in self._unwanted)
        try:
            kind = _KINDS[self._running.get(id) or self._service.catalog.read_now(held.task).kind]
            kind(self._engine, held, TaskFolder(self._root, held, attempt))()
        except Lost:
            self._log.warning("a task went to another worker", task=id)
        except (OperationalError, StorageFull):
            self._log.exception("a task was left", task=id)
        except Exception:
            self._log.exception("a task failed", task=id)
            reason = "an internal error; the service's log says more"
            with contextlib.suppress(Lost):
                held.write(lambda conn: held.end(conn, "failed", reason))
        finally:
            self._running.pop(id, None)

    # --- beside them -------------------------------------------------------------------------------------

    def _live(self) -> None:
        """Renew the lease, and take away those of the dead."""
        pause, looks, still = self._lease / 3, 0, 0.0
        while not self._stop.wait(pause):
            # Counted in pauses of this thread: a process that was stopped as a whole has not stood still.
            still = still + pause if self._looks == looks else 0.0
            looks = self._looks
            if looks and still > _STANDSTILL:
                self._log.error("this worker stands still, and ends")
                os._exit(_STANDS_STILL)
            try:
                if not self._service.catalog.write_now(self._beat) and not self._stop.is_set():
                    self._log.error("this worker was taken for dead, and ends")
                    os._exit(_LEASE_GONE)
            except Exception:
                self._log.exception("the lease could not be renewed")

    def _beat(self, conn: Connection) -> bool:
        now = self._service.now()
        if not leases.beat(conn, self._id, now):
            return False
        for other in leases.dead(conn, now - self._lease):
            if leases.bury(conn, other, now, now - self._lease):
                self._log.warning("a worker is dead", worker=other)
        return True

    def _repeat(self, name: str, chore: Chore) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            try:
                pause = chore(self._service, self._stop)
            except Exception:
                self._log.exception("a chore failed", chore=name)
                pause = _LATER

    def _sweep(self, service: Service, stop: threading.Event) -> float:
        def still_open(conn: Connection, found: list[str]) -> set[str]:
            query = select(tasks.c.id).where(tasks.c.id.in_(found), tasks.c.state.in_(OPEN))
            return set(conn.scalars(query))

        sweep(self._root, lambda found: service.catalog.read_now(lambda conn: still_open(conn, found)))
        return _SWEEP

    def _forget(self, service: Service, stop: threading.Event) -> float:
        self._engine.forget(service.now() - _KEPT, lambda: service.catalog.read_now(leases.alive))
        return _NIGHT


def is_kept(path: Path, step: str, result: Any) -> bool:
    """Whether a step that gave ``result`` need not be done again: what it made is in the task's folder."""
    if step == PROBE:
        return path.is_dir()
    return result != "done" or (path / step).is_dir()
