"""A service's parts on a data folder, with a clock, an account and a provider whose callbacks are plain."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, select

from tests.waiting import PATIENCE
from vodkit import webhooks as signing
from vodkit.core.events import Event
from vodkit.server import service as service_module
from vodkit.server.catalog.tables import deliveries
from vodkit.server.contract import Account, MediaRecord, Settings
from vodkit.server.deliveries import webhooks
from vodkit.server.deliveries.sender import Sender
from vodkit.server.processing import Address, Message
from vodkit.server.service import Service
from vodkit.server.targets import Bounds

ACCOUNTS = """
[[account]]
provider = "youku"
id = "client"
secret = "the account's secret"
"""
QUICK = Bounds(connect=10.0, read=3.0, total=10.0)


class Clock:
    """Stands still where it was begun, but for what it is put forward by."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._begun = time.time()

    def now(self) -> float:
        return self._begun + self.ahead


class Plain:
    """A vendor's style: the payload as text, three tries five seconds apart."""

    def message(self, conn: Connection, event: Event, address: Address, account: Account) -> Message:
        headers = {"X-Account": account.key, "Content-Type": "text/plain"}
        return Message(address.target, headers, str(event.payload).encode())

    def accepted(self, status: int, body: bytes) -> bool:
        return status == 200

    def delay(self, attempts: int) -> float | None:
        return 5.0 if attempts < 3 else None


class Desk:
    """Adds events and sends what is due."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.service = service
        self.clock = clock
        self.account = self.catalog.read_now(lambda conn: service.accounts.all(conn, "youku"))[0]
        service.rooms["toy"] = SimpleNamespace(callbacks={"plain": Plain()})  # type: ignore[assignment]

    @property
    def catalog(self) -> Any:
        return self.service.catalog

    def webhook(self, url: str, *types: str) -> tuple[str, str]:
        """Add a webhook; its id and its secret."""
        secret = signing.new_secret()
        sealed = self.service.vault.seal(secret.encode())
        now = self.service.now()
        return (
            self.catalog.write_now(lambda conn: webhooks.add(conn, self.account.id, url, sealed, types, now)),
            secret,
        )

    def happens(
        self,
        *urls: str,
        type: str = "media.uploaded",
        media: MediaRecord | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> str:
        """Record an event for these receivers; its id."""
        return self.catalog.write_now(
            lambda conn: self.service.events.add(
                conn,
                type=type,
                provider="toy",
                account=self.account.id,
                media=media,
                payload=payload or {},
                deliver=[Address("plain", url) for url in urls],
            )
        )

    def send(self, bounds: Bounds = QUICK) -> None:
        """Send all that is due now."""
        Sender(self.service, bounds).run(threading.Event())

    def rows(self) -> Sequence[Any]:
        """All deliveries, oldest first."""
        query = select(deliveries).order_by(deliveries.c.id)
        return self.catalog.read_now(lambda conn: conn.execute(query).all())

    @property
    def states(self) -> list[str]:
        return [row.state for row in self.rows()]


@contextmanager
def opened(
    folder: Path,
    patch: pytest.MonkeyPatch,
    *,
    worker: bool = False,
    private: bool = True,
    clock: Clock | None = None,
    database: str = "",
) -> Iterator[Desk]:
    """The parts, until the block ends; with ``worker``, beside others on the same folder."""
    clock = clock or Clock()
    patch.setattr(service_module, "time", SimpleNamespace(time=clock.now))
    (folder / "accounts.toml").write_text(ACCOUNTS)
    (folder / "data").mkdir(exist_ok=True)
    settings = Settings(
        data=str(folder / "data"),
        accounts=str(folder / "accounts.toml"),
        public_url="http://vod.example",
        private_targets=private,
        database=database,
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    context = Service.open(settings, worker=worker)
    try:
        service = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(PATIENCE)
        try:
            yield Desk(service, clock)
        finally:
            asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(PATIENCE)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
