"""What does not fit an account's quota is not published; what is deleted takes no room any more."""

from __future__ import annotations

from pathlib import Path

from tests.waiting import until
from vodkit.server.procedures import change_settings

from .world import ACCOUNT, World


def allow(world: World, quota: int | None) -> None:
    world.write(lambda conn: change_settings(conn, ACCOUNT, quota=quota))


def used(world: World) -> int:
    return world.read(lambda conn: world.service.quota.usage(conn, ACCOUNT)).used


def test_outputs_that_do_not_fit_fail_the_task(world: World, clip: Path) -> None:
    media = world.media(clip)
    allow(world, media.size + 1000)
    world.worker()
    task = world.ended(world.process(media).id)
    assert task.state == "failed"
    assert "publish: the account's quota is" in task.error
    assert world.record(media.id).status == "failed"
    assert world.outputs(media.id) == []
    until(lambda: not world.leftovers())
    assert used(world) == media.size


def test_outputs_that_replace_others_need_only_the_difference(world: World, clip: Path) -> None:
    media = world.media(clip)
    world.worker()
    assert world.ended(world.process(media).id).state == "done"
    full = used(world)
    allow(world, full + full // 10)
    assert world.ended(world.process(media).id).state == "done"
    assert abs(used(world) - full) < full // 10


def test_a_deleted_media_gives_all_of_its_room_back(world: World, clip: Path) -> None:
    media = world.media(clip)
    world.worker()
    assert world.ended(world.process(media).id).state == "done"
    blobs = world.data / "blobs"
    assert sum(path.stat().st_size for path in blobs.glob("*/*")) == used(world) > media.size
    world.write(lambda conn: world.service.media.delete(conn, media.id))
    until(lambda: not list(blobs.glob("*/*")))
    assert used(world) == 0
