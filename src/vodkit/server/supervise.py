"""Keeping worker processes alive while there is work for them.

The service itself does no task: it looks for work now and then, starts its workers at the first, and again,
after a while, when they end. They end with the service, whose end of a pipe they hold, however it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Callable

from sqlalchemy import Connection, or_, select

from . import children, logs
from .catalog import SqlCatalog
from .catalog.tables import deliveries, tasks
from .contract import Settings
from .names import new_id
from .processing import OPEN
from .workflow import leases

_LOOK = 0.5
"""Seconds between looks for work while there is no worker."""

_STOP_SECONDS = 10.0
_SHORTEST, _LONGEST = 0.5, 30.0
"""Seconds from the end of a worker to the start of the next one; doubled while they end soon."""

_STEADY = 60.0
"""Seconds that a worker must live for its end not to count as soon."""


class Supervisor:
    """The workers of a service.

    Args:
        settings: ``workers`` of them, on the same data.
        catalog: Where the work is.
        now: The clock.
    """

    def __init__(self, settings: Settings, catalog: SqlCatalog, now: Callable[[], float]) -> None:
        self._settings = settings
        self._catalog = catalog
        self._now = now
        self._log = logs.get("workers")

    async def run(self) -> None:
        """Keep the workers until cancelled; then end them."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._settings.workers):
                group.create_task(self._keep())

    async def _keep(self) -> None:
        pause = _SHORTEST
        while True:
            while not await self._is_needed():
                await asyncio.sleep(_LOOK)
            began = time.monotonic()
            try:
                code = await self._run_one(new_id())
                self._log.warning("a worker ended", code=code)
            except Exception:
                self._log.exception("a worker could not be run")
            lived = time.monotonic() - began
            pause = _SHORTEST if lived > _STEADY else min(_LONGEST, pause * 2)
            await asyncio.sleep(pause)

    async def _is_needed(self) -> bool:
        def work(conn: Connection) -> bool:
            due = (deliveries.c.state == "waiting") & (deliveries.c.due <= self._now())
            either = or_(
                select(tasks.c.id).where(tasks.c.state.in_(OPEN)).exists(),
                select(deliveries.c.id).where(due).exists(),
            )
            return bool(conn.scalar(select(either)))

        try:
            return await self._catalog.read(work)
        except Exception:
            self._log.exception("looking for work failed")
            return False

    async def _run_one(self, id: str) -> int:
        """A worker, from its start to its end; its exit code."""
        process = await asyncio.create_subprocess_exec(
            *children.command("worker", *self._arguments(id)),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=children.environment(),
            start_new_session=True,
        )
        assert process.stdin is not None
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                process.stdin.close()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(process.wait()), _STOP_SECONDS)
            if process.returncode is None:
                process.kill()
                await process.wait()
            # It is certain to be dead: nobody has to wait for its lease to end.
            await self._catalog.write(lambda conn: leases.bury(conn, id, self._now()))

    def _arguments(self, id: str) -> list[str]:
        settings = self._settings
        words = ["--stop-on-eof", "--id", id, "--data", settings.data, "--log-level", settings.log_level]
        words += ["--public-url", settings.public_url, "--lease", str(settings.lease)]
        words += ["--pull-size", str(settings.pull_size), "--pull-seconds", str(settings.pull_seconds)]
        words += ["--database", settings.database] if settings.database else []
        words += ["--procedure", settings.procedure] if settings.procedure else []
        words += ["--signed-playback"] if settings.signed_playback else []
        words += ["--private-targets"] if settings.private_targets else []
        return words
