"""Waiting for media and for pulls: ready, failed, too late, stopped; from Python, asyncio and the shell."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import click.testing
import pytest

import vodkit
from vodkit.cli.main import cli, exit_code
from vodkit.engine import media as engine_media
from vodkit.engine import waiting as engine_waiting

from .toy_cloud import Cloud

Connect = Callable[..., vodkit.Vod]


def put(cloud: Cloud, *becomes: dict[str, Any], id: str = "u1") -> str:
    """A media that is being processed, and what it turns into, look by look."""
    cloud.facts[id] = {"id": id, "title": "t", "url": "toy:u1", "status": "processing"}
    cloud.becomes = list(becomes)
    return id


HLS = "http://toy.invalid/m.m3u8"
READY = {"status": "ready", "hls_url": HLS, "duration": 2.5, "width": 320, "height": 180}
FAILED = {"status": "failed", "error": "it holds no picture and no sound"}


def test_ready_at_once(cloud: Cloud, connect: Connect) -> None:
    with connect() as vod:
        media = vod.upload(b"abc", name="a.mp4")
        assert vod.media.wait(media.id, timeout=0) == vod.media.get(media.id)


def test_ready_after_some_looks(cloud: Cloud, connect: Connect) -> None:
    seen: list[vodkit.Processing] = []
    with connect() as vod:
        media = vod.media.wait(put(cloud, {}, {}, READY), on_progress=seen.append)
    assert [found.status for found in seen] == ["processing", "processing", "ready"]
    assert (media.hls_url, media.duration, media.width, media.height) == (HLS, 2.5, 320, 180)


def test_failed_says_why(cloud: Cloud, connect: Connect) -> None:
    with connect() as vod, pytest.raises(vodkit.ProcessingFailed, match="no picture and no sound") as caught:
        vod.media.wait(put(cloud, {}, FAILED))
    assert caught.value.provider == "toy"
    assert not caught.value.retryable
    assert caught.value.advice
    assert exit_code(caught.value) == 5


def test_blocked_is_not_ready(cloud: Cloud, connect: Connect) -> None:
    with connect() as vod, pytest.raises(vodkit.ProcessingFailed, match=r"is blocked\. It plays for nobody"):
        vod.media.wait(put(cloud, {"status": "blocked"}))


def test_too_late(cloud: Cloud, connect: Connect) -> None:
    with (
        connect() as vod,
        pytest.raises(vodkit.TimedOut, match=r"u1 is not ready after 0\.3 seconds") as caught,
    ):
        vod.media.wait(put(cloud), timeout=0.3)
    assert "again" in caught.value.advice
    assert exit_code(caught.value) == 4


def test_a_timeout_of_nothing_looks_once(cloud: Cloud, connect: Connect) -> None:
    with connect() as vod, pytest.raises(vodkit.TimedOut):
        vod.media.wait(put(cloud), timeout=0)
    assert len(cloud.requests) == 1


def test_a_timeout_below_zero_is_refused(cloud: Cloud, connect: Connect) -> None:
    with connect() as vod, pytest.raises(vodkit.ConfigError, match="-1"):
        vod.media.wait(put(cloud), timeout=-1)


def test_an_unknown_media(cloud: Cloud, connect: Connect) -> None:
    with connect() as vod, pytest.raises(vodkit.NotFound):
        vod.media.wait("nothing")


def test_looks_that_fail_are_repeated(cloud: Cloud, connect: Connect) -> None:
    failures = [500, None, 500, 503]
    cloud.fail = lambda method, path: failures.pop() if failures else None
    with connect() as vod:
        assert vod.media.wait(put(cloud, {}, READY)).status == "ready"


def test_another_thread_stops_it(cloud: Cloud, connect: Connect) -> None:
    cancel = vodkit.Cancel()
    with connect() as vod, pytest.raises(vodkit.Cancelled):
        vod.media.wait(
            put(cloud), cancel=cancel, on_progress=lambda _: threading.Timer(0.1, cancel.cancel).start()
        )


def test_async(cloud: Cloud, options: dict[str, Any]) -> None:
    seen: list[str] = []

    async def note(found: vodkit.Processing) -> None:
        await asyncio.sleep(0)
        seen.append(found.status)

    async def main() -> None:
        async with vodkit.connect_async("toy", **options) as vod:
            media = await vod.media.wait(put(cloud, {}, READY), on_progress=note)
            assert media.status == "ready"
            with pytest.raises(vodkit.TimedOut):
                await vod.media.wait(put(cloud), timeout=0.1)
            pull = await vod.media.pull("http://example.com/a.mp4", title="a")
            cloud.pulls[pull]["status"] = "ready"
            assert (await vod.media.pulled(pull, ready=True)).title == "a"

    asyncio.run(main())
    assert seen == ["processing", "ready"]


def test_cancelling_the_task_ends_the_wait(cloud: Cloud, options: dict[str, Any]) -> None:
    async def main() -> None:
        async with vodkit.connect_async("toy", **options) as vod:
            looked = asyncio.Event()
            task = asyncio.create_task(vod.media.wait(put(cloud), on_progress=lambda _: looked.set()))
            await asyncio.wait_for(looked.wait(), 60)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())


def test_pulling(cloud: Cloud, connect: Connect) -> None:
    seen: list[float | None] = []

    def note(found: vodkit.Processing) -> None:
        seen.append(found.progress)
        cloud.pulls["p1"].update(status="ready", progress=1.0)

    with connect() as vod:
        pull = vod.media.pull("http://example.com/a.mp4", title="a title")
        media = vod.media.pulled(pull, on_progress=note)
    assert (media.title, media.url) == ("a title", "http://example.com/a.mp4")
    assert seen == [0.5, 1.0]


def test_a_pull_and_what_follows_it_have_one_timeout(
    cloud: Cloud, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=100.0)
    for module in (engine_media, engine_waiting):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    seen: list[str] = []

    def note(found: vodkit.Processing) -> None:
        seen.append(found.status)
        clock.now += 40.0

    with connect() as vod:
        pull = vod.media.pull("http://example.com/a.mp4")
        cloud.pulls[pull].update(status="ready", media=put(cloud))
        with pytest.raises(vodkit.TimedOut, match="media u1 is not ready after 60 seconds"):
            vod.media.pulled(pull, ready=True, timeout=60.0, on_progress=note)
        assert seen == ["ready", "processing"]
        cloud.becomes = [READY]
        assert vod.media.pulled(pull, ready=True).hls_url == HLS


def test_a_pull_that_fails(cloud: Cloud, connect: Connect) -> None:
    with connect() as vod:
        pull = vod.media.pull("http://example.com/a.mp4")
        cloud.pulls[pull].update(status="failed", error="nothing is there")
        with pytest.raises(vodkit.ProcessingFailed, match="nothing is there") as failed:
            vod.media.pulled(pull)
        assert "pull it again" in failed.value.advice


def test_pulls_that_cannot_be_are_refused_before_a_byte(cloud: Cloud, connect: Connect) -> None:
    with connect() as vod:
        with pytest.raises(vodkit.UnsupportedOption, match="tags"):
            vod.media.pull("http://example.com/a.mp4", tags="a")
        for url in ("ftp://example.com/a.mp4", "file:///etc/passwd", "a.mp4"):
            with pytest.raises(vodkit.InvalidRequest, match="http and https"):
                vod.media.pull(url)
    assert cloud.requests == []


def shell(options: dict[str, Any], *args: str) -> click.testing.Result:
    settings = [f"--set={name}={value}" for name, value in options.items()]
    return click.testing.CliRunner().invoke(cli, [*args, "--to", "toy", *settings])


def test_media_wait_in_the_shell(cloud: Cloud, options: dict[str, Any]) -> None:
    put(cloud, {}, READY)
    done = shell(options, "media", "wait", "u1")
    assert done.output == f"u1\ttoy:u1\t{HLS}\t\n"
    put(cloud, FAILED)
    assert isinstance(shell(options, "media", "wait", "u1", "--json").exception, vodkit.ProcessingFailed)
    put(cloud)
    late = shell(options, "media", "wait", "u1", "--timeout", "0.1")
    assert isinstance(late.exception, vodkit.TimedOut)


def test_upload_wait_in_the_shell(cloud: Cloud, options: dict[str, Any], tmp_path: Any) -> None:
    (tmp_path / "a.mp4").write_bytes(b"abc")
    cloud.becomes = [{"status": "processing"}, {}, READY]
    done = shell(options, "upload", str(tmp_path / "a.mp4"), "--wait", "--json")
    assert "a.mp4 is uploaded as u1; waiting" in done.stderr
    shown = json.loads(done.stdout)
    assert (shown["id"], shown["status"], shown["hls_url"]) == ("u1", "ready", HLS)
    assert shown["sent_bytes"] == 3


def test_pull_in_the_shell(cloud: Cloud, options: dict[str, Any]) -> None:
    assert shell(options, "pull", "http://example.com/a.mp4").output == "p1\n"

    def finish(method: str, path: str) -> None:
        if path.startswith("/pulls/"):
            cloud.pulls["p2"]["status"] = "ready"

    cloud.fail = finish
    done = shell(options, "pull", "http://example.com/a.mp4", "--title", "a", "--wait", "--json")
    assert "the pull p2 has begun" in done.stderr
    shown = json.loads(done.stdout)
    assert (shown["pull"], shown["id"], shown["title"]) == ("p2", "m2", "a")
    cloud.facts["m2"]["status"] = "processing"
    late = shell(options, "pull", "http://example.com/a.mp4", "--wait", "--timeout", "0.1")
    assert isinstance(late.exception, vodkit.TimedOut)
    refused = shell(options, "pull", "http://example.com/a.mp4", "--procedure", "x")
    assert isinstance(refused.exception, vodkit.UnsupportedOption)


def test_pauses_grow_and_end(cloud: Cloud, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(vodkit.Cancel, "wait", lambda _, seconds: pauses.append(seconds))
    with connect() as vod:
        vod.media.wait(put(cloud, *[{}] * 30, READY), timeout=time.monotonic())
    assert pauses == sorted(pauses)
    assert pauses[0] == 0.2
    assert set(pauses[-5:]) == {5.0}
