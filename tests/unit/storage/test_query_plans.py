"""No query reads a whole table: SQLite's own plan for every statement that the storage sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from vodkit.server.procedures import change_settings
from vodkit.server.storage import Storage

from .world import World, content, finish, name, send, start


async def everything(storage: Storage) -> None:
    read, write = storage.catalog.read, storage.catalog.write
    upload = await start(storage)
    await write(lambda conn: change_settings(conn, "acc", quota=10**6))
    await read(lambda conn: storage.quota.usage(conn, "acc"))
    for _ in range(2):
        await send(storage, upload, 1, b"x" * 5000)
    await read(lambda conn: storage.uploads.get(conn, upload.id))
    await read(lambda conn: storage.uploads.parts(conn, upload.id, after=1, limit=1))
    blob = await finish(storage, upload)
    await name(storage, blob)
    await content(storage, blob)
    upload = await start(storage)
    await write(lambda conn: storage.uploads.touch(conn, upload.id, attrs={}))
    await write(lambda conn: storage.uploads.abort(conn, upload.id))
    await read(lambda conn: storage.uploads.find(conn, "tencent", "space", "a"))
    await read(lambda conn: storage.objects.list(conn, "tencent", "space", "a"))
    await read(lambda conn: storage.objects.get(conn, "tencent", "space", "a"))
    await read(lambda conn: storage.media.get(conn, "tencent", "1"))
    await read(lambda conn: storage.media.list(conn, provider="tencent", account="acc"))
    await read(lambda conn: storage.media.holding(conn, "tencent", "space", "a/b.mp4"))
    await write(lambda conn: storage.events.pending(conn, "acc", limit=3, hide=1.0))
    await write(lambda conn: storage.events.confirm(conn, "acc", ["1", "2"]))
    await write(lambda conn: storage.objects.delete(conn, "tencent", "space", "a/b.mp4"))
    await storage.sweep(1e10)


def test_every_query_has_an_index(tmp_path: Path) -> None:
    seen: set[tuple[str, tuple[Any, ...]]] = set()

    def note(conn: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE")) and not many:
            seen.add((statement, tuple(values)))

    async def work(storage: Storage) -> None:
        engines = storage.catalog.engines
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        await everything(storage)
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)

        def plans(conn: Any) -> list[str]:
            return [
                f"{step[3]}: {statement}"
                for statement, values in seen
                for step in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            ]

        steps = await storage.catalog.read(plans)
        assert len(seen) > 30
        tables = ("accounts", "blobs", "events", "extents", "media", "objects", "parts", "spaces", "uploads")
        assert [step for step in steps if step.startswith(tuple(f"SCAN {table}" for table in tables))] == []
        by_place = [step for step in steps if "ix_media_provider_space" in step]
        assert by_place
        assert all("AND space=? AND" in step for step in by_place)

    World("", tmp_path).run(work)
