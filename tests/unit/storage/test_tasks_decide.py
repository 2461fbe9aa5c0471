"""Which task a media's status follows."""

from __future__ import annotations

from sqlalchemy import Connection

from vodkit.server.media.procedure import BUILT_IN
from vodkit.server.nouns import MediaRecord
from vodkit.server.storage import Storage

from .world import World

FILM = MediaRecord(
    id="m", provider="netease", account="acc", remote_id="1", kind="video", title="t", status="ready",
    space="s", key="k", cover_key="", size=1, attrs={}, created=1.0, updated=1.0, expires=None,
)  # fmt: skip


def test_of_several_tasks_the_latest_decides(world: World) -> None:
    def ask(conn: Connection, storage: Storage) -> list[bool]:
        storage.media.add(conn, FILM)
        made = [
            storage.tasks.process(conn, FILM, BUILT_IN["as-is"], decides=decides).id
            for decides in (False, True, True, False)
        ]
        now = [storage.tasks.by_id(conn, id) for id in made]
        record = storage.media.by_id(conn, "m")
        assert record is not None
        assert record.status == "processing"
        return [task is not None and task.decides for task in now]

    async def work(storage: Storage) -> None:
        decided = await storage.catalog.write(lambda conn: ask(conn, storage))
        assert decided == [False, False, True, False]

    world.run(work)
