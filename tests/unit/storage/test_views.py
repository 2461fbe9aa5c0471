"""Counting who begins to watch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import Connection

from vodkit.server.contract import MediaRecord
from vodkit.server.storage import Storage
from vodkit.server.views import SAME_VIEW, PlayTable, Views

from .world import World

DAY = 86400.0


def record(id: str) -> MediaRecord:
    return MediaRecord(
        id=id, provider="tencent", account="acc", remote_id=id, kind="video", title="", status="ready",
        space="s", key=id, cover_key="", size=1, attrs={}, created=0.0, updated=0.0, expires=None,
    )  # fmt: skip


def counted(world: World, work: Callable[[Views, Storage], Awaitable[None]]) -> dict[str, dict[str, int]]:
    """What the table holds after ``work`` and an orderly end."""
    table = PlayTable()

    async def main(storage: Storage) -> dict[str, dict[str, int]]:
        def there(conn: Connection) -> None:
            for id in ("one", "two"):
                storage.media.add(conn, record(id))

        await storage.catalog.write(there)
        views = Views(storage.catalog, table, lambda: world.time)
        await work(views, storage)
        await views.close()
        found = await storage.catalog.read(lambda conn: table.by_day(conn, ["one", "two", "gone"]))
        totals = await storage.catalog.read(lambda conn: table.total(conn, ["one", "two", "gone"]))
        assert totals == {id: sum(days.values()) for id, days in found.items()}
        return {id: dict(days) for id, days in found.items()}

    return world.run(main)


def begin(views: Views, media: str, address: str = "192.0.2.1", agent: str = "player") -> None:
    views.begun(media, address, agent)


def test_one_view_for_a_media_and_a_viewer_in_half_an_hour(world: World) -> None:
    async def work(views: Views, storage: Storage) -> None:
        for _ in range(3):
            begin(views, "one")
        begin(views, "one", agent="another player")
        begin(views, "one", address="192.0.2.2")
        begin(views, "two")
        world.time += SAME_VIEW - 1
        begin(views, "one")
        world.time += 2
        begin(views, "one")

    assert counted(world, work) == {"one": {"2023-11-14": 4}, "two": {"2023-11-14": 1}}


def test_days_and_flushes_add_up(world: World) -> None:
    async def work(views: Views, storage: Storage) -> None:
        for address in "abc":
            begin(views, "one", address)
            await views.flush()
        world.time += DAY
        begin(views, "one", "a")
        await views.flush()
        table = PlayTable()
        some = await storage.catalog.read(lambda conn: table.by_day(conn, ["one"], "2023-11-15"))
        assert some == {"one": {"2023-11-15": 1}}
        some = await storage.catalog.read(lambda conn: table.by_day(conn, ["one"], last="2023-11-14"))
        assert some == {"one": {"2023-11-14": 3}}

    assert counted(world, work) == {"one": {"2023-11-14": 3, "2023-11-15": 1}}


def test_media_that_are_gone_are_not_counted(world: World) -> None:
    async def work(views: Views, storage: Storage) -> None:
        begin(views, "two")
        await views.flush()
        begin(views, "two", "another")
        begin(views, "gone")
        await storage.catalog.write(lambda conn: storage.media.delete(conn, "two"))

    assert counted(world, work) == {}


def test_views_wait_where_they_cannot_be_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(views: Views, storage: Storage) -> None:
        begin(views, "one")
        with monkeypatch.context() as broken:
            broken.setattr(PlayTable, "add", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await views.flush()
        begin(views, "one", "another")

    assert counted(world, work) == {"one": {"2023-11-14": 2}}
