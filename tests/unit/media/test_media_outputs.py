"""What comes out, judged by others: PyAV, the packages ``m3u8`` and ``mpegdash``, eyes and ears.

The clip is black and silent, but for a white flash and a beep at the same moments.
"""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import m3u8
import pytest
from mpegdash.parser import MPEGDASHParser

from vodkit.server.media.boxes import boxes
from vodkit.server.media.look import facts_of
from vodkit.server.media.plan import plan
from vodkit.server.media.procedure import Clip, Procedure, Rendition
from vodkit.server.media.render import finder, render

from .conftest import H264, ffmpeg

SECONDS = 6.0
FLASHES = (1.0, 3.0, 5.0)
_FLASH = "drawbox=c=white:t=fill:enable='between(mod(t,2),1,1.19)'"
_BEEP = "0.8*sin(2*PI*1000*t)*between(mod(t\\,2)\\,1\\,1.2)"
MIXED = Procedure(
    "mixed",
    (
        Rendition(180),
        Rendition(120),
        Rendition(90, fps=13),
        Rendition(180, codec="hevc"),
        Rendition(180, codec="vp9"),
        Rendition(180, codec="av1"),
    ),
    files="all",
)
CODECS = {"avc1": "h264", "hvc1": "hevc", "vp09": "vp9", "av01": "libdav1d"}
NAMES = ("180p", "180p-hevc", "180p-vp9", "180p-av1", "120p", "90p")


def flashes(path: Path, *options: str, fps: str = "25", rate: str = "48000", format: str = "mp4") -> Path:
    inputs = ["-f", "lavfi", "-i", f"color=black:s=320x180:r={fps}:d={SECONDS},{_FLASH}"]
    inputs += ["-f", "lavfi", "-i", f"aevalsrc={_BEEP}:s={rate}:d={SECONDS}"]
    ffmpeg(*inputs, *H264, "-c:a", "aac", *options, "-f", format, str(path))
    return path


def carry_out(source: Path, procedure: Procedure, work: Path) -> Path:
    (work / "probe").mkdir(parents=True)
    for step in plan(facts_of(source, work / "probe"), procedure):
        (work / step.name).mkdir()
        render(step, work / step.name, finder(work, {"@source": source}))
    return work


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outputs")
    return carry_out(flashes(folder / "source"), MIXED, folder / "work")


# --- HLS -------------------------------------------------------------------------------------------------


def playlists(made: Path) -> dict[str, Any]:
    return {name: m3u8.load(str(made / f"package/{name}.m3u8")) for name in (*NAMES, "audio")}


def segment(made: Path, playlist: Any, at: int) -> Any:
    """One segment, opened: what the playlist says to begin with, and the bytes that it names."""
    found = playlist.segments[at]
    data = (made / "package" / found.uri).read_bytes()
    first = found.init_section
    assert first.uri == found.uri
    parts = []
    for size, start in (map(int, text.split("@")) for text in (first.byterange, found.byterange)):
        assert start + size <= len(data)
        parts.append(data[start : start + size])
    return av.open(io.BytesIO(b"".join(parts)), options={"ignore_editlist": "1"})


def test_the_master_playlist_says_what_the_streams_are(made: Path) -> None:
    master = m3u8.load(str(made / "package/master.m3u8"))
    assert master.is_variant
    (sound,) = master.media
    assert (sound.type, sound.uri, sound.default, sound.channels) == ("AUDIO", "audio.m3u8", "YES", "1")
    assert [variant.uri for variant in master.playlists] == [f"{name}.m3u8" for name in NAMES]
    for variant, name in zip(master.playlists, NAMES, strict=True):
        info = variant.stream_info
        picture, spoken = info.codecs.split(",")
        with av.open(str(made / f"package/{name}.mp4")) as container:
            video = container.streams.video[0]
            assert video.codec_context.name == CODECS[picture.partition(".")[0]]
            assert info.resolution == (video.width, video.height)
            assert info.frame_rate == pytest.approx(float(video.average_rate), abs=0.01)
        assert (spoken, info.audio) == ("mp4a.40.2", sound.group_id)
        assert info.average_bandwidth <= info.bandwidth


def test_the_bandwidth_is_that_of_the_largest_segments(made: Path) -> None:
    master = m3u8.load(str(made / "package/master.m3u8"))
    lists = playlists(made)

    def rates(name: str) -> list[float]:
        return [int(item.byterange.split("@")[0]) * 8 / item.duration for item in lists[name].segments]

    loudest = max(rates("audio"))
    for variant, name in zip(master.playlists, NAMES, strict=True):
        assert variant.stream_info.bandwidth == pytest.approx(max(rates(name)) + loudest, rel=0.01)


def test_every_segment_can_be_played_from_its_beginning_and_lasts_as_long_as_it_says(made: Path) -> None:
    for name, playlist in playlists(made).items():
        assert playlist.is_endlist
        assert max(item.duration for item in playlist.segments) <= playlist.target_duration
        assert sum(item.duration for item in playlist.segments) == pytest.approx(SECONDS, abs=0.1)
        begin = None
        for at, item in enumerate(playlist.segments):
            with segment(made, playlist, at) as container:
                stream = container.streams[0]
                packets = [packet for packet in container.demux(stream) if packet.pts is not None]
                assert packets[0].is_keyframe
                first = min(packet.pts for packet in packets) * stream.time_base
                last = max(packet.pts + packet.duration for packet in packets) * stream.time_base
                assert begin is None or first == pytest.approx(begin, abs=0.001)
                # What the encoder of the sound puts before its first sample does not count.
                assert float(last - first) == pytest.approx(item.duration, abs=0.03)
                begin = last
            with segment(made, playlist, at) as container:
                assert sum(1 for _ in container.decode(container.streams[0])) >= len(packets) - 1, name


def test_segments_begin_at_the_same_moments_in_all_renditions(made: Path) -> None:
    lists = playlists(made)
    grids = {tuple(round(item.duration, 3) for item in lists[name].segments) for name in NAMES}
    assert grids == {(4.0, 2.0)}
    for name in NAMES:
        with av.open(str(made / f"package/{name}.mp4")) as container:
            video = container.streams.video[0]
            keys = [packet.pts * packet.time_base for packet in container.demux(video) if packet.is_keyframe]
            # VP9's encoder has further ones where the picture changes.
            assert {0, 2, 4} <= {float(key) for key in keys}, name
            assert len(keys) == 3 or name == "180p-vp9"


# --- DASH ------------------------------------------------------------------------------------------------


def test_the_manifest_has_a_set_for_each_codec_and_leads_to_each_index(made: Path) -> None:
    mpd = MPEGDASHParser.parse((made / "package/manifest.mpd").read_text())
    assert (mpd.type, mpd.media_presentation_duration) == ("static", "PT6.000S")
    (period,) = mpd.periods
    sets = [[item.id for item in group.representations] for group in period.adaptation_sets]
    assert sets == [["180p", "120p", "90p"], ["180p-hevc"], ["180p-vp9"], ["180p-av1"], ["audio"]]
    for group in period.adaptation_sets:
        assert group.subsegment_alignment
        for item in group.representations:
            path = made / "package" / item.base_urls[0].base_url_value
            (base,) = item.segment_bases
            start, end = map(int, base.index_range.split("-"))
            found = {kind: (first, last) for kind, first, last in boxes(path) if kind in (b"sidx", b"moov")}
            assert (start, end + 1) == found[b"sidx"]
            assert int(base.initializations[0].range.split("-")[1]) + 1 >= found[b"moov"][1]
            if group.content_type == "video":
                across, down = map(int, item.sar.split(":"))
                wide, high = map(int, group.par.split(":"))
                assert item.width * across * high == item.height * down * wide


def test_both_manifests_name_the_same_codecs(made: Path) -> None:
    mpd = MPEGDASHParser.parse((made / "package/manifest.mpd").read_text())
    groups = mpd.periods[0].adaptation_sets
    dash = {item.id: item.codecs for group in groups for item in group.representations}
    master = m3u8.load(str(made / "package/master.m3u8"))
    hls = {item.uri.partition(".")[0]: item.stream_info.codecs.split(",")[0] for item in master.playlists}
    assert dash == {**hls, "audio": "mp4a.40.2"}


# --- files, and all of it together -----------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_file_can_be_played_while_it_comes(name: str, made: Path) -> None:
    path = made / f"file-{name}/{name}.mp4"
    kinds = [kind for kind, _, _ in boxes(path)]
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    assert b"moof" not in kinds
    with av.open(str(path)) as container:
        assert container.duration / 1_000_000 == pytest.approx(SECONDS, abs=0.1)
        # Even sizes differ in shape by a pixel, which that of the pixels makes up for.
        assert float(container.streams.video[0].sample_aspect_ratio) == pytest.approx(1, abs=0.01)


def seen(path: Path) -> list[float]:
    """The moments at which the picture turns white."""
    moments, before = [], 0.0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            plane = frame.reformat(width=16, height=16, format="gray").planes[0]
            light = sum(bytes(plane)) / len(bytes(plane))
            if light > 128 > before:
                moments.append(float(frame.time))
            before = light
    return moments


def heard(path: Path) -> list[float]:
    """The moments at which the beep begins."""
    moments, silent_since = [], -1.0
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono")
        for decoded in container.decode(audio=0):
            for frame in resampler.resample(decoded):
                values = memoryview(frame.planes[0]).cast("f")[: frame.samples]
                for at, value in enumerate(values):
                    moment = frame.time + at / frame.sample_rate
                    if abs(value) > 0.2:
                        if moment - silent_since > 0.5:
                            moments.append(moment)
                        silent_since = moment
    return moments


def test_flash_and_beep_come_together_in_every_rendition(made: Path) -> None:
    beeps = heard(made / "package/audio.mp4")
    assert beeps == pytest.approx(FLASHES, abs=0.05)
    for name in NAMES:
        rate = 1 / 12.5 if name == "90p" else 1 / 25
        assert seen(made / f"package/{name}.mp4") == pytest.approx(FLASHES, abs=rate + 0.001)
        assert heard(made / f"file-{name}/{name}.mp4") == pytest.approx(beeps, abs=0.001)


@pytest.mark.parametrize(
    ("name", "options", "more"),
    [
        ("ntsc", (), {"fps": "30000/1001"}),
        ("44.1 kHz", (), {"rate": "44100"}),
        ("transport stream", ("-output_ts_offset", "1000"), {"format": "mpegts"}),
        ("matroska", (), {"format": "matroska"}),
        ("60 a second", (), {"fps": "60"}),
        ("varying", ("-vf", "select='not(mod(n,3))+gt(t,2)'", "-fps_mode", "vfr"), {"fps": "30"}),
    ],
)
def test_flash_and_beep_stay_together(
    name: str, options: tuple[str, ...], more: dict[str, str], tmp_path: Path
) -> None:
    source = flashes(tmp_path / "source", *options, **more)
    out = carry_out(source, Procedure("one", (Rendition(90),)), tmp_path / "work")
    path = out / "file-90p/90p.mp4"
    flash, beep = seen(path), heard(path)
    assert len(flash) == len(beep) == len(FLASHES)
    for moments in zip(flash, beep, strict=True):
        assert moments[0] == pytest.approx(moments[1], abs=0.05), name
    for gap in (*(later - first for first, later in pairwise(beep)), *(b - a for a, b in pairwise(flash))):
        assert gap == pytest.approx(2, abs=0.05)


def test_a_clip_of_the_source_begins_where_it_should(tmp_path: Path) -> None:
    procedure = Procedure("one", (Rendition(90),), clip=Clip(offset=1.5, seconds=4))
    out = carry_out(flashes(tmp_path / "source"), procedure, tmp_path / "work")
    for moments in (seen(out / "file-90p/90p.mp4"), heard(out / "file-90p/90p.mp4")):
        assert moments == pytest.approx([1.5, 3.5], abs=0.05)


@pytest.mark.parametrize("later", ["picture", "sound"])
def test_what_begins_later_keeps_its_distance(later: str, tmp_path: Path) -> None:
    whole = flashes(tmp_path / "whole")
    maps = ("-map", "1:v", "-map", "0:a") if later == "picture" else ("-map", "0:v", "-map", "1:a")
    source = tmp_path / "source"
    ffmpeg(
        "-i", str(whole), "-itsoffset", "0.7", "-i", str(whole), *maps, "-c", "copy", "-f", "mp4", str(source)
    )
    out = carry_out(source, Procedure("one", (Rendition(90),)), tmp_path / "work")
    path = out / "file-90p/90p.mp4"
    distance = 0.7 if later == "picture" else -0.7
    for flash, beep in zip(seen(path), heard(path), strict=True):
        assert flash - beep == pytest.approx(distance, abs=0.05)
    with av.open(str(out / "package/90p.mp4")) as container:
        video = container.streams.video[0]
        keys = [
            float(packet.pts * packet.time_base) for packet in container.demux(video) if packet.is_keyframe
        ]
        assert keys[:3] == [0, 2, 4]
