"""Receiving and completing: where bytes land, what is refused, what is left."""

from __future__ import annotations

import asyncio
import hashlib
import random
import zlib

import fastcrc
import pytest
from sqlalchemy import select

from vodkit.server.blobs import rows as blob_rows
from vodkit.server.catalog.tables import parts
from vodkit.server.contract import Blob
from vodkit.server.errors import (
    DigestMismatch,
    PartMissing,
    PartsInvalid,
    TooLarge,
    Truncated,
    UploadGone,
)
from vodkit.server.storage import Storage

from .world import Body, World, content, finish, name, send, start

MIB = 1024 * 1024


def random_bytes(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


async def extents(storage: Storage, blob: Blob) -> list[tuple[str, int, int]]:
    found = await storage.catalog.read(lambda conn: blob_rows.extents_of(conn, blob.id))
    return [(extent.file, extent.start, extent.length) for extent in found]


def test_parts_in_parallel_end_as_one_extent(world: World) -> None:
    data = random_bytes(5 * MIB + 123)

    async def work(storage: Storage) -> None:
        upload = await start(storage)
        chunks = [data[at : at + MIB] for at in range(0, len(data), MIB)]
        await send(storage, upload, 1, chunks[0], digests=["crc64"])
        await asyncio.gather(
            *(send(storage, upload, n, chunks[n - 1], digests=["crc64", "md5"]) for n in (6, 3, 5, 2, 4))
        )
        listed = await storage.catalog.read(
            lambda conn: storage.uploads.parts(conn, upload.id, after=1, limit=2)
        )
        assert [part.number for part in listed] == [2, 3]
        assert listed[0].digests["md5"] == hashlib.md5(chunks[1]).hexdigest()
        blob = await finish(storage, upload)
        assert blob.size == len(data)
        assert blob.digests == {"crc64": f"{fastcrc.crc64.xz(data):016x}"}
        assert await extents(storage, blob) == [(upload.id, 0, len(data))]
        assert await content(storage, blob) == data
        assert await content(storage, blob, MIB - 5, 11) == data[MIB - 5 : MIB + 6]

    world.run(work)


def test_all_digests_of_a_single_part(world: World) -> None:
    data = random_bytes(3 * MIB + 1)

    async def work(storage: Storage) -> None:
        upload = await start(storage)
        expected = {
            "md5": hashlib.md5(data).hexdigest(),
            "sha1": hashlib.sha1(data).hexdigest(),
            "crc32": f"{zlib.crc32(data):08x}",
            "crc64": f"{fastcrc.crc64.xz(data):016x}",
        }
        part = await send(storage, upload, 1, data, digests=["crc32"], expect=expected)
        assert part.digests == expected
        assert (await finish(storage, upload)).digests == expected

    world.run(work)


@pytest.mark.parametrize(
    ("error", "body", "options"),
    [
        (Truncated, Body(b"x" * 200_000, stop_at=100_000), {}),
        (Truncated, Body(b"x" * 1000, length=2000), {}),
        (TooLarge, Body(b"x" * 8192), {"limit": 8191}),
        (TooLarge, Body(b"x" * 8192, length=None), {"limit": 8191}),
        (TooLarge, Body(b"x" * 8192, length=4096), {}),
        (DigestMismatch, Body(b"x" * 8192), {"expect": {"md5": "0" * 32}}),
    ],
)
def test_what_is_refused_leaves_nothing(
    world: World, error: type[Exception], body: Body, options: dict
) -> None:
    async def work(storage: Storage) -> None:
        upload = await start(storage)
        with pytest.raises(error):
            await storage.uploads.receive(upload, 1, body, **options)
        assert await storage.catalog.read(lambda conn: storage.uploads.parts(conn, upload.id)) == []
        assert sum(world.files().values()) == 0
        await send(storage, upload, 1, b"y" * 2000)
        blob = await finish(storage, upload)
        assert await extents(storage, blob) == [(upload.id, 0, 2000)]
        assert await content(storage, blob) == b"y" * 2000

    world.run(work)


def test_a_part_sent_again_replaces_the_first_and_frees_its_bytes(world: World) -> None:
    async def work(storage: Storage) -> None:
        upload = await start(storage)
        await send(storage, upload, 1, b"a" * MIB)
        await send(storage, upload, 2, b"b" * MIB)
        await send(storage, upload, 1, b"c" * MIB)
        await storage.catalog.settle()
        assert sum(world.files().values()) == 2 * MIB
        await send(storage, upload, 1, b"d" * MIB)
        blob = await finish(storage, upload)
        await storage.catalog.settle()
        assert await content(storage, blob) == b"d" * MIB + b"b" * MIB
        assert await extents(storage, blob) == [(upload.id, 0, 2 * MIB)]
        assert world.files() == {upload.id: 2 * MIB}

    world.run(work)


def test_the_same_part_twice_at_once(world: World) -> None:
    async def work(storage: Storage) -> None:
        upload = await start(storage)
        await asyncio.gather(*(send(storage, upload, 1, bytes([n]) * MIB) for n in range(6)))
        blob = await finish(storage, upload)
        await storage.catalog.settle()
        found = await content(storage, blob)
        assert len(found) == MIB
        assert len(set(found)) == 1
        assert sum(world.files().values()) == MIB

    world.run(work)


def test_subset_and_order_and_bad_lists(world: World) -> None:
    async def work(storage: Storage) -> None:
        upload = await start(storage)
        for number in range(1, 5):
            await send(storage, upload, number, bytes([number]) * MIB, digests=["crc64"])
        with pytest.raises(PartMissing) as missing:
            await finish(storage, upload, [1, 9])
        assert missing.value.number == 9
        with pytest.raises(PartsInvalid):
            await finish(storage, upload, [1, 1])
        blob = await finish(storage, upload, [4, 2])
        await storage.catalog.settle()
        data = b"\4" * MIB + b"\2" * MIB
        assert await content(storage, blob) == data
        assert blob.digests["crc64"] == f"{fastcrc.crc64.xz(data):016x}"
        assert sum(world.files().values()) == 2 * MIB
        with pytest.raises(UploadGone):
            await finish(storage, upload)

    world.run(work)


def test_explicit_offsets_from_number_zero(world: World) -> None:
    data = random_bytes(300_000)

    async def work(storage: Storage) -> None:
        upload = await start(storage)
        for number, (low, high) in {2: (200_000, 300_000), 0: (0, 70_000), 1: (70_000, 200_000)}.items():
            await send(storage, upload, number, data[low:high], offset=low)
        blob = await finish(storage, upload)
        assert await extents(storage, blob) == [(upload.id, 0, 300_000)]
        assert await content(storage, blob) == data

    world.run(work)


def test_empty_parts_and_empty_uploads(world: World) -> None:
    async def work(storage: Storage) -> None:
        for numbers in ([], [1], [1, 2]):
            upload = await start(storage)
            for number in numbers:
                part = await send(storage, upload, number, b"", expect={"md5": hashlib.md5().hexdigest()})
                assert part.size == 0
            blob = await finish(storage, upload)
            assert blob.size == 0
            await name(storage, blob)
            assert await content(storage, blob) == b""

    world.run(work)


def test_unknown_length(world: World) -> None:
    data = random_bytes(2 * MIB + 77)

    async def work(storage: Storage) -> None:
        upload = await start(storage)
        await send(storage, upload, 1, data, length=None)
        await send(storage, upload, 2, data[::-1], length=None)
        blob = await finish(storage, upload)
        assert len(await extents(storage, blob)) == 1
        assert await content(storage, blob) == data + data[::-1]

    world.run(work)


@pytest.mark.parametrize("ending", ["complete", "abort", "expire"])
def test_a_part_that_arrives_while_the_upload_ends(world: World, ending: str) -> None:
    async def work(storage: Storage) -> None:
        upload = await start(storage)
        await send(storage, upload, 1, b"a" * MIB)
        gate = asyncio.Event()
        late = asyncio.ensure_future(send(storage, upload, 2, b"b" * MIB, gate=gate))
        again = asyncio.ensure_future(send(storage, upload, 1, b"c" * MIB, gate=gate))
        await asyncio.sleep(0.05)
        blob = None
        if ending == "complete":
            blob = await finish(storage, upload)
        elif ending == "abort":
            await storage.catalog.write(lambda conn: storage.uploads.abort(conn, upload.id))
        else:
            world.time += 2000
            await storage.sweep(world.time)
        await storage.catalog.settle()
        gate.set()
        for task in (late, again):
            with pytest.raises(UploadGone):
                await task
        with pytest.raises(UploadGone):
            await send(storage, upload, 3, b"d")
        if blob is not None:
            assert await content(storage, blob) == b"a" * MIB
            assert world.files() == {upload.id: MIB}
        else:
            assert world.files() == {}
            assert await storage.catalog.read(lambda conn: conn.execute(select(parts)).all()) == []

    world.run(work)


def test_a_cancelled_request_leaves_nothing(world: World) -> None:
    async def work(storage: Storage) -> None:
        upload = await start(storage)
        gate = asyncio.Event()
        task = asyncio.ensure_future(send(storage, upload, 1, b"a" * (4 * MIB), gate=gate))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await storage.uploads.close()
        assert sum(world.files().values()) == 0
        assert await storage.catalog.read(lambda conn: storage.uploads.parts(conn, upload.id)) == []

    world.run(work)


def test_then_shares_the_commit(world: World) -> None:
    async def work(storage: Storage) -> None:
        upload = await start(storage)

        def refuse(conn: object, part: object) -> None:
            raise KeyError("not so")

        with pytest.raises(KeyError):
            await storage.uploads.receive(upload, 1, Body(b"x" * MIB), then=refuse)
        assert await storage.catalog.read(lambda conn: storage.uploads.parts(conn, upload.id)) == []
        assert sum(world.files().values()) == 0
        blob = await storage.uploads.receive(
            upload, 1, Body(b"z" * MIB), then=lambda conn, part: storage.uploads.complete(conn, upload.id)
        )
        assert isinstance(blob, Blob)
        assert await content(storage, blob) == b"z" * MIB

    world.run(work)


def test_slots_are_the_same_after_a_restart(world: World) -> None:
    async def first(storage: Storage) -> object:
        upload = await start(storage)
        await send(storage, upload, 3, b"c" * 1000)
        return upload

    upload = world.run(first)

    async def second(storage: Storage) -> None:
        await send(storage, upload, 4, b"d" * 10)
        await send(storage, upload, 1, b"a" * 1000)
        await send(storage, upload, 2, b"b" * 1000)
        blob = await finish(storage, upload)
        assert await extents(storage, blob) == [(upload.id, 0, 3010)]
        assert await content(storage, blob) == b"a" * 1000 + b"b" * 1000 + b"c" * 1000 + b"d" * 10

    world.run(second)


def test_find_get_touch(world: World) -> None:
    async def work(storage: Storage) -> None:
        made = [await start(storage, key) for key in ("b", "a", "b", "é", "𐀀", "\uffff")]
        read, uploads = storage.catalog.read, storage.uploads
        found = await read(lambda conn: uploads.find(conn, "tencent", "space"))
        assert [u.key for u in found] == ["a", "b", "b", "é", "\uffff", "𐀀"]
        assert [u.id for u in found[1:3]] == [made[0].id, made[2].id]
        more = await read(
            lambda conn: uploads.find(conn, "tencent", "space", after=("b", made[0].id), limit=1)
        )
        assert [u.id for u in more] == [made[2].id]
        assert [u.key for u in await read(lambda conn: uploads.find(conn, "tencent", "space", "b"))] == [
            "b",
            "b",
        ]
        await storage.catalog.write(lambda conn: uploads.touch(conn, made[0].id, attrs={"x": 1}))
        changed = await read(lambda conn: uploads.get(conn, made[0].id))
        assert changed is not None and changed.attrs == {"x": 1} and changed.expires == made[0].expires
        world.time += 1000
        assert await read(lambda conn: uploads.get(conn, made[0].id)) is None
        assert await read(lambda conn: uploads.find(conn, "tencent", "space")) == []

    world.run(work)
