"""The catalog: reads in a small pool, writes in groups, and what must follow a commit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, text

from .engines import READERS, database_url, sqlite_engines, translated, worth_another_try
from .migrate import RoomTables, is_current, upgrade
from .writer import HOOKS, Hook, Writer

T = TypeVar("T")
log = logging.getLogger(__name__)

_TRIES = 5
_PG_WRITERS = 8
_MIGRATION_LOCK = 0x766F646B6974


def after_commit(conn: Connection, hook: Callable[[], None]) -> None:
    """Have ``hook`` run in a thread once the write that ``conn`` belongs to is committed; never if it is not.

    A crash between the commit and the hook loses the hook: it may only do what start-up recovery does too.
    """
    conn.info[HOOKS].append(hook)


class SqlCatalog:
    """Implements :class:`vodkit.server.contract.Catalog`. Opening it migrates the database.

    Args:
        database: URL of a SQLite or PostgreSQL database, ``""`` for a file in ``data``.
        data: Folder for everything durable.
        rooms: The tables of the provider rooms.
    """

    def __init__(self, database: str, data: Path, rooms: Sequence[RoomTables] = ()) -> None:
        self.url: URL = database_url(database, data)
        self._readers = ThreadPoolExecutor(READERS, "vodkit-read")
        self._follower = ThreadPoolExecutor(1, "vodkit-after")
        self._writer: Writer | None = None
        self._commits = 0
        self._writers: ThreadPoolExecutor | None = None
        if self.url.get_backend_name() == "sqlite":
            self._engine, self._reader = sqlite_engines(self.url)
            self._migrate(rooms)
            self._writer = Writer(self._engine, self._follow)
        else:
            shared: dict[str, Any] = {"pool_pre_ping": True, "hide_parameters": True}
            self._engine = create_engine(self.url, pool_size=_PG_WRITERS, **shared)
            self._reader = create_engine(self.url, pool_size=READERS, **shared)
            self._migrate(rooms)
            self._writers = ThreadPoolExecutor(_PG_WRITERS, "vodkit-write")

    @property
    def commits(self) -> int:
        """Commits of this process so far; those of a group count as one."""
        return self._writer.commits if self._writer else self._commits

    @property
    def engines(self) -> tuple[Engine, Engine]:
        """Those that write and read, for watching them."""
        return self._engine, self._reader

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a read transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """:meth:`read` for threads and tools."""
        with self._reader.connect() as conn, conn.begin():
            return work(conn)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a write transaction; returns after the commit is durable.

        Raises:
            StorageFull: nothing was changed.
        """
        return await asyncio.wrap_future(self._submit(work))

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """:meth:`write` for threads and tools."""
        return self._submit(work).result()

    async def settle(self) -> None:
        """Wait until every hook of earlier commits has run."""
        await asyncio.wrap_future(self._follower.submit(lambda: None))

    def close(self) -> None:
        """Finish what is queued, run the hooks, and let go of the database."""
        if self._writer:
            self._writer.close()
        if self._writers:
            self._writers.shutdown()
        self._readers.shutdown()
        self._follower.shutdown()
        self._reader.dispose()
        self._engine.dispose()

    def _submit(self, work: Callable[[Connection], T]) -> Future[T]:
        if self._writer:
            return self._writer.submit(work)
        assert self._writers is not None
        return self._writers.submit(self._write_alone, work)

    def _write_alone(self, work: Callable[[Connection], T]) -> T:
        """One job, one transaction: what PostgreSQL is best at."""
        for left in reversed(range(_TRIES)):
            try:
                with self._engine.connect() as conn:
                    with conn.begin():
                        hooks: list[Hook] = []
                        conn.info[HOOKS] = hooks
                        result = work(conn)
                    self._commits += 1
                    for hook in hooks:
                        self._follow(hook)
                    return result
            except Exception as error:
                if not left or not worth_another_try(error):
                    raise translated(error) from error
        raise AssertionError("unreachable")

    def _follow(self, hook: Hook) -> None:
        def run() -> None:
            try:
                hook()
            except Exception:
                log.exception("what follows a commit failed; the next start makes up for it")

        try:
            self._follower.submit(run)
        except RuntimeError:
            log.exception("what follows a commit waits: no thread can be had")

    def _migrate(self, rooms: Sequence[RoomTables]) -> None:
        # Whoever opens a database that is up to date waits for nobody who writes to it.
        with self._reader.connect() as conn, conn.begin():
            if is_current(conn, rooms):
                return
        with self._engine.connect() as conn, conn.begin():
            if conn.dialect.name == "postgresql":
                conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            upgrade(conn, rooms)
