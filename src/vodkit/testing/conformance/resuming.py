"""Going on after a crash."""

from __future__ import annotations

import os
import threading

import pytest

import vodkit
from vodkit.core.errors import NotResumable, SourceChanged, UploadBusy

from .rig import Rig

PARTS = 6


class Resuming:
    """Crash, change, contention."""

    @pytest.mark.parametrize("after", [1, 3, 5])
    def test_a_crash_after_some_parts(self, rig: Rig, after: int) -> None:
        file = rig.file(PARTS * rig.part + 11)
        assert rig.upload_in_a_process(file, stop_at=after * rig.part) is None
        result = rig.upload_in_a_process(file)
        assert result is not None
        again = (rig.parallel + 1) * rig.part
        assert result["sent"] <= file.stat().st_size - after * rig.part + again
        with rig.connect() as vod:
            rig.assert_holds(vod, vod.media.get(result["id"]), file)

    def test_a_resumed_upload_says_so(self, rig: Rig) -> None:
        file = rig.file(PARTS * rig.part)
        assert rig.upload_in_a_process(file, stop_at=4 * rig.part, parallel=1) is None
        notices: list[str] = []
        with rig.connect(parallel=1) as vod:
            result = vod.upload_detailed(file, part_size=rig.part, on_notice=notices.append)
            rig.assert_holds(vod, result.media, file)
        assert result.resumed
        assert result.sent_bytes <= 4 * rig.part

    def test_crash_upon_crash(self, rig: Rig) -> None:
        file = rig.file(PARTS * rig.part)
        results = [rig.upload_in_a_process(file, stop_at=stop * rig.part) for stop in (1, 2)]
        assert results == [None, None]
        # The later runs may find so little left that they end before they can be killed.
        later = (rig.upload_in_a_process(file, stop_at=stop) for stop in (3 * rig.part, 4 * rig.part, None))
        result = next(result for result in later if result is not None)
        with rig.connect() as vod:
            rig.assert_holds(vod, vod.media.get(result["id"]), file)

    def test_a_file_that_changed_meanwhile_begins_anew(self, rig: Rig) -> None:
        file = rig.file(PARTS * rig.part)
        assert rig.upload_in_a_process(file, stop_at=3 * rig.part) is None
        changed = rig.file(PARTS * rig.part, seed=1)
        notices: list[str] = []
        with rig.connect() as vod:
            result = vod.upload_detailed(changed, part_size=rig.part, on_notice=notices.append)
            rig.assert_holds(vod, result.media, changed)
        assert not result.resumed
        assert len([notice for notice in notices if "changed" in notice]) == 1

    @pytest.mark.parametrize("how", ["grows", "shrinks", "rewritten"])
    def test_a_file_that_changes_while_it_is_sent(self, rig: Rig, how: str) -> None:
        file = rig.file(PARTS * rig.part)
        before = self.count(rig)
        changed = threading.Event()

        def change(progress: vodkit.Progress) -> None:
            if progress.sent >= rig.part and not changed.is_set():
                changed.set()
                if how == "rewritten":
                    with file.open("r+b") as opened:
                        opened.write(b"other")
                else:
                    os.truncate(file, PARTS * rig.part + (rig.part if how == "grows" else -rig.part))

        rig.proxy.slow(8.0 * rig.part)
        with rig.connect() as vod, pytest.raises(SourceChanged):
            vod.upload(file, part_size=rig.part, on_progress=change)
        rig.proxy.slow(None)
        assert self.count(rig) == before

    def count(self, rig: Rig) -> int:
        """How many media the account has."""
        with rig.connect() as vod:
            return sum(1 for _ in vod.media.list())

    def test_the_second_process_is_told_so(self, rig: Rig) -> None:
        file = rig.file(PARTS * rig.part)
        inside, leave = threading.Event(), threading.Event()

        def hold(progress: vodkit.Progress) -> None:
            inside.set()
            leave.wait(60)

        def first() -> None:
            with rig.connect() as vod:
                done.append(vod.upload(file, part_size=rig.part, on_progress=hold))

        done: list[vodkit.Media] = []
        thread = threading.Thread(target=first)
        thread.start()
        assert inside.wait(60)
        with rig.connect() as vod, pytest.raises(UploadBusy):
            vod.upload(file, part_size=rig.part)
        leave.set()
        thread.join()
        with rig.connect() as vod:
            rig.assert_holds(vod, done[0], file)

    def test_a_state_folder_that_cannot_be_is_a_warning(self, rig: Rig) -> None:
        (rig.folder / "not-a-folder").write_text("")
        notices: list[str] = []
        file = rig.file(2 * rig.part)
        with rig.connect(state_dir=str(rig.folder / "not-a-folder" / "state")) as vod:
            rig.assert_holds(vod, vod.upload(file, on_notice=notices.append), file)
            assert any("resum" in notice for notice in notices)
            with pytest.raises(NotResumable):
                vod.upload(file, require_resume=True)

    def test_an_aborted_upload_starts_from_nothing(self, rig: Rig) -> None:
        file = rig.file(PARTS * rig.part)
        assert rig.upload_in_a_process(file, stop_at=3 * rig.part) is None
        with rig.connect() as vod:
            (waiting,) = [upload for upload in vod.uploads.list() if upload.status == "open"]
            vod.uploads.abort(waiting.id)
            result = vod.upload_detailed(file, part_size=rig.part)
            assert result.sent_bytes == file.stat().st_size
            rig.assert_holds(vod, result.media, file)

    def test_an_upload_is_resumed_by_its_id(self, rig: Rig) -> None:
        file = rig.file(PARTS * rig.part)
        assert rig.upload_in_a_process(file, stop_at=3 * rig.part) is None
        with rig.connect() as vod:
            (waiting,) = [upload for upload in vod.uploads.list() if upload.status == "open"]
            rig.assert_holds(vod, vod.uploads.resume(waiting.id).media, file)
