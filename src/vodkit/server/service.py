"""The service that rooms get: the parts, opened and closed in order."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import MetaData

from vodkit.core import registry

from . import logs
from .app import App, send_json
from .contract import Head, Receive, Room, Scope, Send, Settings
from .vault import Vault, open_vault


class Service:
    """Implements :class:`vodkit.server.contract.Service`; see :meth:`open`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tables = MetaData()
        self.vault: Vault = open_vault(Path(settings.data) / "keys")
        self.rooms: dict[str, Room] = {}
        self._log = logs.get("service")

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncIterator[Service]:
        """The service on a data folder, with every room, until the block ends."""
        service = cls(settings)
        for name in registry.names():
            reference = registry.descriptor(name).server
            if reference is None:
                continue
            try:
                service.rooms[name] = registry.load(reference)(service)
            except ModuleNotFoundError as problem:
                if problem.name != reference.partition(":")[0]:
                    raise
                service._log.warning("the room has no server side", room=name)
        yield service

    @property
    def app(self) -> App:
        """The ASGI application."""
        return App(self.rooms, {"health": self._health})

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def play_url(self, provider: str, space: str, key: str) -> str:
        """Where an object plays; unsigned."""
        return f"{self.settings.public_url}/v/{quote(provider, safe='')}/{quote(space, safe='')}/{quote(key)}"

    async def sweep_forever(self) -> None:
        """Remove what is expired, every ``settings.sweep_interval`` seconds."""
        while True:
            for name, room in self.rooms.items():
                try:
                    await room.sweep(self.now())
                except Exception:
                    self._log.exception("sweep failed", room=name)
            await asyncio.sleep(self.settings.sweep_interval)

    async def _health(self, head: Head, scope: Scope, receive: Receive, send: Send) -> None:
        state: dict[str, Any] = {"status": "ok", "service": "vodkit", "providers": sorted(self.rooms)}
        await send_json(send, 200, state, head.method)
