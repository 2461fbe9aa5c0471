"""What goes in comes out: sizes around every boundary, and names of every kind."""

from __future__ import annotations

import os
import urllib.request

import pytest

from vodkit.core.errors import EmptySource

from .rig import Rig

BOUNDARIES = {
    "one_byte": (0, 1),
    "one_part_less_one": (1, -1),
    "one_part": (1, 0),
    "one_part_and_one": (1, 1),
    "three_parts_less_one": (3, -1),
    "three_parts": (3, 0),
    "three_parts_and_one": (3, 1),
}


class Content:
    """Sizes and names."""

    @pytest.mark.parametrize("boundary", BOUNDARIES)
    def test_size(self, rig: Rig, boundary: str) -> None:
        parts, more = BOUNDARIES[boundary]
        file = rig.file(parts * rig.part + more)
        with rig.connect() as vod:
            result = vod.upload_detailed(file, part_size=rig.part)
            rig.assert_holds(vod, result.media, file)
        assert result.total_bytes == result.sent_bytes == file.stat().st_size

    def test_an_empty_file_is_refused(self, rig: Rig) -> None:
        with rig.connect() as vod, pytest.raises(EmptySource):
            vod.upload(rig.file(0))
        assert rig.proxy.connections == 0

    def test_an_empty_file_is_accepted_when_allowed_and_possible(self, rig: Rig) -> None:
        file = rig.file(0)
        with rig.connect() as vod:
            if rig.capabilities.empty:
                rig.assert_holds(vod, vod.upload(file, allow_empty=True), b"")
                return
            with pytest.raises(EmptySource):
                vod.upload(file, allow_empty=True)
        assert rig.proxy.connections == 0

    @pytest.mark.parametrize(
        "name",
        [
            "视频 第一集.mp4",
            "with space.mp4",
            "a+b&c=d%20e.mp4",
            "no-extension-but.mp4.mp4",
            "UPPER.MP4",
            "é'\"#;.mp4",
        ],
    )
    def test_a_name(self, rig: Rig, name: str) -> None:
        file = rig.file(1000, name)
        with rig.connect() as vod:
            media = vod.upload(file)
            rig.assert_holds(vod, media, file)

    def test_two_files_of_one_name_and_size_and_time_are_two_media(self, rig: Rig) -> None:
        first, second = rig.file(5000, "a/video.mp4", 1), rig.file(5000, "b/video.mp4", 2)
        for file in (first, second):
            os.utime(file, ns=(10**18, 10**18))
        with rig.connect() as vod:
            one, other = vod.upload(first), vod.upload(second)
            assert one.id != other.id
            rig.assert_holds(vod, one, first)
            rig.assert_holds(vod, other, second)

    def test_the_same_file_twice_is_two_media(self, rig: Rig) -> None:
        file = rig.file(5000)
        with rig.connect() as vod:
            one, other = vod.upload(file), vod.upload(file)
            assert one.id != other.id
            rig.assert_holds(vod, other, file)

    def test_the_url_serves_the_bytes(self, rig: Rig) -> None:
        file = rig.file(100_000)
        with rig.connect() as vod:
            media = vod.upload(file)
            if not media.url:
                media = vod.media.get(media.id)
        with urllib.request.urlopen(media.url) as answer:
            assert answer.read() == file.read_bytes()
