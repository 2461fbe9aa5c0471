from __future__ import annotations

import os
import threading
import zipfile
from pathlib import Path

import pytest

from vodkit.server.media.errors import BadMedia, Stopped
from vodkit.server.media.facts import Facts
from vodkit.server.media.look import facts_of
from vodkit.server.media.plan import plan
from vodkit.server.media.procedure import BUILT_IN

from .conftest import Make, ffmpeg

PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.5,\n{}\n#EXT-X-ENDLIST\n"


def test_a_clip(clip: Path, tmp_path: Path) -> None:
    found = facts_of(clip, tmp_path)
    assert found.kind == "video"
    assert "mp4" in found.container
    assert found.seconds == pytest.approx(3, abs=0.1)
    assert found.video is not None
    assert (found.video.codec, found.video.shown_size, found.video.fps) == ("h264", (320, 180), 25)
    assert found.audio is not None
    assert (found.audio.codec, found.audio.channels, found.audio.rate) == ("aac", 1, 48000)
    assert Facts.from_dict(found.as_dict()) == found


def test_a_turned_picture_is_shown_turned(clip: Path, tmp_path: Path) -> None:
    ffmpeg("-display_rotation", "90", "-i", str(clip), "-c", "copy", "-f", "mp4", str(tmp_path / "turned"))
    found = facts_of(tmp_path / "turned", tmp_path)
    assert found.video is not None
    assert (found.video.rotation, found.video.shown_size) == (90, (180, 320))


def test_pixels_that_are_not_square(make: Make, tmp_path: Path) -> None:
    found = facts_of(make("wide-pixels", "-vf", "setsar=2", seconds=1), tmp_path)
    assert found.video is not None
    assert found.video.shown_size == (640, 180)


def test_interlaced(make: Make, tmp_path: Path) -> None:
    options = ("-vf", "interlace,setfield=tff", "-flags", "+ilme+ildct", "-x264opts", "tff=1")
    found = facts_of(make("interlaced", *options, fps="50", seconds=1), tmp_path)
    assert found.video is not None
    assert found.video.interlaced


def test_high_dynamic_range(make: Make, tmp_path: Path) -> None:
    tags = "setparams=color_trc=smpte2084:color_primaries=bt2020:colorspace=bt2020nc,format=yuv420p10le"
    found = facts_of(make("hdr", "-vf", tags, "-pix_fmt", "yuv420p10le", seconds=1), tmp_path)
    assert found.video is not None
    assert found.video.hdr == "pq"


def test_sound_alone_and_with_a_cover(make: Make, tmp_path: Path) -> None:
    song = make("song", picture=False)
    assert facts_of(song, tmp_path).kind == "audio"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "1", str(tmp_path / "cover.jpg"))
    both = ("-i", str(song), "-i", str(tmp_path / "cover.jpg"), "-map", "0", "-map", "1", "-c", "copy")
    ffmpeg(*both, "-disposition:v:0", "attached_pic", "-f", "mp4", str(tmp_path / "covered"))
    found = facts_of(tmp_path / "covered", tmp_path)
    assert (found.kind, found.video) == ("audio", None)
    assert found.picture is not None
    assert found.picture.shown_size == (64, 64)


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "bmp", "gif"])
def test_an_image(extension: str, tmp_path: Path) -> None:
    made = tmp_path / f"made.{extension}"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48", "-frames:v", "1", str(made))
    found = facts_of(made.rename(tmp_path / "image"), tmp_path)
    assert (found.kind, found.video) == ("image", None)
    assert found.picture is not None
    assert found.picture.shown_size == (64, 48)


def test_a_container_of_another_name_than_its_extension(make: Make, tmp_path: Path) -> None:
    matroska = make("matroska", format="matroska", seconds=1)
    (tmp_path / "film.avi").write_bytes(matroska.read_bytes())
    assert "matroska" in facts_of(tmp_path / "film.avi", tmp_path).container


def test_what_is_no_media_is_refused_with_a_reason(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with zipfile.ZipFile(tmp_path / "zip.mp4", "w") as archive:
        archive.writestr("a", "b" * 1000)
    (tmp_path / "text").write_text("hello\n" * 100)
    (tmp_path / "cut").write_bytes(clip.read_bytes()[:2000])
    for name in ("empty", "zip.mp4", "text", "cut"):
        with pytest.raises(BadMedia) as caught:
            facts_of(tmp_path / name, tmp_path)
        assert str(caught.value)
        assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/a.ts", "/etc/passwd", "../secret", "concat:a|b"])
def test_a_playlist_that_names_what_is_outside_of_its_folder_is_refused(address: str, tmp_path: Path) -> None:
    playlist = tmp_path / "playlist.mp4"
    playlist.write_text(PLAYLIST.format(address))
    with pytest.raises(BadMedia, match="the manifest names "):
        facts_of(playlist, tmp_path)


def test_a_list_of_other_files_is_refused(make: Make, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(make("secret", format="mpegts", seconds=1).read_bytes())
    (tmp_path / "concat").write_text("ffconcat version 1.0\nfile secret\n")
    with pytest.raises(BadMedia):
        facts_of(tmp_path / "concat", tmp_path)


MASTER = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=640x360,CODECS="avc1.4d401e"
low/index.m3u8
#EXT-X-STREAM-INF:RESOLUTION=1280x720,BANDWIDTH=2
high/index.m3u8
"""
MPD = """<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1M2.5S"><Period>
<AdaptationSet><Representation id="1" width="320" height="180"><BaseURL>a.mp4</BaseURL></Representation>
</AdaptationSet></Period></MPD>
"""


@pytest.mark.parametrize(
    ("text", "container", "seconds", "sizes"),
    [
        (PLAYLIST.format("a.ts"), "hls", 1.5, []),
        (MASTER, "hls", 0, [(1280, 720), (640, 360)]),
        (MPD, "dash", 62.5, [(320, 180)]),
    ],
)
def test_ready_made_streams_are_taken_as_they_are(
    text: str, container: str, seconds: float, sizes: list[tuple[int, int]], tmp_path: Path
) -> None:
    (tmp_path / "manifest").write_text(text)
    found = facts_of(tmp_path / "manifest", tmp_path)
    assert (found.kind, found.container, found.seconds) == ("video", container, seconds)
    assert [stream.shown_size for stream in found.streams] == sizes
    for procedure in BUILT_IN.values():
        assert plan(found, procedure) == []


def test_a_master_playlist_is_as_long_as_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "master").write_text(MASTER)
    (tmp_path / "low").write_text(PLAYLIST.format("a.ts"))
    named: list[str] = []

    def beside(name: str) -> Path:
        named.append(name)
        return tmp_path / "low"

    assert facts_of(tmp_path / "master", tmp_path, beside=beside).seconds == 1.5
    assert named == ["low/index.m3u8"]


def test_the_length_of_a_file_that_does_not_say_it_or_was_cut_off_is_measured(
    make: Make, tmp_path: Path
) -> None:
    live = make("live", "-live", "1", "-flush_packets", "1", format="matroska", seconds=3)
    whole = make("whole-mkv", format="matroska", seconds=6)
    (tmp_path / "cut").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert facts_of(live, tmp_path).seconds == pytest.approx(3, abs=0.1)
    assert 2 < facts_of(tmp_path / "cut", tmp_path).seconds < 4
    first = make("first", "-movflags", "+faststart", seconds=6)
    (tmp_path / "half").write_bytes(first.read_bytes()[: first.stat().st_size // 2])
    assert 2 < facts_of(tmp_path / "half", tmp_path).seconds < 4


def test_looking_stops_when_it_is_not_wanted(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless")
    with pytest.raises(Stopped):
        facts_of(tmp_path / "endless", tmp_path, wanted=threading.Event().is_set)
