"""The service that rooms get: its parts, opened and closed in order."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib.util
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from vodkit.core import registry
from vodkit.core.errors import ConfigError

from . import logs
from .access import Access
from .accounts import Accounts, entries_at_start
from .app import App, Page, send_json
from .catalog import SqlCatalog
from .catalog.migrate import RoomTables
from .contract import Head, MediaRecord, Receive, Room, Scope, Send, Settings
from .deliveries.first import FirstTries
from .express import Express
from .links import Links
from .playback import Playback
from .procedures import EVERYBODY, ProcedureTable
from .storage import Storage
from .vault import open_vault
from .views import PlayTable, Views
from .watch import WatchPages


class Tools:
    """The parts that work on a data folder whether a service runs on it or not.

    Args:
        catalog: The database, open.
    """

    def __init__(self, settings: Settings, catalog: SqlCatalog) -> None:
        self.settings = settings
        self.catalog = catalog
        self.vault = open_vault(Path(settings.data) / "keys")
        self.accounts = Accounts(catalog, self.vault, strict=settings.strict)

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()


class Service(Tools):
    """Implements :class:`vodkit.server.contract.Service`; see :meth:`open`."""

    def __init__(self, settings: Settings, storage: Storage, kinds: Mapping[str, type]) -> None:
        super().__init__(settings, storage.catalog)
        self.storage = storage
        self.quota = storage.quota
        self.uploads = storage.uploads
        self.objects = storage.objects
        self.media = storage.media
        self.events = storage.events
        self.tasks = storage.tasks
        self.outputs = storage.outputs
        self.procedures = ProcedureTable(settings.procedure, self.now)
        self.deliveries = FirstTries(self)
        self.rooms: dict[str, Room] = {}
        self.plays = PlayTable()
        self.views = Views(self.catalog, self.plays, self.now)
        self.links = Links(self.vault, settings.public_url, self.now)
        self._access = Access(self, self.rooms)
        self._express = Express(storage.store, lambda: self.catalog.commits, self.now, self.views)
        self._playback = Playback(
            self, self.rooms, self.links, self._access, self.views, storage, self._express
        )
        self._watch = WatchPages(self, self.links, self._access, self.views)
        self._log = logs.get("service")
        self.rooms.update({name: kind(self) for name, kind in kinds.items()})

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, settings: Settings, *, worker: bool = False) -> AsyncIterator[Service]:
        """The service on a data folder, with every room, until the block ends.

        Args:
            worker: Answer no requests, but work beside the process that does.

        Raises:
            ConfigError: an account, the database or a key file is wrong.
        """
        entries = [] if worker else entries_at_start(Path(settings.data), settings.accounts)
        kinds = room_kinds()
        storage = Storage(settings, _open_catalog(settings, kinds), time.time, owner=not worker)
        try:
            service = cls(settings, storage, kinds)
            await service.catalog.write(lambda conn: service.accounts.store(conn, entries))
            try:
                yield service
            finally:
                await service.deliveries.close()
                await service.views.close()
        finally:
            await storage.close()

    @property
    def app(self) -> App:
        """The ASGI application."""
        pages: dict[str, Page] = {"health": self._health, "v": self._playback, "watch": self._watch}
        return App(self.rooms, pages, self._express)

    def play_url(self, provider: str, space: str, key: str) -> str:
        """Where an object plays; unsigned."""
        return self.links.play(provider, space, key)

    def sign_url(self, url: str, lifetime: float, folder: str = "") -> str:
        """A play URL that is good for ``lifetime`` seconds; see the contract."""
        return self.links.sign(url, lifetime, folder)

    def watch_url(self, media: MediaRecord, lifetime: float | None = None) -> str:
        """The page that plays a media; see the contract."""
        return self.links.watch(media, lifetime)

    async def check_procedure(self) -> None:
        """Refuse a default procedure that is not known.

        Raises:
            ConfigError: there is none of this name.
        """
        name = self.settings.procedure
        resolve = self.procedures.resolve
        if name and await self.catalog.read(lambda conn: resolve(conn, EVERYBODY, name)) is None:
            raise ConfigError(f"there is no procedure {name!r}", advice="See: vodkit procedures list")

    async def sweep_forever(self) -> None:
        """Remove what is expired, every ``settings.sweep_interval`` seconds."""
        sweeps: dict[str, Callable[[float], Awaitable[dict[str, int] | None]]] = {
            "storage": functools.partial(self.storage.sweep, rooms=self.rooms),
            **{name: room.sweep for name, room in self.rooms.items()},
        }
        while True:
            for name, sweep in sweeps.items():
                try:
                    removed = await sweep(self.now())
                except Exception:
                    self._log.exception("sweep failed", room=name)
                else:
                    if removed and any(removed.values()):
                        self._log.info("swept", room=name, **removed)
            await asyncio.sleep(self.settings.sweep_interval)

    async def _health(self, head: Head, scope: Scope, receive: Receive, send: Send) -> None:
        state: dict[str, Any] = {"status": "ok", "service": "vodkit", "providers": sorted(self.rooms)}
        await send_json(send, 200, state, head.method)


def room_kinds() -> dict[str, type]:
    """The server classes of all rooms that have one, by name.

    Raises:
        ConfigError: there is one and it cannot be imported.
    """
    kinds: dict[str, type] = {}
    for name in registry.names():
        reference = registry.descriptor(name).server
        if reference is None:
            continue
        if importlib.util.find_spec(reference.partition(":")[0]) is None:
            logs.get("service").warning("the room has no server side", room=name)
            continue
        try:
            kinds[name] = registry.load(reference)
        except ImportError as problem:
            raise ConfigError(
                f"the server side of {name} cannot be imported: {problem}",
                advice="Install what is missing (pip install 'vodkit[server]'), or remove that provider",
            ) from problem
    return kinds


@contextlib.contextmanager
def tools(settings: Settings) -> Iterator[Tools]:
    """The parts for a command that works on a data folder, also beside a running service.

    Raises:
        ConfigError: there is no service's data in the folder.
    """
    logs.configure_for_command()
    if not (Path(settings.data) / "keys").exists():
        raise ConfigError(
            f"there is no service's data in {settings.data}",
            advice="Name its folder with --data, or start the service once: vodkit serve",
        )
    catalog = _open_catalog(settings, room_kinds())
    try:
        yield Tools(settings, catalog)
    finally:
        catalog.close()


def _open_catalog(settings: Settings, kinds: Mapping[str, Any]) -> SqlCatalog:
    """The database, up to date for these rooms.

    Raises:
        ConfigError: it cannot be opened.
    """
    tables = [
        RoomTables(name, kind.TABLES, Path(kind.MIGRATIONS))
        for name, kind in kinds.items()
        if hasattr(kind, "TABLES")
    ]
    try:
        return SqlCatalog(settings.database, Path(settings.data), tables)
    except ValueError as problem:
        raise ConfigError(str(problem), advice="Check --database") from problem
    except (SQLAlchemyError, OSError) as problem:
        reason = getattr(problem, "orig", None) or problem
        raise ConfigError(
            f"the database cannot be opened: {reason}", advice="Check --database and --data"
        ) from problem
