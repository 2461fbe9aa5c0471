"""A worker process does tasks from end to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.unit.media.conftest import Make
from tests.waiting import until
from vodkit.server.media.procedure import BUILT_IN, Rendition
from vodkit.server.procedures import change_settings

from .world import ACCOUNT, MADE, SMALL, World


def test_a_procedure_is_done_and_all_of_it_appears_at_once(any_world: World, clip: Path) -> None:
    world = any_world
    media = world.media(clip)
    task = world.process(media)
    assert world.record(media.id).status == "processing"
    world.worker()

    def look(conn: Connection) -> tuple[bool, int]:
        # Not every database shows both as they were at one moment, so the order matters.
        count = len(world.service.outputs.of(conn, media.id))
        now = world.service.tasks.by_id(conn, task.id)
        return now is not None and now.finished is None, count

    seen = [world.read(look)]
    while seen[-1][0]:
        seen.append(world.read(look))
    assert not any(count for goes_on, count in seen if goes_on)
    task = world.ended(task.id)
    assert (task.state, task.error, task.attempt, task.progress) == ("done", "", 1, 1.0)
    assert {step.state for step in task.steps} == {"done"}
    record = world.record(media.id)
    assert record.status == "ready"
    assert record.facts["seconds"] == pytest.approx(3.0, abs=0.1)
    assert {kind: len(files) for kind, files in world.files(media.id).items()} == MADE
    assert world.said(media.id) == ["procedure.changed", "procedure.changed"]
    until(lambda: not world.leftovers())


def test_a_source_in_pieces_is_put_together_first(world: World, clip: Path) -> None:
    media = world.media(clip, pieces=3)
    world.worker()
    task = world.ended(world.process(media).id)
    assert task.state == "done"
    assert {kind: len(files) for kind, files in world.files(media.id).items()} == MADE


def test_a_file_that_is_no_media_fails_with_the_reason(world: World, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense"
    nonsense.write_bytes(b"PK\3\4 is no video" * 100)
    media = world.media(nonsense)
    world.worker()
    task = world.ended(world.process(media).id)
    assert task.state == "failed"
    assert task.error.startswith("probe: ")
    assert str(tmp_path) not in task.error
    assert task.steps[0].state == "failed"
    assert task.attempt == 1
    assert world.record(media.id).status == "failed"
    assert not world.outputs(media.id)


def test_a_media_that_is_too_long_for_its_account_is_not_processed(world: World, clip: Path) -> None:
    world.write(lambda conn: change_settings(conn, ACCOUNT, max_seconds=2.0))
    world.worker()
    task = world.ended(world.process(world.media(clip)).id)
    assert task.state == "failed"
    assert "2 s" in task.error


def test_a_ready_made_playlist_is_served_as_it_is(world: World, tmp_path: Path) -> None:
    playlist = tmp_path / "list.m3u8"
    playlist.write_text("#EXTM3U\n#EXTINF:4,\nsegment.ts\n#EXT-X-ENDLIST\n")
    low = world.media(playlist)
    playlist.write_text(f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=640x360\n{low.key}\n")
    media = world.media(playlist)
    world.worker()
    task = world.ended(world.process(media, BUILT_IN["default"]).id)
    assert (task.state, task.error) == ("done", "")
    record = world.record(media.id)
    assert (record.status, record.facts["container"], record.facts["seconds"]) == ("ready", "hls", 4)
    assert not world.outputs(media.id)


def test_a_playlist_that_leads_elsewhere_is_refused(world: World, tmp_path: Path) -> None:
    playlist = tmp_path / "list.m3u8"
    playlist.write_text("#EXTM3U\n#EXTINF:4,\nhttp://127.0.0.1/secret.ts\n#EXT-X-ENDLIST\n")
    world.worker()
    task = world.ended(world.process(world.media(playlist)).id)
    assert task.state == "failed"
    assert "http://127.0.0.1/secret.ts" in task.error


def test_doing_a_procedure_again_replaces_what_it_made(world: World, clip: Path) -> None:
    media = world.media(clip)
    world.worker()
    first = world.ended(world.process(media).id)
    made = {output.id for output in world.outputs(media.id)}
    other = replace(SMALL, name="other", renditions=(Rendition(90),), cover=None, sprite=None)
    world.ended(world.process(media).id)
    again = {output.id for output in world.outputs(media.id)}
    assert first.state == "done"
    assert len(again) == len(made)
    assert not again & made
    world.ended(world.process(media, other).id)
    assert again < {output.id for output in world.outputs(media.id)}


def test_a_media_that_is_deleted_meanwhile_gets_nothing(world: World, long_clip: Path) -> None:
    media = world.media(long_clip)
    task = world.process(media)
    world.worker()
    world.running(task.id, "encode")
    world.write(lambda conn: world.service.media.delete(conn, media.id))
    assert world.ended(task.id).state == "cancelled"
    assert not world.outputs(media.id)
    until(lambda: not world.leftovers())


def test_several_sizes_are_made_of_one_source(world: World, make: Make) -> None:
    clip = make("wide", size="640x360")
    media = world.media(clip)
    world.worker()
    assert world.ended(world.process(media).id).state == "done"
    (streams,) = (output for output in world.outputs(media.id) if output.kind == "streams")
    assert [item["height"] for item in streams.facts["renditions"]] == [180, 90]
    assert streams.facts["dash"].startswith(f"{media.id}/{streams.id}/")
    assert (streams.facts["procedure"], streams.facts["step"]) == ("small", "package")


def test_a_service_that_starts_meanwhile_lets_go_of_nothing(world: World, clip: Path) -> None:
    media = [world.media(clip) for _ in range(3)]
    tasks = [world.process(each) for each in media]
    storage = world.service.storage
    world.worker()
    while any(world.task(task.id).finished is None for task in tasks):
        storage.store.recover(storage._owned)
    for each in media:
        assert {kind: len(files) for kind, files in world.files(each.id).items()} == MADE
