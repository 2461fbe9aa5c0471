"""Plans carried out on real clips, and what came out looked at by other means."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from vodkit.server.media.errors import BadMedia, Stopped
from vodkit.server.media.look import facts_of
from vodkit.server.media.plan import plan
from vodkit.server.media.procedure import (
    BUILT_IN,
    Clip,
    Position,
    Procedure,
    Rendition,
    Snapshots,
    Sprite,
    Watermark,
)
from vodkit.server.media.render import finder, render

from .conftest import Make, ffmpeg

LADDER = Procedure(
    "small", (Rendition(180), Rendition(90)), cover=Position(percent=50), sprite=Sprite(1.0, 64, 2, 2)
)


def carry_out(source: Path, procedure: Procedure, folder: Path, watermark: Path | None = None) -> Path:
    """Run all steps; the folder with one folder for each."""
    (folder / "probe").mkdir(parents=True)

    named = {"@source": source, **({"@watermark": watermark} if watermark else {})}
    find = finder(folder, named)
    for step in plan(facts_of(source, folder / "probe"), procedure):
        (folder / step.name).mkdir()
        shares: list[float] = []
        names = render(step, folder / step.name, find, on_progress=shares.append)
        assert set(step.makes) <= set(names)
        assert shares == sorted(shares)
        assert shares[-1] == 1
    return folder


def keyframes(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        packets = container.demux(container.streams.video[0])
        return [round(float(p.pts * p.time_base), 3) for p in packets if p.is_keyframe and p.pts is not None]


def length(path: Path) -> float:
    with av.open(str(path)) as container:
        assert container.duration is not None
        return container.duration / 1_000_000


@pytest.fixture(scope="module")
def made(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = make("nine", seconds=9)
    return carry_out(source, LADDER, tmp_path_factory.mktemp("made") / "work")


def test_the_cover_and_the_sprite_are_pictures_of_the_clip(made: Path) -> None:
    for name, size in (("cover/cover.jpg", (320, 180)), ("sprite/sprite-003.jpg", (128, 72))):
        with av.open(str(made / name)) as container:
            frame = next(container.decode(video=0))
            assert (frame.width, frame.height) == size
            assert frame.pict_type
    index = (made / "sprite/sprite.vtt").read_text()
    assert index.startswith("WEBVTT\n")
    assert index.count(" --> ") == 9
    assert "00:00:05.000 --> 00:00:06.000\nsprite-002.jpg#xywh=64,0,64,36\n" in index
    assert len(list((made / "sprite").glob("*.jpg"))) == 3


@pytest.mark.parametrize("size", ["1920x1080", "1366x768", "322x586"])
def test_sizes_that_rounding_takes_out_of_shape_share_a_manifest(
    size: str, make: Make, tmp_path: Path
) -> None:
    source = make(f"shape-{size}", size=size, seconds=0.4, sound=False)
    procedure = Procedure("many", tuple(Rendition(height) for height in (0, 480, 358, 182, 120)))
    out = carry_out(source, procedure, tmp_path / "work")
    dash = (out / "package/manifest.mpd").read_text()
    assert dash.count("<Representation ") == len(list(out.glob("package/*p*.mp4"))) >= 3
    assert dash.count("<AdaptationSet ") == 1


def test_codecs_and_rates_that_differ_begin_anew_at_the_same_moments(make: Make, tmp_path: Path) -> None:
    source = make("ntsc", fps="30000/1001", seconds=5, sound=False)
    renditions = (Rendition(180), Rendition(144, fps=15), Rendition(120, codec="vp9"))
    out = carry_out(source, Procedure("mixed", renditions), tmp_path / "work")
    for name in ("180p", "144p", "120p"):
        assert keyframes(out / f"package/{name}.mp4") == [0, 2.002, 4.004]


def test_a_turned_clip_is_made_upright(clip: Path, tmp_path: Path) -> None:
    ffmpeg("-display_rotation", "90", "-i", str(clip), "-c", "copy", "-f", "mp4", str(tmp_path / "turned"))
    out = carry_out(tmp_path / "turned", Procedure("one", (Rendition(90),)), tmp_path / "work")
    found = facts_of(out / "file-90p/90p.mp4", tmp_path).video
    assert found is not None
    assert (found.width, found.height, found.rotation) == (90, 160, 0)


def test_high_dynamic_range_is_mapped(make: Make, tmp_path: Path) -> None:
    tags = "setparams=color_trc=smpte2084:color_primaries=bt2020:colorspace=bt2020nc,format=yuv420p10le"
    source = make("pq", "-vf", tags, "-pix_fmt", "yuv420p10le", seconds=1)
    procedure = Procedure("one", (Rendition(),), cover=Position())
    out = carry_out(source, procedure, tmp_path / "work")
    found = facts_of(out / "file-180p/180p.mp4", tmp_path).video
    assert found is not None
    assert (found.hdr, found.pixels) == ("", "yuv420p")


def test_sound_alone(make: Make, tmp_path: Path) -> None:
    out = carry_out(make("tone", picture=False), BUILT_IN["audio-only"], tmp_path / "work")
    assert facts_of(out / "file-audio/audio.m4a", tmp_path).kind == "audio"
    assert (out / "package/master.m3u8").exists()


def test_an_image_gets_a_cover(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "color=red:s=2400x1200", "-frames:v", "1", str(tmp_path / "red.png"))
    out = carry_out((tmp_path / "red.png").rename(tmp_path / "red"), BUILT_IN["default"], tmp_path / "work")
    cover = (out / "cover/cover.jpg").rename(tmp_path / "cover")
    picture = facts_of(cover, tmp_path).picture
    assert picture is not None
    assert picture.shown_size == (1920, 960)


def test_a_clip_of_the_source_with_snapshots_and_a_watermark(make: Make, tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "color=white:s=40x40", "-frames:v", "1", str(tmp_path / "mark.png"))
    black = make("black", "-vf", "drawbox=c=black:t=fill", seconds=4)
    procedure = Procedure(
        "all",
        (Rendition(),),
        snapshots=Snapshots(count=2, height=90),
        watermark=Watermark("s", "k", corner="bottom-left", width=25, margin=0),
        clip=Clip(1, 2),
    )
    mark = (tmp_path / "mark.png").rename(tmp_path / "mark")
    out = carry_out(black, procedure, tmp_path / "work", mark)
    assert length(out / "file-180p/180p.mp4") == pytest.approx(2, abs=0.1)
    with av.open(str(out / "file-180p/180p.mp4")) as container:
        brightness = next(container.decode(video=0)).reformat(format="gray")
        line = bytes(brightness.planes[0])[170 * brightness.planes[0].line_size :]
        assert line[40] > 200 > 50 > line[200]
    assert sorted(path.name for path in (out / "snapshots").iterdir()) == [
        "snapshot-0001.jpg",
        "snapshot-0002.jpg",
    ]


def test_a_source_that_breaks_off_fails_with_a_reason_and_one_not_wanted_stops(
    make: Make, tmp_path: Path
) -> None:
    source = make("whole", seconds=2)
    (encode, *_) = plan(facts_of(source, tmp_path), LADDER)
    (tmp_path / "broken").write_bytes(b"\0" * 5000)
    (tmp_path / "out").mkdir()
    with pytest.raises(BadMedia) as caught:
        render(encode, tmp_path / "out", lambda word: tmp_path / "broken")
    assert "broken" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
    endless = make("long", seconds=120, size="640x360")
    with pytest.raises(Stopped):
        render(encode, tmp_path / "out", lambda word: endless, wanted=lambda: False)
