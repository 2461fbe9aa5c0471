"""What goes with a media, whichever way it goes; and that the disk has its room back."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, insert, select

from vodkit.server.catalog.tables import events, outputs, plays, tasks
from vodkit.server.media.procedure import Procedure
from vodkit.server.processing import OUTPUTS, Notice, Output
from vodkit.server.storage import Storage

from .test_objects_media_events import record
from .world import World, finish, send, start

MIB = 1 << 20


class Room:
    """Says what a vendor would of an expired media, or fails."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails

    def expired(self, conn: Connection, media: Any) -> Notice:
        if self.fails:
            raise RuntimeError("out of words")
        return Notice({"gone": media.remote_id}, queue="q")


async def put(storage: Storage, space: str, key: str, size: int) -> None:
    upload = await start(storage, key)
    await send(storage, upload, 1, b"x" * size)
    blob = await finish(storage, upload)

    def work(conn: Connection) -> None:
        names = {"account": "acc", "provider": "tencent", "space": space, "key": key}
        storage.objects.put(conn, **names, blob=blob, content_type="", etag="e")

    await storage.catalog.write(work)


async def make(storage: Storage, world: World, **more: Any) -> None:
    """A media with a folder, a cover, two outputs, a procedure under way, and views."""
    for key in ("f1/b.mp4", "f1/c.png", "f1/s/1.ts"):
        await put(storage, "space", key, MIB)
    for output in ("o1", "o2"):
        for file in ("master.m3u8", "1.m4s"):
            await put(storage, OUTPUTS, f"m1/{output}/{file}", MIB)
    media = replace(record(world, cover_key="f1/c.png", folder="f1/"), **more)

    def work(conn: Connection) -> None:
        storage.media.add(conn, media)
        made = [
            Output(id, "m1", "t", "streams", "", f"m1/{id}/master.m3u8", 2 * MIB, "", {}, world.time)
            for id in ("o1", "o2")
        ]
        storage.outputs.add(conn, made)
        storage.tasks.process(conn, media, Procedure("p"))
        conn.execute(insert(plays).values(media="m1", day="2030-01-01", count=3))

    await storage.catalog.write(work)


async def left(storage: Storage) -> dict[str, int]:
    """Rows that are there, of what belongs to media."""

    def work(conn: Connection) -> dict[str, int]:
        found = {
            table.name: conn.scalar(select(func.count()).select_from(table)) or 0
            for table in (outputs, plays)
        }
        wanted = conn.scalar(select(func.count()).where(tasks.c.wanted)) or 0
        deciding = conn.scalar(select(func.count()).where(tasks.c.decides)) or 0
        return {**found, "wanted": wanted, "deciding": deciding}

    return await storage.catalog.read(work)


def test_a_deleted_media_takes_everything_along(world: World) -> None:
    async def work(storage: Storage) -> None:
        await put(storage, "space", "f2/other.mp4", MIB)
        await storage.catalog.settle()
        before = sum(world.files().values())
        await make(storage, world)
        assert await left(storage) == {"outputs": 2, "plays": 1, "wanted": 1, "deciding": 1}
        assert sum(world.files().values()) >= before + 7 * MIB
        await storage.catalog.write(lambda conn: storage.media.delete(conn, "m1"))
        await storage.catalog.settle()
        assert await left(storage) == {"outputs": 0, "plays": 0, "wanted": 0, "deciding": 0}
        assert sum(world.files().values()) == before

    world.run(work)


def test_an_expired_media_does_so_too_and_its_vendor_tells(world: World) -> None:
    async def work(storage: Storage) -> None:
        await make(storage, world, expires=world.time + 10)
        await storage.sweep(world.time + 9, {"tencent": Room()})
        assert (await left(storage))["outputs"] == 2
        swept = await storage.sweep(world.time + 10, {"tencent": Room()})
        assert swept["media_expired"] == 1
        await storage.catalog.settle()
        assert await left(storage) == {"outputs": 0, "plays": 0, "wanted": 0, "deciding": 0}
        assert sum(world.files().values()) == 0
        (event,) = await storage.catalog.read(lambda conn: conn.execute(select(events)).all())
        assert (event.type, event.media, event.queue) == ("media.deleted", "m1", "q")
        assert event.payload == {"gone": "5285890000"}

    world.run(work)


class Together(Room):
    """Waits a moment for another one who says the same."""

    def __init__(self) -> None:
        super().__init__()
        self._barrier = threading.Barrier(2)

    def expired(self, conn: Connection, media: Any) -> Notice:
        with contextlib.suppress(threading.BrokenBarrierError):
            self._barrier.wait(0.5)
        return super().expired(conn, media)


def test_sweeps_at_once_tell_of_an_expired_media_once(world: World) -> None:
    async def work(storage: Storage) -> None:
        await make(storage, world, expires=world.time)
        rooms = {"tencent": Together()}
        swept = await asyncio.gather(*(storage.sweep(world.time, rooms) for _ in range(2)))
        assert sorted(each["media_expired"] for each in swept) == [0, 1]
        assert len(await storage.catalog.read(lambda conn: conn.execute(select(events)).all())) == 1

    world.run(work)


def test_a_room_that_fails_keeps_no_expired_media(world: World) -> None:
    async def work(storage: Storage) -> None:
        await make(storage, world, expires=world.time)
        swept = await storage.sweep(world.time, {"tencent": Room(fails=True)})
        assert swept["media_expired"] == 1
        (event,) = await storage.catalog.read(lambda conn: conn.execute(select(events)).all())
        assert (event.type, event.payload, event.queue) == ("media.deleted", {}, "")

    world.run(work)


def test_outputs_go_by_part(world: World) -> None:
    async def work(storage: Storage) -> None:
        await make(storage, world)
        await storage.catalog.settle()
        before = sum(world.files().values())
        media = record(world, cover_key="f1/c.png", folder="f1/")
        assert await storage.catalog.write(lambda conn: storage.outputs.remove(conn, media, ["o1"])) == 1
        await storage.catalog.settle()
        assert before - sum(world.files().values()) >= 2 * MIB
        (kept,) = await storage.catalog.read(lambda conn: storage.outputs.of(conn, "m1"))
        assert kept.id == "o2"
        used = await storage.catalog.read(lambda conn: storage.quota.usage(conn, "acc"))
        assert used.stored == 5 * MIB

    world.run(work)
