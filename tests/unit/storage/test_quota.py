"""What accounts may store: refused before bytes are taken, exact within a process, free without a quota."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import event

from vodkit.server import quota as quota_module
from vodkit.server.errors import QuotaExceeded, UploadGone
from vodkit.server.procedures import change_settings
from vodkit.server.storage import Storage

from .world import Body, World, finish, name, send, start


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine any sum takes long, and would be kept; tests of that say so."""
    monkeypatch.setattr(quota_module, "_CHEAP", float("inf"))


MIB = 1024 * 1024


class Untouched(Body):
    """A body that nobody may read from."""

    async def __aiter__(self) -> Any:
        raise AssertionError("bytes were taken")
        yield b""


async def allow(storage: Storage, quota: int | None) -> None:
    await storage.catalog.write(lambda conn: change_settings(conn, "acc", quota=quota))


async def used(storage: Storage) -> int:
    return (await storage.catalog.read(lambda conn: storage.quota.usage(conn, "acc"))).used


def test_the_quota_is_reached_exactly_and_not_passed_by_a_byte(world: World) -> None:
    async def work(storage: Storage) -> None:
        await allow(storage, 3000)
        upload = await start(storage)
        await send(storage, upload, 1, b"x" * 2000)
        await send(storage, upload, 2, b"y" * 1000)
        assert await used(storage) == 3000
        with pytest.raises(QuotaExceeded) as refused:
            await storage.uploads.receive(upload, 3, Untouched(b"z"))
        error = refused.value
        assert (error.quota, error.used, error.needed) == (3000, 3000, 1)
        assert all(part in str(error) for part in ("3000 bytes", "3000 are used", "1 more"))
        blob = await finish(storage, upload)
        await name(storage, blob)
        assert await used(storage) == 3000

    world.run(work)


def test_a_part_sent_again_needs_no_further_room(world: World) -> None:
    async def work(storage: Storage) -> None:
        await allow(storage, 3000)
        upload = await start(storage)
        await send(storage, upload, 1, b"x" * 2000)
        await send(storage, upload, 2, b"y" * 1000)
        await send(storage, upload, 1, b"X" * 2000)
        with pytest.raises(QuotaExceeded):
            await storage.uploads.receive(upload, 2, Untouched(b"y" * 1001))
        assert await used(storage) == 3000

    world.run(work)


def test_a_body_of_unknown_length_stops_where_the_quota_ends(world: World) -> None:
    async def work(storage: Storage) -> None:
        await allow(storage, 3 * MIB)
        upload = await start(storage)
        with pytest.raises(QuotaExceeded):
            await send(storage, upload, 1, b"x" * (3 * MIB + 1), length=None)
        assert await used(storage) == 0
        await send(storage, upload, 1, b"x" * (3 * MIB), length=None)
        assert await used(storage) == 3 * MIB

    world.run(work)


@pytest.mark.parametrize("length", [-1, None])
def test_bodies_at_once_fill_the_quota_and_never_pass_it(world: World, length: int | None) -> None:
    async def work(storage: Storage) -> None:
        await allow(storage, 5 * MIB)
        upload = await start(storage)
        sent = (send(storage, upload, number, b"x" * MIB, length=length) for number in range(1, 13))
        ended = await asyncio.gather(*sent, return_exceptions=True)
        refused = [end for end in ended if isinstance(end, QuotaExceeded)]
        assert len(refused) == 7
        assert all(not isinstance(end, BaseException) or end in refused for end in ended)
        assert await used(storage) == 5 * MIB

    world.run(work)


def test_a_whole_of_the_quotas_size_comes_in_many_parts_at_once(world: World) -> None:
    async def work(storage: Storage) -> None:
        await allow(storage, 64 * 1000)
        for _ in range(5):
            upload = await start(storage)
            await asyncio.gather(*(send(storage, upload, number, b"x" * 1000) for number in range(1, 65)))
            assert await used(storage) == 64 * 1000
            await storage.catalog.write(lambda conn, id=upload.id: storage.uploads.abort(conn, id))  # type: ignore[misc]

    world.run(work)


def test_a_sum_that_took_long_refuses_nobody_by_what_was_committed_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota_module, "CACHE_SECONDS", 0.0)
    monkeypatch.setattr(quota_module, "_CHEAP", 0.0)
    monkeypatch.setattr(quota_module, "_SHARE", 1_000_000)

    async def work(storage: Storage) -> None:
        await allow(storage, 2000)
        upload = await start(storage)
        guard = storage.quota
        with guard.hold("acc", upload.id, 1) as hold:
            guard.commit(hold)
            # The row is there, and who wrote it has not heard so yet.
            await send(storage, upload, 1, b"x" * 1000)
            await hold.reach(1000)
            second = asyncio.create_task(send(storage, upload, 2, b"y" * 1000))
            await asyncio.sleep(0.1)
        await second
        assert await used(storage) == 2000

    world.run(work)


def test_what_is_deleted_or_given_up_makes_room(world: World) -> None:
    async def work(storage: Storage) -> None:
        await allow(storage, 1000)
        upload = await start(storage)
        await send(storage, upload, 1, b"x" * 1000)
        await storage.catalog.write(lambda conn: storage.uploads.abort(conn, upload.id))
        second = await start(storage)
        await send(storage, second, 1, b"x" * 1000)
        await name(storage, await finish(storage, second))
        third = await start(storage)
        with pytest.raises(QuotaExceeded):
            await send(storage, third, 1, b"x")
        await storage.catalog.write(lambda conn: storage.objects.delete(conn, "tencent", "space", "a/b.mp4"))
        await send(storage, third, 1, b"x" * 1000)

    world.run(work)


def test_bodies_that_break_off_give_their_room_back(world: World) -> None:
    async def work(storage: Storage) -> None:
        await allow(storage, 100_000)
        upload = await start(storage)
        for _ in range(3):
            with pytest.raises(Exception, match="went away"):
                await send(storage, upload, 1, b"x" * 100_000, stop_at=65536)
        gone = await start(storage)
        await storage.catalog.write(lambda conn: storage.uploads.abort(conn, gone.id))
        with pytest.raises(UploadGone):
            await send(storage, gone, 1, b"x" * 100_000)
        await send(storage, upload, 1, b"x" * 100_000)

    world.run(work)


def test_who_knows_the_whole_size_asks_before_the_first_byte(world: World) -> None:
    async def work(storage: Storage) -> None:
        await allow(storage, 1000)
        await storage.catalog.write(lambda conn: storage.quota.check(conn, "acc", 1000))
        with pytest.raises(QuotaExceeded):
            await storage.catalog.write(lambda conn: storage.quota.check(conn, "acc", 1001))
        await storage.catalog.write(lambda conn: storage.quota.check(conn, "somebody else", 10**15))

    world.run(work)


def test_a_new_quota_counts_soon(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(storage: Storage) -> None:
        upload = await start(storage)
        await send(storage, upload, 1, b"x" * 1000)
        await allow(storage, 1000)
        monkeypatch.setattr(quota_module, "CACHE_SECONDS", 0.0)
        with pytest.raises(QuotaExceeded):
            await send(storage, upload, 2, b"x")
        await allow(storage, 1001)
        await send(storage, upload, 2, b"x")
        await allow(storage, None)
        await send(storage, upload, 3, b"x" * 5000)

    world.run(work)


def test_without_a_quota_parts_cost_no_query(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(quota_module, "CACHE_SECONDS", 3600.0)

    def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "account_settings" in statement or "sum(" in statement:
            asked.append(statement)

    async def work(storage: Storage) -> None:
        upload = await start(storage)
        for engine in storage.catalog.engines:
            event.listen(engine, "before_cursor_execute", note)
        for number in range(1, 51):
            await send(storage, upload, number, b"x" * 100)

    world.run(work)
    assert len(asked) == 1


def test_what_came_after_a_sum_that_is_kept_counts_for_the_next_upload(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota_module, "_CHEAP", 0.0)
    monkeypatch.setattr(quota_module, "_SHARE", 1_000_000)

    async def work(storage: Storage) -> None:
        await allow(storage, 1000)
        guard = storage.quota
        await storage.catalog.read(lambda conn: guard.check(conn, "acc", 1))
        await send(storage, await start(storage), 1, b"x" * 1000)
        with pytest.raises(QuotaExceeded):
            await storage.catalog.read(lambda conn: guard.check(conn, "acc", 1))

    world.run(work)
