"""Names, media and events, and what goes with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from vodkit.server.catalog.tables import blobs, events, extents, uploads
from vodkit.server.contract import Blob, MediaQuery, MediaRecord
from vodkit.server.errors import AlreadyThere, BadName, BlobGone
from vodkit.server.events import LIFETIME
from vodkit.server.storage import Storage

from .world import World, content, finish, name, send, start

MIB = 1024 * 1024


async def stored(storage: Storage, data: bytes, key: str = "a/b.mp4") -> Blob:
    upload = await start(storage, key)
    await send(storage, upload, 1, data)
    blob = await finish(storage, upload)
    await name(storage, blob, key)
    return blob


async def keys(storage: Storage, prefix: str = "", **more: object) -> list[str]:
    found = await storage.catalog.read(
        lambda conn: storage.objects.list(conn, "tencent", "space", prefix, **more)  # type: ignore[arg-type]
    )
    return [item.key for item in found]


def record(world: World, **more: object) -> MediaRecord:
    base = MediaRecord(
        id="m1",
        provider="tencent",
        account="acc",
        remote_id="5285890000",
        kind="video",
        title="标题",
        status="ready",
        space="space",
        key="f1/b.mp4",
        cover_key="",
        size=3,
        attrs={"tags": ["x"]},
        created=world.time,
        updated=world.time,
        expires=None,
    )
    return replace(base, **more)  # type: ignore[arg-type]


def test_listing_is_by_bytes(world: World) -> None:
    async def work(storage: Storage) -> None:
        blob = await stored(storage, b"x", "a")
        for key in ("B", "ab", "a/1", "a/2", "a0", "é", "\uffff", "𐀀", "a/\U0010ffff", "a/\U0010ffffx"):
            await name(storage, blob, key)
        everything = await keys(storage)
        assert everything == sorted(everything, key=str.encode)
        assert len(everything) == 11
        assert await keys(storage, "a/") == ["a/1", "a/2", "a/\U0010ffff", "a/\U0010ffffx"]
        assert await keys(storage, "a/\U0010ffff") == ["a/\U0010ffff", "a/\U0010ffffx"]
        assert await keys(storage, "a", after="a/2", limit=2) == ["a/\U0010ffff", "a/\U0010ffffx"]
        assert await keys(storage, "%") == []

    world.run(work)


def test_bytes_go_with_their_last_name(world: World) -> None:
    async def work(storage: Storage) -> None:
        blob = await stored(storage, b"x" * MIB, "one")
        await name(storage, blob, "two")
        write = storage.catalog.write
        assert await write(lambda conn: storage.objects.delete(conn, "tencent", "space", "one"))
        assert not await write(lambda conn: storage.objects.delete(conn, "tencent", "space", "one"))
        assert await content(storage, blob) == b"x" * MIB
        other = await stored(storage, b"y" * MIB, "two")
        await storage.catalog.settle()
        assert world.files() == {other.id: MIB}
        found = await storage.catalog.read(lambda conn: storage.objects.get(conn, "tencent", "space", "two"))
        assert found is not None and found.blob == other
        with pytest.raises(BlobGone):
            await content(storage, blob)
        with pytest.raises(BlobGone):
            await name(storage, blob, "three")
        assert (
            await storage.catalog.read(
                lambda conn: conn.execute(select(func.count()).select_from(extents)).scalar()
            )
            == 1
        )

    world.run(work)


def test_a_stream_outlives_the_deletion(world: World) -> None:
    async def work(storage: Storage) -> None:
        blob = await stored(storage, b"x" * (3 * MIB), "one")
        stream = storage.objects.stream(blob)
        size = len(await anext(stream))
        await storage.catalog.write(lambda conn: storage.objects.delete(conn, "tencent", "space", "one"))
        await storage.catalog.settle()
        assert world.files() == {}
        async for piece in stream:
            assert set(piece) == {ord("x")}
            size += len(piece)
        assert size == 3 * MIB

    world.run(work)


@pytest.mark.parametrize("bad", ["nul\0", "half \ud800"])
def test_names_that_no_database_keeps(world: World, bad: str) -> None:
    async def work(storage: Storage) -> None:
        with pytest.raises(BadName):
            await start(storage, bad)
        blob = await stored(storage, b"x")
        with pytest.raises(BadName):
            await name(storage, blob, bad)
        with pytest.raises(BadName):
            await storage.catalog.write(lambda conn: storage.media.add(conn, record(world, title=bad)))

    world.run(work)


def test_media(world: World) -> None:
    async def work(storage: Storage) -> None:
        read, write, media = storage.catalog.read, storage.catalog.write, storage.media
        one = record(world)
        two = record(world, id="m2", remote_id="2", created=world.time + 1, expires=world.time + 10)
        await write(lambda conn: media.add(conn, one))
        await write(lambda conn: media.add(conn, two))
        for taken in (replace(one, id="m3"), replace(one, remote_id="3")):
            with pytest.raises(AlreadyThere):
                await write(lambda conn, taken=taken: media.add(conn, taken))
        assert await read(lambda conn: media.list(conn)) == [two, one]
        assert await read(lambda conn: media.list(conn, provider="youku")) == []
        changed = replace(one, title="new", attrs={})
        await write(lambda conn: media.update(conn, changed))
        assert await read(lambda conn: media.get(conn, "tencent", one.remote_id)) == changed
        world.time += 10
        assert await read(lambda conn: media.get(conn, "tencent", "2")) is None
        assert await read(lambda conn: media.list(conn, account="acc")) == [changed]

    world.run(work)


def test_media_by_query(world: World) -> None:
    async def work(storage: Storage) -> None:
        media, base = storage.media, record(world)

        def fill(conn: Connection) -> None:
            for n in range(6):
                expires = world.time + 10 * n if n % 2 else None
                status, kind = ("blocked" if n == 3 else "ready"), ("audio" if n == 4 else "video")
                attrs = {"class": n % 3, "region": "north" if n < 2 else "south"}
                values = {"id": f"m{n}", "remote_id": f"r{n}", "created": world.time + n, "expires": expires}
                media.add(conn, replace(base, status=status, kind=kind, attrs=attrs, **values))
            media.add(conn, replace(base, id="x", remote_id="x", account="other"))

        await storage.catalog.write(fill)
        for query, options, expected in (
            (MediaQuery("tencent", "acc"), {}, "543210"),
            (MediaQuery("tencent", "acc"), {"ascending": True, "offset": 1, "limit": 2}, "12"),
            (MediaQuery("tencent", "acc", remote_ids={"r1", "r5", "x"}), {}, "51"),
            (MediaQuery("tencent", "acc", remote_ids=()), {}, ""),
            (MediaQuery("tencent", "acc", kinds=["audio"]), {}, "4"),
            (MediaQuery("tencent", "acc", statuses=["blocked", "failed"]), {}, "3"),
            (MediaQuery("tencent", "acc", attrs={"class": {0, 2}}), {}, "5320"),
            (MediaQuery("tencent", "acc", attrs={"class": [1], "region": ["south"]}), {}, "4"),
            (MediaQuery("tencent", "acc", attrs={"class": ()}), {}, ""),
            (MediaQuery("tencent", "acc", attrs={"absent": ["x"]}), {}, ""),
            (
                MediaQuery("tencent", "acc", created_from=world.time + 2, created_until=world.time + 4),
                {},
                "32",
            ),
            (MediaQuery("tencent", "acc", expires_from=world.time + 30), {}, "54320"),
            (MediaQuery("tencent", "acc", expires_until=world.time + 30), {}, "31"),
        ):

            def look(conn: Connection, query: Any = query, options: Any = options) -> tuple[str, int, int]:
                found = [item.id for item in media.find(conn, query, **options)]
                return (
                    "".join(found).replace("m", ""),
                    media.count(conn, query, 99),
                    media.count(conn, query, 2),
                )

            ids, count, few = await storage.catalog.read(look)
            assert ids == expected, query
            if not options:
                assert (count, few) == (len(expected), min(2, len(expected)))

    world.run(work)


def test_deleting_a_media_takes_its_folder_and_nothing_else(world: World) -> None:
    async def work(storage: Storage) -> None:
        for key in ("f1/b.m3u8", "f1/seg/1.ts", "f1/cover.png", "f10/c.mp4", "f2/x.mp4", "f2/y.mp4"):
            await stored(storage, b"x" * 4096, key)
        owned = record(world, key="f1/b.m3u8", cover_key="f1/cover.png", folder="f1/")
        shared = record(world, id="m2", remote_id="2", key="f2/x.mp4")
        foreign = record(world, id="m3", remote_id="3", key="f2/y.mp4", account="other")
        write = storage.catalog.write
        for item in (owned, shared, foreign):
            await write(lambda conn, item=item: storage.media.add(conn, item))
            await write(lambda conn, item=item: storage.media.delete(conn, item.id))
        await storage.catalog.settle()
        assert await keys(storage) == ["f10/c.mp4", "f2/y.mp4"]
        assert len(world.files()) == 2

    world.run(work)


def test_sweep(world: World) -> None:
    async def work(storage: Storage) -> None:
        named = await stored(storage, b"n" * 4096, "f1/b.mp4")
        unnamed = await start(storage)
        await send(storage, unnamed, 1, b"u" * 4096)
        await finish(storage, unnamed)
        abandoned = await start(storage)
        await send(storage, abandoned, 1, b"a" * 4096)
        alive = await start(storage, lifetime=10 * LIFETIME)
        await send(storage, alive, 1, b"b" * 4096)
        write = storage.catalog.write
        dying = record(world, expires=world.time + 1, folder="f1/")
        await write(lambda conn: storage.media.add(conn, dying))
        await write(
            lambda conn: storage.events.add(
                conn, type="t", provider="p", account="acc", media=None, payload={}
            )
        )
        nothing = await storage.sweep(world.time)
        assert set(nothing.values()) == {0}
        world.time += LIFETIME + 5000
        assert await storage.sweep(world.time) == {
            "uploads_abandoned": 1,
            "uploads_forgotten": 3,
            "media_expired": 1,
            "blobs_unnamed": 1,
            "events_expired": 1,
            "tasks_forgotten": 0,
        }
        await storage.catalog.settle()
        assert list(world.files()) == [alive.id]
        # The event that is left tells of the media that expired.
        for table, left in ((blobs, 0), (uploads, 1), (events, 1)):
            query = select(func.count()).select_from(table)
            assert await storage.catalog.read(lambda conn, q=query: conn.execute(q).scalar()) == left
        with pytest.raises(BlobGone):
            await content(storage, named)

    world.run(work)


def test_events_are_pulled_hidden_and_confirmed(world: World) -> None:
    async def work(storage: Storage) -> None:
        write = storage.catalog.write

        async def add(account: str, number: int, queue: str = "") -> str:
            return await write(
                lambda conn: storage.events.add(
                    conn,
                    type="media.uploaded",
                    provider="tencent",
                    account=account,
                    media=None,
                    payload={"n": number},
                    queue=queue,
                )
            )

        async def pull(account: str = "acc", queue: str = "") -> list[int]:
            found = await write(
                lambda conn: storage.events.pending(conn, account, limit=2, hide=30.0, queue=queue)
            )
            return [event.payload["n"] for event in found]

        ids = [await add("acc", number) for number in range(3)]
        await add("other", 9)
        await add("acc", 7, "app-1")
        assert await pull() == [0, 1]
        assert await pull() == [2]
        assert await pull() == []
        assert await pull(queue="app-1") == [7]
        assert await write(lambda conn: storage.events.confirm(conn, "other", ids)) == 0
        assert await write(lambda conn: storage.events.confirm(conn, "acc", ids[:1])) == 1
        assert await write(lambda conn: storage.events.confirm(conn, "acc", ids[:1])) == 0
        world.time += 30
        assert await pull() == [1, 2]
        assert await pull("other") == [9]

    world.run(work)
