"""Everything durable of the service but its accounts, opened and closed as one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, exists, select

from .blobs import BlobStore, Extent
from .blobs import rows as blob_rows
from .blobs.local import LocalBlobs
from .catalog import SqlCatalog
from .catalog.tables import blobs, objects
from .contract import Settings
from .events import EventTable
from .media_catalog import MediaTable
from .objects import ObjectTable
from .outputs import OutputTable
from .quota import QuotaGuard
from .tasks import TaskTable
from .uploads import Uploads

_AT_ONCE = 200
"""Rows that a sweep takes in one transaction, so that it never holds up the writes of requests."""

_UNNAMED_LIFETIME = 3600.0
"""Seconds that a blob may be without a name: its room completes and names it in one commit or soon after."""


class Storage:
    """The durable parts of the service, over one data folder.

    Args:
        settings: ``data`` and ``upload_lifetime`` are used.
        catalog: The database; :meth:`close` closes it, before the bytes that its last commits let go of.
        now: The clock.
        owner: Whether this is the process that receives uploads; else it works beside that one.

    Raises:
        RuntimeError: another process owns the folder.
    """

    def __init__(
        self, settings: Settings, catalog: SqlCatalog, now: Callable[[], float], *, owner: bool = True
    ) -> None:
        self.catalog = catalog
        self.store: BlobStore = LocalBlobs(Path(settings.data) / "blobs", owner=owner)
        if owner:
            self.store.recover(self._owned)
        self.quota = QuotaGuard(self.catalog)
        self.uploads = Uploads(self.catalog, self.store, self.quota, settings.upload_lifetime, now)
        self.objects = ObjectTable(self.catalog, self.store, now)
        self.outputs = OutputTable(self.objects)
        self.media = MediaTable(self.objects, self.outputs, now)
        self.tasks = TaskTable(now)
        self.events = EventTable(self.media, self.outputs, now)

    async def sweep(self, now: float, rooms: Mapping[str, object] | None = None) -> dict[str, int]:
        """Remove abandoned uploads, expired media, bytes without a name and old events; how many of each.

        Args:
            rooms: By provider; they say how their vendors tell of expired media.
        """

        def expire(conn: Connection) -> int:
            return self.media.expire(
                conn,
                now,
                _AT_ONCE,
                lambda conn, record: self.events.expired(conn, (rooms or {}).get(record.provider), record),
            )

        abandoned = forgotten = media = 0
        while True:
            dropped, ended = await self.catalog.write(lambda conn: self.uploads.expire(conn, now, _AT_ONCE))
            abandoned += dropped
            forgotten += ended
            if not dropped and not ended:
                break
        while expired := await self.catalog.write(expire):
            media += expired
        unnamed = await self.catalog.read(lambda conn: _unnamed(conn, now - _UNNAMED_LIFETIME))
        for at in range(0, len(unnamed), _AT_ONCE):
            some = unnamed[at : at + _AT_ONCE]
            await self.catalog.write(lambda conn, some=some: self._let_go(conn, some))  # type: ignore[misc]
        events = await self.catalog.write(lambda conn: self.events.expire(conn, now))
        tasks = 0
        while ended := await self.catalog.write(lambda conn: self.tasks.expire(conn, now, _AT_ONCE)):
            tasks += ended
        return {
            "uploads_abandoned": abandoned,
            "uploads_forgotten": forgotten,
            "media_expired": media,
            "blobs_unnamed": len(unnamed),
            "events_expired": events,
            "tasks_forgotten": tasks,
        }

    async def close(self) -> None:
        """Finish what is under way and let go of the folder."""
        await self.uploads.close()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self.catalog.close)
        await loop.run_in_executor(None, self.store.close)

    def _owned(self, owners: Sequence[str]) -> dict[str, list[Extent]]:
        return self.catalog.read_now(lambda conn: blob_rows.owned(conn, owners))

    def _let_go(self, conn: Connection, ids: Sequence[str]) -> None:
        for id in ids:
            blob_rows.let_go(conn, self.store, id)


def _unnamed(conn: Connection, before: float) -> list[str]:
    """Blobs older than a time that no object points at."""
    query = select(blobs.c.id).where(blobs.c.created < before, ~exists().where(objects.c.blob == blobs.c.id))
    return list(conn.execute(query).scalars())
