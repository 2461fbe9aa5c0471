"""Engines for the two databases, from one URL."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url

from ..errors import StorageFull

BUSY_SECONDS = 30.0
"""How long SQLite waits for another process that holds the write lock."""

READERS = 4
"""Read connections, and threads that use them."""

_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}
_PG_DISK_FULL = "53100"
_PG_AGAIN = {"40001", "40P01", "23503", "23505"}
"""Serialization failure, deadlock, and a row that another transaction pointed at or inserted first: a new try
sees it."""


def database_url(database: str, data: Path) -> URL:
    """The URL of the settings; without one, ``vodkit.db`` in the data folder.

    Raises:
        ValueError: neither SQLite nor PostgreSQL.
    """
    if not database:
        return URL.create("sqlite", database=str(data / "vodkit.db"))
    url = make_url(database)
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError(f"the database must be sqlite:// or postgresql://, not {url.get_backend_name()}://")
    return url


def sqlite_engines(url: URL) -> tuple[Engine, Engine]:
    """The writer's engine (one connection, every transaction immediate) and the readers'."""
    path = Path(url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        # Only a new file: closing one that this process has open elsewhere would drop SQLite's locks on it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    options: dict[str, Any] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    # Parameters hold secrets; error messages would show them.
    writer = create_engine(url, connect_args=options, pool_size=1, max_overflow=0, hide_parameters=True)
    reader = create_engine(url, connect_args=options, pool_size=READERS, max_overflow=0, hide_parameters=True)
    _prepare(writer, "BEGIN IMMEDIATE", ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"))
    _prepare(reader, "BEGIN", ("journal_mode = WAL", "query_only = ON"))
    return writer, reader


def _prepare(engine: Engine, begin: str, pragmas: tuple[str, ...]) -> None:
    """Take transactions out of the driver's hands, and set what every connection needs."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def translated(error: BaseException) -> BaseException:
    """The error that callers see: a full disk has its own name, everything else stays as it is."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", None) in _FULL:
        return StorageFull("the database has no room left on its disk")
    if getattr(cause, "sqlstate", None) == _PG_DISK_FULL:
        return StorageFull("the database server has no room left on its disk")
    return error


def worth_another_try(error: Exception) -> bool:
    """Whether PostgreSQL undid a transaction only because it met another one."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) in _PG_AGAIN
