"""Red is red in everything that is made of a source, however its colours are coded."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from vodkit.server.media.procedure import Position, Procedure, Rendition, Snapshots, Sprite

from .conftest import ffmpeg
from .test_media_outputs import carry_out

MADE = Procedure(
    "colours",
    renditions=(Rendition(90),),
    cover=Position(),
    snapshots=Snapshots(count=1, height=90, format="webp"),
    sprite=Sprite(interval=0.5),
)
HIGH, LOW, PAGE = (63, 102, 240), (81, 90, 240), (76, 85, 255)
"""Red by BT.709 and by BT.601 with television's levels, and by BT.601 with all levels, as JPEG has it."""

_AS = "scale=out_color_matrix={matrix}:out_range=tv,format=yuv420p"
SOURCES = {
    "high definition that says so": ("1280x720", _AS.format(matrix="bt709"), "libx264"),
    "high definition that does not": (
        "1280x720",
        _AS.format(matrix="bt709")
        + ",setparams=colorspace=unknown:color_primaries=unknown:color_trc=unknown",
        "libx264",
    ),
    "a screen in RGB": ("1280x720", "format=gbrp", "libx264rgb"),
    "a small picture that does not": (
        "320x180",
        _AS.format(matrix="smpte170m")
        + ",setparams=colorspace=unknown:color_primaries=unknown:color_trc=unknown",
        "libx264",
    ),
}


def colour(path: Path) -> tuple[str, tuple[int, ...]]:
    """How the first picture says that its colours are coded, and the code of one of its points."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        assert isinstance(frame, av.VideoFrame)
        said = {1: "bt709", 6: "smpte170m"}.get(int(frame.colorspace), "")
        return said, tuple(bytes(plane)[plane.line_size * 4 + 4] for plane in frame.planes)


@pytest.mark.parametrize("name", SOURCES)
def test_red_stays_red(name: str, tmp_path: Path) -> None:
    size, coded, encoder = SOURCES[name]
    source = tmp_path / "red"
    red = ("-f", "lavfi", "-i", f"color=c=red:s={size}:r=25:d=1,format=gbrp", "-vf", coded)
    ffmpeg(*red, "-c:v", encoder, "-preset", "ultrafast", "-f", "matroska", str(source))
    work = carry_out(source, MADE, tmp_path / "work")
    said, code = colour(work / "encode" / "90p.mp4")
    small = size == "320x180"
    assert said == ("smpte170m" if small else "bt709")
    assert code == pytest.approx(LOW if small else HIGH, abs=3)
    assert colour(work / "cover" / "cover.jpg")[1] == pytest.approx(PAGE, abs=4)
    assert colour(work / "sprite" / "sprite-001.jpg")[1] == pytest.approx(PAGE, abs=4)
    assert colour(work / "snapshots" / "snapshot-0001.webp")[1] == pytest.approx(LOW, abs=4)
