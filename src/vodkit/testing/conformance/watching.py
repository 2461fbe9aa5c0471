"""Progress, cancelling, and the async face."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

import vodkit
from vodkit.core.errors import Cancelled

from .rig import Rig


class Watching:
    """Progress, cancelling, async."""

    @pytest.mark.parametrize("size", ["small", "parts"])
    def test_progress_rises_to_the_total(self, rig: Rig, size: str) -> None:
        file = rig.file(1000 if size == "small" else 5 * rig.part + 7)
        seen: list[vodkit.Progress] = []
        with rig.connect() as vod:
            vod.upload(file, part_size=rig.part, on_progress=seen.append)
        sending = [progress for progress in seen if progress.phase != "hashing"]
        sent = [progress.sent for progress in sending]
        assert sent == sorted(sent)
        assert sent[-1] == sending[-1].total == file.stat().st_size

    def test_progress_never_falls_when_parts_are_sent_again(self, rig: Rig) -> None:
        file = rig.file(4 * rig.part)
        for number in range(3):
            rig.proxy.cut(after=(number + 1) * rig.part)
        reports: list[vodkit.Progress] = []
        with rig.connect() as vod:
            vod.upload(file, part_size=rig.part, on_progress=reports.append)
        seen = [progress.sent for progress in reports if progress.phase != "hashing"]
        assert seen == sorted(seen)
        assert max(seen) == file.stat().st_size

    def test_an_error_of_the_callback_stops_the_upload(self, rig: Rig) -> None:
        class Stop(Exception):
            pass

        def stop(progress: vodkit.Progress) -> None:
            if progress.sent:
                raise Stop

        with rig.connect() as vod, pytest.raises(Stop):
            vod.upload(rig.file(3 * rig.part), part_size=rig.part, on_progress=stop)

    def test_cancelling_stops_and_leaves_a_resumable_upload(self, rig: Rig) -> None:
        file = rig.file(4 * rig.part)
        cancel = vodkit.Cancel()
        rig.proxy.slow(0.5 * rig.part)
        with rig.connect() as vod:
            threading.Timer(0.6, cancel.cancel).start()
            with pytest.raises(Cancelled):
                vod.upload(file, part_size=rig.part, cancel=cancel)
            rig.proxy.slow(None)
            rig.assert_holds(vod, vod.upload(file, part_size=rig.part), file)
        assert not [thread for thread in threading.enumerate() if thread.name == "vodkit-upload"]

    def test_cancelling_works_while_nothing_moves(self, rig: Rig) -> None:
        cancel = vodkit.Cancel()
        rig.proxy.freeze()
        threading.Timer(0.4, cancel.cancel).start()
        started = time.monotonic()
        with rig.connect() as vod, pytest.raises(Cancelled):
            vod.upload(rig.file(rig.part), cancel=cancel)
        rig.proxy.thaw()
        # Far below the stall time-out, which is what would end it otherwise.
        assert time.monotonic() - started < 20

    def test_async_upload(self, rig: Rig) -> None:
        file = rig.file(2 * rig.part + 1)

        async def main() -> vodkit.Media:
            async with vodkit.connect_async(rig.provider, **rig.settings()) as vod:
                return await vod.upload(file, part_size=rig.part)

        media = asyncio.run(main())
        with rig.connect() as vod:
            rig.assert_holds(vod, media, file)

    def test_async_uploads_side_by_side(self, rig: Rig) -> None:
        files = [rig.file(rig.part + number, f"{number}.mp4", number) for number in range(4)]

        async def main() -> list[vodkit.Media]:
            async with vodkit.connect_async(rig.provider, **rig.settings()) as vod:
                return await asyncio.gather(*(vod.upload(file) for file in files))

        done = asyncio.run(main())
        assert len({media.id for media in done}) == 4
        with rig.connect() as vod:
            for file, media in zip(files, done, strict=True):
                rig.assert_holds(vod, media, file)

    def test_async_cancel(self, rig: Rig) -> None:
        file = rig.file(4 * rig.part)
        rig.proxy.slow(0.5 * rig.part)

        async def main() -> None:
            async with vodkit.connect_async(rig.provider, **rig.settings()) as vod:
                task = asyncio.create_task(vod.upload(file, part_size=rig.part))
                await asyncio.sleep(0.5)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task

        asyncio.run(main())
        rig.proxy.slow(None)
        with rig.connect() as vod:
            rig.assert_holds(vod, vod.upload(file, part_size=rig.part), file)
