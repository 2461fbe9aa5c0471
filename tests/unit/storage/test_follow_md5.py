"""The MD5 of the whole, hashed while parts arrive."""

from __future__ import annotations

import asyncio
import hashlib
import random

import pytest

from vodkit.server.errors import PartMissing, UploadGone
from vodkit.server.storage import Storage

from .world import World, finish, send, start

SIZE = 300_000


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def test_little_is_left_at_the_end(world: World) -> None:
    data = random.Random(3).randbytes(7 * SIZE + 5)

    async def work(storage: Storage) -> None:
        upload = await start(storage)
        offsets = list(range(0, len(data), SIZE))
        random.Random(4).shuffle(offsets)
        await send(storage, upload, 0, data[:SIZE], offset=0)
        await storage.uploads.follow_md5(upload)
        await asyncio.gather(
            *(send(storage, upload, at // SIZE, data[at : at + SIZE], offset=at) for at in offsets if at)
        )
        follower = storage.uploads._open[upload.id].follower
        assert follower is not None
        while follower.position < len(data):
            await asyncio.sleep(0.001)
        assert await storage.uploads.whole_md5(upload) == md5(data)
        blob = await finish(storage, upload)
        assert blob.digests == {"md5": md5(data)}
        with pytest.raises(UploadGone):
            await storage.uploads.whole_md5(upload)

    world.run(work)


def test_replaced_parts_and_chosen_parts(world: World) -> None:
    chance = random.Random(5)

    async def work(storage: Storage) -> None:
        for _ in range(4):
            upload = await start(storage)
            await storage.uploads.follow_md5(upload)
            model: dict[int, bytes] = {}
            for _ in range(12):
                number = chance.randrange(1, 6)
                model[number] = chance.randbytes(chance.choice((4096, 4096, 5000, 100, 0)))
                await send(storage, upload, number, model[number])
                if chance.random() < 0.3:
                    whole = b"".join(model[n] for n in sorted(model))
                    assert await storage.uploads.whole_md5(upload) == md5(whole)
            some = sorted(model, reverse=True)[:3]
            assert await storage.uploads.whole_md5(upload, some) == md5(b"".join(model[n] for n in some))
            with pytest.raises(PartMissing):
                await storage.uploads.whole_md5(upload, [77])
            assert "md5" not in (await finish(storage, upload)).digests or len(model) < 2

    world.run(work)


def test_a_part_that_comes_after_the_hash_voids_it(world: World) -> None:
    async def work(storage: Storage) -> None:
        for number, known in ((None, True), (1, False), (3, False)):
            upload = await start(storage)
            for n in (1, 2):
                await send(storage, upload, n, bytes([n]) * 4096)
            await storage.uploads.whole_md5(upload)
            if number is not None:
                await send(storage, upload, number, b"z" * 4096)
            assert ("md5" in (await finish(storage, upload)).digests) is known

    world.run(work)


def test_following_goes_on_after_a_restart(world: World) -> None:
    data = random.Random(6).randbytes(3 * SIZE)

    async def first(storage: Storage) -> object:
        upload = await start(storage)
        await send(storage, upload, 2, data[SIZE : 2 * SIZE], offset=SIZE)
        return upload

    upload = world.run(first)

    async def second(storage: Storage) -> None:
        await storage.uploads.follow_md5(upload)
        await send(storage, upload, 3, data[2 * SIZE :], offset=2 * SIZE)
        await send(storage, upload, 1, data[:SIZE], offset=0)
        assert await storage.uploads.whole_md5(upload) == md5(data)

    world.run(second)


def test_an_upload_that_is_completed_meanwhile_has_no_md5_of_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(storage: Storage) -> None:
        upload = await start(storage)
        await send(storage, upload, 0, b"x" * SIZE, offset=0)
        await storage.uploads.follow_md5(upload)
        followed = storage.uploads._followed

        async def overtaken(id: str) -> object:
            found = await followed(id)
            await finish(storage, upload)
            return found

        monkeypatch.setattr(storage.uploads, "_followed", overtaken)
        with pytest.raises(UploadGone):
            await storage.uploads.whole_md5(upload)

    world.run(work)
