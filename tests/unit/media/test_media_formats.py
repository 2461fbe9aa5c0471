"""Containers and picture formats other than the usual ones, opened by another reader."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from vodkit.server.media.look import facts_of
from vodkit.server.media.plan import plan
from vodkit.server.media.procedure import (
    Animation,
    Audio,
    Clip,
    Position,
    Procedure,
    Rendition,
    Snapshots,
    Sprite,
)
from vodkit.server.media.products import TYPES, Product, products
from vodkit.server.media.render import finder, render

from .conftest import Make


def carry_out(source: Path, procedure: Procedure, work: Path) -> dict[Path, Product]:
    """What was made, by the file to begin with."""
    (work / "probe").mkdir(parents=True)
    found = {}
    for step in plan(facts_of(source, work / "probe"), procedure):
        (work / step.name).mkdir()
        render(step, work / step.name, finder(work, {"@source": source}))
        found |= {work / step.name / each.file: each for each in products(step, work / step.name)}
    return found


def bare(name: str, audio: Audio | None = None, **wanted: object) -> Procedure:
    return Procedure(name, audio=audio, streaming=False, files="none", **wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("container", "format", "codec", "rate"),
    [
        ("mp3", "mp3", "mp3float", 44100),
        ("flac", "flac", "flac", 44100),
        ("ogg", "ogg", "opus", 48000),
        ("wav", "wav", "pcm_s16le", 44100),
        ("mp4", "mov,mp4,m4a,3gp,3g2,mj2", "aac", 44100),
    ],
)
def test_files_of_the_sound(
    container: str, format: str, codec: str, rate: int, make: Make, tmp_path: Path
) -> None:
    procedure = Procedure("p", audio=Audio(64_000, 1, 44_100), streaming=False, container=container)
    ((path, product),) = carry_out(make("surround", "-ac", "6", seconds=2), procedure, tmp_path / "w").items()
    assert (product.kind, product.facts["rendition"]) == ("file", None)
    assert path.suffix in TYPES
    with av.open(str(path)) as container_:
        (stream,) = container_.streams
        assert container_.format.name == format
        assert (stream.codec_context.name, stream.rate, stream.channels) == (codec, rate, 1)
        assert container_.duration / 1_000_000 == pytest.approx(2, abs=0.1)


def test_flv(clip: Path, tmp_path: Path) -> None:
    procedure = Procedure("p", (Rendition(90),), streaming=False, container="flv")
    ((path, product),) = carry_out(clip, procedure, tmp_path / "w").items()
    assert (path.name, product.facts["container"]) == ("90p.flv", "flv")
    with av.open(str(path)) as container:
        assert container.format.name == "flv"
        assert sorted(stream.codec_context.name for stream in container.streams) == ["aac", "h264"]
        assert container.duration / 1_000_000 == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(("format", "codec"), [("jpg", "mjpeg"), ("png", "png"), ("webp", "webp")])
def test_snapshots_and_sprites(format: str, codec: str, clip: Path, tmp_path: Path) -> None:
    moments = (Position(0.5), Position(percent=50))
    procedure = bare(
        "p",
        snapshots=Snapshots(at=moments, height=90, format=format),
        sprite=Sprite(percent=25, width=64, columns=2, rows=1, format=format),
        definition="7",
    )
    found = carry_out(clip, procedure, tmp_path / "w")
    assert {product.definition for product in found.values()} == {"7"}
    *shots, sprite = found.values()
    assert [(shot.kind, shot.facts["at"]) for shot in shots] == [("snapshot", 0.5), ("snapshot", 1.5)]
    assert sprite.facts["count"] == 4
    assert sprite.facts_under("k/")["sheets"] == [f"k/sprite-001.{format}", f"k/sprite-002.{format}"]
    for path, product in found.items():
        picture = path.with_name(f"sprite-001.{format}") if product is sprite else path
        with av.open(str(picture)) as container:
            frame = next(container.decode(video=0))
            assert container.streams.video[0].codec_context.name == codec
            assert (frame.width, frame.height) == ((128, 36) if product is sprite else (160, 90))


def test_an_animation_is_a_part_of_the_film_that_goes_round(clip: Path, tmp_path: Path) -> None:
    gif = bare("p", animation=Animation("gif", seconds=1, fps=5, width=64), clip=Clip(offset=1))
    ((path, product),) = carry_out(clip, gif, tmp_path / "gif").items()
    assert (product.kind, product.facts["seconds"]) == ("animation", 1)
    with av.open(str(path)) as container:
        assert container.format.name == "gif"
        frames = list(container.decode(video=0))
        assert (len(frames), frames[0].width, frames[0].height) == (5, 64, 36)
    assert b"NETSCAPE2.0" in path.read_bytes()

    webp = bare("p", animation=Animation("webp", seconds=1, fps=5, width=64))
    ((path, _),) = carry_out(clip, webp, tmp_path / "webp").items()
    data = path.read_bytes()
    assert data[:4] + data[8:12] == b"RIFFWEBP"
    assert data.count(b"ANMF") == 5


def test_what_is_after_the_last_picture_is_left_out(make: Make, tmp_path: Path) -> None:
    longer = make("longer-sound", "-vf", "trim=end=1", seconds=3, format="matroska")
    found = carry_out(longer, bare("p", snapshots=Snapshots(count=3)), tmp_path / "w")
    assert [product.facts["at"] for product in found.values()] == [pytest.approx(0.5, abs=0.01)]
