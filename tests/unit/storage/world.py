"""Helpers: a storage with a clock of our own, bodies, and what lies on the disk."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from vodkit.server.catalog import SqlCatalog
from vodkit.server.contract import Blob, Settings, StoredPart, Upload
from vodkit.server.errors import Truncated
from vodkit.server.storage import Storage

T = TypeVar("T")


class Body:
    """A request body: pieces, perhaps fewer than announced, perhaps held back by an event."""

    def __init__(
        self,
        data: bytes,
        *,
        length: int | None = -1,
        piece: int = 64 * 1024,
        stop_at: int | None = None,
        gate: asyncio.Event | None = None,
    ) -> None:
        self.length = len(data) if length == -1 else length
        self._data = data
        self._piece = piece
        self._stop_at = stop_at
        self._gate = gate

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._data), self._piece):
            if self._stop_at is not None and at >= self._stop_at:
                raise Truncated("the client went away")
            yield self._data[at : at + self._piece]
            await asyncio.sleep(0)
        if self._gate is not None:
            await self._gate.wait()

    async def read(self, limit: int) -> bytes:
        return self._data[:limit]


class World:
    """A data folder, its database, and a clock."""

    def __init__(self, database: str, folder: Path) -> None:
        self.settings = Settings(data=str(folder / "data"), database=database, upload_lifetime=1000.0)
        self.blobs = folder / "data" / "blobs"
        self.time = 1_700_000_000.0

    def run(self, work: Callable[[Storage], Awaitable[T]]) -> T:
        """Open the storage, do ``work`` with it, close it."""

        async def main() -> T:
            async with self.open() as storage:
                return await work(storage)

        return asyncio.run(main())

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Storage]:
        catalog = SqlCatalog(self.settings.database, Path(self.settings.data))
        storage = Storage(self.settings, catalog, lambda: self.time)
        try:
            yield storage
        finally:
            await storage.close()

    def files(self) -> dict[str, int]:
        """Files of blobs and the bytes that they hold, holes aside."""
        return {path.name: held(path) for path in self.blobs.glob("*/*")}


def held(path: Path) -> int:
    """Bytes of a file outside of its holes; the blocks that it takes up may be more by what maps them."""
    total = end = 0
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        while end < size:
            try:
                start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            total += end - start
    return total


async def start(storage: Storage, key: str = "a/b.mp4", **more: Any) -> Upload:
    return await storage.catalog.write(
        lambda conn: storage.uploads.create(
            conn, account="acc", provider="tencent", space="space", key=key, **more
        )
    )


async def send(storage: Storage, upload: Upload, number: int, data: bytes, **more: Any) -> StoredPart:
    body = Body(
        data, **{name: more.pop(name) for name in ("length", "piece", "stop_at", "gate") if name in more}
    )
    return await storage.uploads.receive(upload, number, body, **more)


async def finish(storage: Storage, upload: Upload, numbers: Sequence[int] | None = None) -> Blob:
    return await storage.catalog.write(lambda conn: storage.uploads.complete(conn, upload.id, numbers))


async def name(storage: Storage, blob: Blob, key: str = "a/b.mp4") -> None:
    await storage.catalog.write(
        lambda conn: storage.objects.put(
            conn,
            account="acc",
            provider="tencent",
            space="space",
            key=key,
            blob=blob,
            content_type="video/mp4",
            etag="e",
        )
    )


async def content(storage: Storage, blob: Blob, start: int = 0, length: int | None = None) -> bytes:
    pieces = [piece async for piece in storage.objects.stream(blob, start, length)]
    assert all(0 < len(piece) <= 1024 * 1024 for piece in pieces)
    return b"".join(pieces)
