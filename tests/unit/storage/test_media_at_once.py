"""Requests at once for one media, beside its worker: none waits for another that waits for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, event, select, update

from vodkit.server.catalog.tables import media, tasks
from vodkit.server.media.procedure import Procedure
from vodkit.server.storage import Storage

from .test_objects_media_events import record
from .world import World

PROCEDURE = Procedure("p", cover=None)


def test_requests_and_a_worker_do_not_wait_for_each_other(world: World) -> None:
    problems: list[str] = []

    async def work(storage: Storage) -> None:
        first = record(world)

        def replaced(conn: Connection) -> None:
            """As a request that brings new bytes."""
            found = storage.media.get(conn, first.provider, first.remote_id, lock=True)
            if found is None:
                storage.media.add(conn, found := replace(first, created=world.time))
            storage.tasks.process(conn, storage.media.renew(conn, found), PROCEDURE)

        def deleted(conn: Connection) -> None:
            storage.media.delete(conn, first.id)

        def published(conn: Connection) -> None:
            """As a worker that ends a task."""
            row = conn.execute(
                select(tasks).where(tasks.c.state == "waiting").limit(1).with_for_update()
            ).first()
            if row is not None:
                conn.execute(update(media).where(media.c.id == row.media).values(status="ready"))
                conn.execute(update(tasks).where(tasks.c.id == row.id).values(state="done"))

        def failed(context: Any) -> None:
            problems.append(str(context.original_exception))

        event.listen(storage.catalog.engines[0], "handle_error", failed)
        jobs = [replaced, published, replaced, deleted, published, replaced]
        await asyncio.gather(*(storage.catalog.write(job) for _ in range(20) for job in jobs))

    world.run(work)
    assert problems == []
