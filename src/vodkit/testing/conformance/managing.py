"""What was uploaded: found, shown, fetched, checked, removed."""

from __future__ import annotations

import pytest

import vodkit
from vodkit.core.errors import IntegrityError, NotFound, UnsupportedOption

from .rig import Rig

RANGE = 4 << 20


class Managing:
    """The media calls."""

    def test_get(self, rig: Rig) -> None:
        with rig.connect() as vod:
            media = vod.upload(rig.file(4321))
            found = vod.media.get(media.id)
        assert (found.provider, found.id) == (rig.provider, media.id)
        assert found.size == 4321

    def test_list_finds_it_once(self, rig: Rig) -> None:
        with rig.connect() as vod:
            made = {vod.upload(rig.file(100 + n, f"{n}.mp4")).id for n in range(3)}
            listed = [media.id for media in vod.media.list()]
        assert made <= set(listed)
        assert len(listed) == len(set(listed))

    def test_delete(self, rig: Rig) -> None:
        with rig.connect() as vod:
            media = vod.upload(rig.file(100))
            vod.media.delete(media.id)
            assert media.id not in {found.id for found in vod.media.list()}
            with pytest.raises(NotFound):
                vod.media.get(media.id)

    def test_update_changes_the_title_or_says_it_cannot(self, rig: Rig) -> None:
        with rig.connect() as vod:
            media = vod.upload(rig.file(100))
            try:
                vod.media.update(media.id, title="another title")
            except UnsupportedOption:
                assert "title" not in rig.capabilities.options
            else:
                assert vod.media.get(media.id).title == "another title"

    def test_download_a_range(self, rig: Rig) -> None:
        file = rig.file(10_000)
        with rig.connect() as vod:
            media = vod.upload(file)
            vod.media.download(media.id, rig.folder / "range", byte_range=(100, 199))
        assert (rig.folder / "range").read_bytes() == file.read_bytes()[100:200]

    def test_download_goes_on_after_a_break(self, rig: Rig) -> None:
        file = rig.file(3_000_000)
        with rig.connect() as vod:
            media = vod.upload(file)
            rig.proxy.lose_reply()
            vod.media.download(media.id, rig.folder / "back")
        assert (rig.folder / "back").read_bytes() == file.read_bytes()

    def test_a_large_download_in_parallel_ranges_broken_once(self, rig: Rig) -> None:
        file = rig.file(3 * RANGE + 17)
        broken = False

        def break_once(progress: vodkit.Progress) -> None:
            nonlocal broken
            if progress.sent > RANGE and not broken:
                broken = True
                rig.proxy.break_all()

        # Slow enough for reports of progress to come while ranges are in flight.
        with rig.connect() as vod, rig.connect(bandwidth=2 * RANGE) as slow:
            media = vod.upload(file)
            before = rig.proxy.connections
            slow.media.download(media.id, rig.folder / "back", parallel=3, on_progress=break_once)
            assert broken
            assert rig.proxy.connections - before > 3
        assert (rig.folder / "back").read_bytes() == file.read_bytes()

    def test_download_of_nothing_leaves_nothing(self, rig: Rig) -> None:
        with rig.connect() as vod:
            media = vod.upload(rig.file(100))
            vod.media.delete(media.id)
            with pytest.raises(NotFound):
                vod.media.download(media.id, rig.folder / "back")
        assert not (rig.folder / "back").exists()

    def test_verify(self, rig: Rig) -> None:
        file = rig.file(3 * rig.part + 1)
        with rig.connect() as vod:
            result = vod.upload_detailed(file, part_size=rig.part)
            assert vod.verify(result.upload_id).ok
            assert vod.verify(result.media.id).ok

    def test_verify_notices_what_is_gone(self, rig: Rig) -> None:
        with rig.connect() as vod:
            result = vod.upload_detailed(rig.file(1000))
            vod.media.delete(result.media.id)
            with pytest.raises((NotFound, IntegrityError)):
                vod.verify(result.upload_id)

    def test_the_upload_is_in_the_ledger(self, rig: Rig) -> None:
        with rig.connect() as vod:
            result = vod.upload_detailed(rig.file(1000))
            (found,) = [upload for upload in vod.uploads.list() if upload.id == result.upload_id]
        assert found.status == "done"
