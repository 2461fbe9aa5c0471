"""An original that is replaced while something is made of the old one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, update

from vodkit.server.catalog.tables import tasks
from vodkit.server.contract import MediaRecord
from vodkit.server.processing import Task
from vodkit.server.workflow.held import Held
from vodkit.server.workflow.publish import publish

from .world import SMALL, World


def renewed(world: World, media: MediaRecord, *, process: bool) -> Task | None:
    """The media has other bytes from now on, and what is made of them is asked for."""

    record = world.record(media.id)

    def work(conn: Connection) -> Task | None:
        fresh = world.service.media.renew(conn, replace(record, size=5))
        return world.service.tasks.process(conn, fresh, SMALL) if process else None

    return world.write(work)


def held(world: World, task: Task) -> Held:
    """The task as it is in the hands of a worker that has made everything."""
    values = {"state": "running", "worker": "w", "attempt": 1}
    world.write(lambda conn: conn.execute(update(tasks).where(tasks.c.id == task.id).values(values)))
    return Held(world.service, "w", task.id, 1, lambda: True)


def test_a_worker_that_does_not_know_it_yet_publishes_nothing(world: World, clip: Path) -> None:
    media = world.media(clip)
    task = world.process(media)
    old = held(world, task)
    new = renewed(world, media, process=True)
    assert new is not None
    publish(old, [], {"seconds": 1.0}, lambda conn: old.end(conn, "done"))
    assert world.task(task.id).state == "cancelled"
    found = world.record(media.id)
    assert (found.facts, found.status, found.size) == ({}, "processing", 5)
    other = held(world, world.task(new.id))
    publish(other, [], {"seconds": 2.0}, lambda conn: other.end(conn, "done"))
    found = world.record(media.id)
    assert (found.facts, found.status) == ({"seconds": 2.0}, "ready")


def test_an_end_that_comes_late_says_nothing_of_the_media(world: World, clip: Path) -> None:
    media = world.media(clip)
    old = held(world, world.process(media))
    renewed(world, media, process=False)
    assert world.record(media.id).status == "ready"
    old.write(lambda conn: old.end(conn, "failed", "the old bytes are damaged"))
    assert world.record(media.id).status == "ready"


def test_what_is_made_of_old_bytes_is_gone_with_them(world: World, clip: Path) -> None:
    media = world.media(clip)
    task = world.process(media)
    world.worker()
    assert world.ended(task.id).state == "done"
    assert world.files(media.id)
    renewed(world, media, process=False)
    assert world.files(media.id) == {}
    assert world.record(media.id).facts == {}
