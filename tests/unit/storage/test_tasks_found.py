"""Tasks are found by the room's facts, and in the order of either time."""

from __future__ import annotations

from sqlalchemy import Connection, update

from vodkit.server.catalog.tables import tasks
from vodkit.server.processing import Task, TaskQuery
from vodkit.server.storage import Storage

from .world import World


def test_found_by_facts_and_time(world: World) -> None:
    def ask(conn: Connection, storage: Storage, name: str, app: int, finished: float | None) -> None:
        world.time += 1
        made = storage.tasks.pull(
            conn,
            provider="tencent",
            account="acc",
            url="https://example.com/a.mp4",
            space="s",
            key="k",
            remote_id=name,
            attrs={"app": app},
        )
        conn.execute(update(tasks).where(tasks.c.id == made.id).values(finished=finished))

    async def work(storage: Storage) -> None:
        for name, app, finished in (("a", 1, 30.0), ("b", 2, 10.0), ("c", 1, None), ("d", 1, 20.0)):
            await storage.catalog.write(
                lambda conn, name=name, app=app, finished=finished: ask(conn, storage, name, app, finished)
            )

        def names(found: list[Task]) -> str:
            return "".join(task.remote_id for task in found)

        def look(conn: Connection) -> list[str]:
            mine = TaskQuery(provider="tencent", account="acc", attrs={"app": (1,)})
            find = storage.tasks.find
            (first,) = find(conn, mine, by="finished", ascending=True, limit=1)
            assert first.finished is not None
            return [
                names(find(conn, mine)),
                names(find(conn, mine, ascending=True)),
                names(find(conn, mine, by="finished")),
                names(find(conn, mine, by="finished", ascending=True, after=(first.finished, first.id))),
                names(find(conn, TaskQuery(attrs={"app": ()}))),
            ]

        assert await storage.catalog.read(look) == ["dca", "acd", "ad", "a", ""]

    world.run(work)
