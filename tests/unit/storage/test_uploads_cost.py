"""Completing costs rows, never bytes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from vodkit.server.storage import Storage

from .world import World, content, finish, send, start

IO = Path("/proc/self/io")


def written() -> int:
    """Bytes that this process has handed to write calls of any kind."""
    (line,) = (line for line in IO.read_text().splitlines() if line.startswith("wchar"))
    return int(line.split()[1])


@pytest.mark.skipif(not IO.exists(), reason="this system does not count the bytes that a process writes")
def test_completing_writes_as_much_for_large_parts_as_for_small_ones(tmp_path: Path) -> None:
    cost: dict[int, int] = {}

    async def work(storage: Storage) -> None:
        for size in (4096, 2 << 20):
            upload = await start(storage)
            await asyncio.gather(*(send(storage, upload, n, b"x" * size) for n in range(1, 13)))
            before = written()
            blob = await finish(storage, upload)
            cost[size] = written() - before
            assert blob.size == 12 * size

    World("", tmp_path).run(work)
    assert 0 < cost[2 << 20] <= cost[4096] + 64 * 1024


def test_completing_neither_moves_nor_rewrites_the_file(tmp_path: Path) -> None:
    world = World("", tmp_path)

    async def work(storage: Storage) -> None:
        upload = await start(storage)
        for number in (2, 1, 3):
            await send(storage, upload, number, bytes([number]) * 100_000)
        (path,) = world.blobs.glob("*/*")
        before = path.stat()
        blob = await finish(storage, upload)
        await storage.catalog.settle()
        after = path.stat()
        assert (after.st_ino, after.st_mtime_ns, after.st_size) == (
            before.st_ino,
            before.st_mtime_ns,
            300_000,
        )
        assert path.read_bytes() == await content(storage, blob)
        assert os.fspath(path).endswith(blob.id)

    world.run(work)
