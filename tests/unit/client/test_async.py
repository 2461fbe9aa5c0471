from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import vodkit

from .toy_cloud import Cloud

DATA = os.urandom(300_000)


def test_upload_and_manage(options: dict[str, Any], cloud: Cloud, tmp_path: Path) -> None:
    loop_thread = threading.get_ident()
    seen: list[int] = []

    async def progress(moment: vodkit.Progress) -> None:
        assert threading.get_ident() == loop_thread
        await asyncio.sleep(0)
        seen.append(moment.sent)

    async def main() -> None:
        async with vodkit.connect_async("toy", **options) as vod:
            result = await vod.upload_detailed(DATA, name="a.mp4", title="t", on_progress=progress)
            media = result.media
            assert [found.id async for found in vod.media.list(title="t")] == [media.id]
            assert (await vod.media.get(media.id)).size == len(DATA)
            assert (await vod.media.update(media.id, title="u")).title == "u"
            await vod.media.download(media.id, tmp_path / "back", on_progress=progress)
            with pytest.raises(vodkit.UnsupportedOption):
                _ = vod.spaces
            await vod.media.delete(media.id)
            with pytest.raises(vodkit.NotFound):
                await vod.media.get(media.id)

    asyncio.run(main())
    assert seen[-1] == len(DATA)
    assert (tmp_path / "back").read_bytes() == DATA


def test_side_by_side(options: dict[str, Any], cloud: Cloud) -> None:
    data = [os.urandom(70_000 + n) for n in range(5)]

    async def main() -> list[vodkit.Media]:
        async with vodkit.connect_async("toy", **options) as vod:
            return await asyncio.gather(*(vod.upload(one, name="a.mp4") for one in data))

    assert [cloud.media[media.id] for media in asyncio.run(main())] == [[one] for one in data]


def test_async_iterable(options: dict[str, Any], cloud: Cloud) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(DATA), 7_001):
            await asyncio.sleep(0)
            yield DATA[start : start + 7_001]

    async def main() -> vodkit.Media:
        async with vodkit.connect_async("toy", **options) as vod:
            return await vod.upload(pieces(), name="a.mp4")

    assert cloud.media[asyncio.run(main()).id] == [DATA]


def test_cancelling_the_task_cancels_the_transfer(
    options: dict[str, Any], cloud: Cloud, tmp_path: Path
) -> None:
    (tmp_path / "a.mp4").write_bytes(DATA)
    cloud.delay = 60.0

    async def main() -> float:
        async with vodkit.connect_async("toy", **options) as vod:
            moving = asyncio.Event()
            task = asyncio.create_task(
                vod.upload(tmp_path / "a.mp4", on_progress=lambda p: moving.set() if p.sent else None)
            )
            await asyncio.wait_for(moving.wait(), 60)
            started = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return time.monotonic() - started

    # The server would hold each part back for a minute.
    assert asyncio.run(main()) < 30
    cloud.delay = 0.0
    with vodkit.connect("toy", **options) as vod:
        assert vod.upload_detailed(tmp_path / "a.mp4").resumed


def test_cancelling_while_the_source_has_nothing(options: dict[str, Any], cloud: Cloud) -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield DATA
        await asyncio.sleep(3600)

    async def main() -> None:
        async with vodkit.connect_async("toy", **options) as vod:
            task = asyncio.create_task(vod.upload(silent(), name="a.mp4"))
            while not cloud.requests:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(asyncio.wait_for(main(), 60))


def test_what_a_callback_raises_ends_the_upload(options: dict[str, Any], cloud: Cloud) -> None:
    async def stop(progress: vodkit.Progress) -> None:
        raise RuntimeError("enough")

    cloud.delay = 0.5

    async def main() -> None:
        async with vodkit.connect_async("toy", **options) as vod:
            with pytest.raises(RuntimeError, match="enough"):
                await vod.upload(DATA, name="a.mp4", on_progress=stop)

    asyncio.run(main())
    assert cloud.media == {}


def test_the_ledger(options: dict[str, Any], cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(DATA)
    cloud.fail = lambda method, path: 500 if method == "PUT" else None

    async def main() -> None:
        async with vodkit.connect_async("toy", part_tries=1, **options) as vod:
            with pytest.raises(vodkit.ServerError):
                await vod.upload(tmp_path / "a.mp4")
            cloud.fail = lambda method, path: None
            (entry,) = await vod.uploads.list("open")
            result = await vod.uploads.resume(entry.id)
            assert (await vod.verify(result.media.id)).ok
            assert await vod.uploads.clean(0) == 1

    asyncio.run(main())
