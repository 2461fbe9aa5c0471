"""First tries that somebody waits for: the receiver's answer is part of the answer to a request."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from ..processing import Told
from . import rows
from .rows import Delivery

if TYPE_CHECKING:
    from ..service import Service
    from ..targets import Cutter
    from .sender import End

AT_ONCE = 32
"""Tries under way at a time."""

TOTAL = 15.0
"""Seconds that the receiver has; whoever waits for it waits for its own answer as well."""


class FirstTries:
    """Implements :class:`vodkit.server.processing.Deliveries`.

    Args:
        service: The parts.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._threads: ThreadPoolExecutor | None = None
        self._cutters: set[Cutter] = set()

    def take(self, conn: Connection, event: str, style: str) -> Delivery:
        """See :meth:`processing.Deliveries.take`."""
        return rows.take(conn, self._service.now(), event, style)

    async def attempt(self, taken: Delivery) -> Told:
        """See :meth:`processing.Deliveries.attempt`."""
        # What sends is loaded when the first callback goes out.
        from ..targets import Bounds, Cutter
        from .sender import Sender

        if self._threads is None:
            self._threads = ThreadPoolExecutor(AT_ONCE, "vodkit-callback")
        once = Sender(self._service, Bounds(total=TOTAL)).once

        def work() -> End:
            cutter = Cutter()
            self._cutters.add(cutter)
            try:
                return once(taken, cutter)
            finally:
                # Not before: whoever waits may be gone while the try goes on.
                self._cutters.discard(cutter)

        end = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        return Told(end.done, end.answer, end.error)

    async def close(self) -> None:
        """End what is under way; it is tried again after the next start."""
        for cutter in list(self._cutters):
            cutter.cut()
        if self._threads is not None:
            threads = self._threads
            await asyncio.get_running_loop().run_in_executor(
                None, lambda: threads.shutdown(cancel_futures=True)
            )
