"""A disk without room, real: a small tmpfs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from vodkit.server.catalog.tables import spaces
from vodkit.server.errors import StorageFull
from vodkit.server.storage import Storage

from .world import World, content, finish, send, start

MIB = 1024 * 1024


@pytest.fixture
def small_world(tmp_path: Path) -> Iterator[World]:
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(tmp_path)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")
    yield World("", tmp_path)
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_parts_without_room_leave_the_rest_as_it_was(small_world: World) -> None:
    async def work(storage: Storage) -> None:
        upload = await start(storage)
        kept = 0
        with pytest.raises(StorageFull):
            for number in range(1, 30):
                await send(storage, upload, number, bytes([number]) * 2 * MIB)
                kept = number
        assert 3 <= kept <= 11
        listed = await storage.catalog.read(lambda conn: storage.uploads.parts(conn, upload.id))
        assert [part.number for part in listed] == list(range(1, kept + 1))
        assert sum(small_world.files().values()) == kept * 2 * MIB
        blob = await finish(storage, upload)
        assert await content(storage, blob) == b"".join(bytes([n]) * 2 * MIB for n in range(1, kept + 1))
        other = await start(storage)
        with pytest.raises(StorageFull):
            await send(storage, other, 1, b"x" * 2 * MIB)
        small_world.time += 5000
        assert (await storage.sweep(small_world.time))["blobs_unnamed"] == 1
        await storage.catalog.settle()
        fresh = await start(storage)
        await send(storage, fresh, 1, b"y" * 2 * MIB)

    small_world.run(work)


def test_the_database_without_room(small_world: World) -> None:
    async def work(storage: Storage) -> None:
        filler = small_world.blobs.parent / "filler"
        with filler.open("wb", buffering=0) as out, pytest.raises(OSError, match="No space"):
            while True:
                out.write(bytes(64 * 1024))

        async def add(name: str) -> None:
            row = {
                "provider": "p",
                "name": name,
                "account": "a",
                "access": "private",
                "region": "x" * 100_000,
            }
            await storage.catalog.write(
                lambda conn: conn.execute(insert(spaces).values(**row, attrs={}, created=0.0))
            )

        with pytest.raises(StorageFull):
            for number in range(500):
                await add(f"full{number}")
        filler.unlink()
        await add("after")
        names = await storage.catalog.read(lambda conn: conn.execute(select(spaces.c.name)).scalars().all())
        assert "after" in names

    small_world.run(work)
