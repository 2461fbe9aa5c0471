"""kill -9 of the workers, at every step of a pull and between the steps."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.unit.pull.source import Source
from tests.unit.workflow.world import ACCOUNT, PROVIDER, World, opened
from tests.waiting import until
from vodkit.server.contract import Blob, MediaQuery, MediaRecord
from vodkit.server.names import new_id
from vodkit.server.processing import Task

from .rig import trials
from .rigged import Point, rig

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

LEASE = 0.9
DATA = random.Random(7).randbytes(20_000_000)
AT_ONCE = 6
"""Points of one data folder."""

_HELD, _FOLDER = "vodkit.server.workflow.held:Held", "vodkit.server.workflow.folder:TaskFolder"
POINTS = [
    Point(f"{_HELD}.begin", "after"),
    Point("vodkit.server.pull:fetch", "before"),
    Point("vodkit.server.pull:fetch", "during"),
    Point("vodkit.server.pull:fetch", "after"),
    Point("vodkit.server.pull.download:_Run._keep", "before"),
    Point("vodkit.server.pull.download:_Run._keep", "after"),
    Point("vodkit.server.pull.download:_Run._keep", "after", call=2),
    Point(f"{_FOLDER}.run", "after", "fetch"),
    Point(f"{_HELD}.end_step", "after", "fetch"),
    Point("vodkit.server.workflow.pulling:blob_rows.add", "after"),
    Point("vodkit.server.blobs.local:LocalBlobs.adopt", "before"),
    Point("vodkit.server.blobs.local:LocalBlobs.adopt", "after"),
    Point("vodkit.server.objects:ObjectTable.put", "after"),
    Point("vodkit.server.events:EventTable.task_changed", "before", call=2),
    Point("vodkit.server.events:EventTable.task_changed", "after", call=2),
    Point(f"{_FOLDER}.remove", "before"),
    Point(f"{_FOLDER}.remove", "after"),
]


class Room:
    """Makes media of pulls, and nothing else."""

    def __init__(self, service: Any) -> None:
        self._service = service

    async def sweep(self, now: float) -> None:
        pass

    def pulled(self, conn: Connection, task: Task, blob: Blob, content_type: str) -> MediaRecord:
        named = {"account": task.account, "provider": PROVIDER, "space": "space", "key": task.spec["key"]}
        self._service.objects.put(conn, **named, blob=blob, content_type=content_type, etag=blob.id)
        now = self._service.now()
        record = MediaRecord(
            id=new_id(), provider=PROVIDER, account=task.account, remote_id=task.spec["key"], kind="video",
            title="", status="ready", space="space", key=task.spec["key"], cover_key="", size=blob.size,
            attrs={}, created=now, updated=now, expires=None,
        )  # fmt: skip
        self._service.media.add(conn, record)
        return record


def prepare(point: Point | None, seed: int) -> None:
    """The room among those of this worker, which dies when it comes to the point."""
    from vodkit.server import service

    real = service.room_kinds
    service.room_kinds = lambda: {**real(), PROVIDER: Room}
    if point is not None:
        rig(point, seed)


@pytest.fixture
def source() -> Iterator[Source]:
    with Source() as running:
        running.files["/a.mp4"] = DATA
        yield running


@pytest.mark.parametrize("seed", trials(sample=1))
def test_a_killed_worker_costs_time_only(seed: int, tmp_path: Path, source: Source) -> None:
    """Each worker dies at its point while it does a pull of its own, or what the one before it left."""
    points = random.Random(seed).sample(POINTS, AT_ONCE)
    with opened(tmp_path / "data", private_targets=True) as world:
        tasks = []
        for number, point in enumerate(points):
            tasks.append(ask(world, source.url("/a.mp4"), f"{number}.mp4"))
            worker = world.worker(partial(prepare, point, seed), lease=LEASE)
            worker.join(90)
            assert worker.exitcode == -9, point
        world.worker(partial(prepare, None, seed), lease=LEASE)
        for task in tasks:
            assert_done_once(world, task)
        forget_unnamed(world)
        until(lambda: not world.leftovers())


def ask(world: World, url: str, key: str) -> Task:
    place = {"provider": PROVIDER, "account": ACCOUNT, "space": "space", "key": key}
    return world.write(lambda conn: world.service.tasks.pull(conn, url=url, **place))


def assert_done_once(world: World, asked: Task) -> None:
    ended = world.ended(asked.id)
    assert (ended.state, ended.error) == ("done", "")
    assert world.said(ended.media) == ["media.pulled"]
    query = MediaQuery(PROVIDER, remote_ids=[asked.spec["key"]])
    (record,) = world.read(lambda conn: list(world.service.media.find(conn, query)))
    assert record.id == ended.media
    found = world.read(lambda conn: world.service.objects.get(conn, PROVIDER, "space", record.key))
    assert found is not None
    path: Path = world.service.storage.store.path(found.blob.id)  # type: ignore[attr-defined]
    assert path.read_bytes() == DATA


def forget_unnamed(world: World) -> None:
    """What the service's sweep does an hour later."""
    import asyncio

    asyncio.run(world.service.storage.sweep(world.service.now() + 3601))
