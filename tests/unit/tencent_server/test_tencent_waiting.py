"""Our client waits for media and pulls, and sets where events go, by the vendor's own calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import vodkit
from vodkit.core.errors import ProcessingFailed, UnsupportedOption
from vodkit.core.media import Processing
from vodkit.engine.vod import Vod
from vodkit.providers.tencent import wire

from . import worked
from .test_tencent_pulls import bring
from .world import World


@pytest.fixture
def vod(world: World, tmp_path: Path) -> Iterator[Vod]:
    with vodkit.connect(
        "tencent",
        secret_id="AKIDtwo",
        secret_key="secret-of-AKIDtwo",
        service=world.service.settings.public_url,
        state_dir=tmp_path / "state",
    ) as vod:
        yield vod


def task_for(world: World, id: str) -> str:
    """The vendor's id of the latest task of a media."""
    found = world.caller("AKIDtwo")("DescribeTasks", FileId=id)["TaskSet"]
    return str(found[0]["TaskId"])


def test_media_are_waited_for(vod: Vod, world: World) -> None:
    id = vod.upload(b"movie", name="movie.mp4", procedure="LongVideoPreset").id
    assert vod.media.get(id).status == "processing"
    task = task_for(world, id)
    worked.begin(world, task)
    worked.step(world, task, "adaptive-0-encode", "encode", "running", progress=0.6)
    seen: list[Processing] = []

    def look(found: Processing) -> None:
        seen.append(found)
        if len(seen) == 2:
            worked.end(world, task, ("adaptive:10", "cover:10", "sprite:10"))

    media = vod.media.wait(id, on_progress=look)
    assert [found.status for found in seen] == ["processing", "processing", "ready"]
    assert seen[0].progress == pytest.approx(0.2)
    assert media.status == "ready"
    assert media.hls_url.endswith("/master.m3u8")
    assert media.dash_url.endswith("/manifest.mpd")
    assert media.cover_url.endswith("/cover.jpg")
    assert (media.duration, media.width, media.height) == (4.0, 360, 640)
    assert "/watch/" in media.watch_url
    assert wire.TOLD not in media.extra


def test_media_that_failed_say_why(vod: Vod, world: World) -> None:
    id = vod.upload(b"movie", name="movie.mp4", procedure="LongVideoPreset").id
    task = task_for(world, id)
    worked.begin(world, task)
    worked.end(world, task, (), state="failed", error="probe: no picture")
    with pytest.raises(ProcessingFailed, match="probe: no picture"):
        vod.media.wait(id)
    assert vod.media.get(id).status == "failed"


def test_the_vendor_tells_by_its_tasks_alone(vod: Vod, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "OUR_CLIENT", "SDK_PYTHON_3.1.195")
    id = vod.upload(b"movie", name="movie.mp4", procedure="LongVideoPreset").id
    assert vod.media.get(id).status == "ready"
    task = task_for(world, id)
    worked.begin(world, task)
    seen: list[Processing] = []

    def look(found: Processing) -> None:
        seen.append(found)
        if len(seen) == 1:
            worked.end(world, task, ("adaptive:10",), state="failed", error="sprite: broken")

    media = vod.media.wait(id, on_progress=look)
    assert [found.status for found in seen] == ["processing", "ready"]
    assert media.hls_url.endswith("/master.m3u8")
    assert (media.duration, media.width, media.height) == (4.0, 360, 640)
    other = vod.upload(b"movie", name="movie.mp4", procedure="LongVideoPreset").id
    worked.begin(world, task_for(world, other))
    worked.end(world, task_for(world, other), (), state="failed", error="probe: no picture")
    with pytest.raises(ProcessingFailed, match="probe: no picture"):
        vod.media.wait(other)


def test_pulls_are_waited_for(vod: Vod, world: World) -> None:
    pull = vod.media.pull("https://example.com/a.mp4", title="pulled", category=0)
    found: list[Processing] = []

    def look(now: Processing) -> None:
        found.append(now)
        if len(found) == 1:
            bring(world, pull)

    media = vod.media.pulled(pull, on_progress=look)
    assert (media.title, media.size) == ("pulled", 5)
    failing = vod.media.pull("https://example.com/b.mp4")
    worked.begin(world, failing)
    worked.end(world, failing, (), state="failed", error="the source answers 404")
    with pytest.raises(ProcessingFailed, match="404"):
        vod.media.pulled(failing)
    with pytest.raises(UnsupportedOption):
        vod.media.pull("https://example.com/a.mp4", storage_path="/a")
    with pytest.raises(vodkit.VodError, match="cover"):
        vod.media.pull("https://example.com/a.mp4", cover="cover.png")


def test_where_events_go(vod: Vod) -> None:
    assert vod.callbacks.get()["url"] == ""
    vod.callbacks.set("https://example.com/hook", sign_key="abc123", deletions=False)
    assert vod.callbacks.get() == {
        "url": "https://example.com/hook",
        "mode": "PUSH",
        "uploads": True,
        "deletions": False,
        "persistence": False,
    }
    with pytest.raises(UnsupportedOption):
        vod.callbacks.set("https://example.com/hook", everything=True)
    vod.callbacks.set("")
    assert (vod.callbacks.get()["url"], vod.callbacks.get()["mode"]) == ("", "PULL")
