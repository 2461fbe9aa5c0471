"""Renditions made one by one join the others as if all had been made at once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import av
import pytest

from vodkit.server.media.errors import BadMedia
from vodkit.server.media.look import facts_of
from vodkit.server.media.plan import Step, plan
from vodkit.server.media.procedure import Clip, Procedure, Rendition, Snapshots, Watermark
from vodkit.server.media.products import products
from vodkit.server.media.render import finder, render
from vodkit.server.media.step import watermarks

from .conftest import Make

LADDER = Procedure("small", (Rendition(180), Rendition(90), Rendition(72, codec="vp9")))


@pytest.fixture
def source(make: Make) -> Path:
    return make("five", seconds=5)


def steps_of(source: Path, folder: Path, procedure: Procedure = LADDER) -> dict[str, Step]:
    (folder / "probe").mkdir(parents=True)
    return {step.name: step for step in plan(facts_of(source, folder / "probe"), procedure)}


def do(step: Step, folder: Path, source: Path) -> list[str]:
    (folder / step.name).mkdir()
    return render(step, folder / step.name, finder(folder, {"@source": source}))


def starts(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        packets = container.demux(container.streams.video[0])
        return [round(float(p.pts * p.time_base), 3) for p in packets if p.is_keyframe and p.pts is not None]


def test_an_encode_can_be_taken_apart_and_put_together_again(source: Path, tmp_path: Path) -> None:
    together, apart = tmp_path / "together", tmp_path / "apart"
    steps = steps_of(source, together)
    do(steps["encode"], together, source)
    do(steps["package"], together, source)
    apart.mkdir()
    alone = steps["encode"].apart
    assert [step.name for step in alone] == ["encode-180p", "encode-90p", "encode-72p", "encode-audio"]
    assert [step.makes for step in alone] == [(name,) for name in steps["encode"].makes]
    for step in alone:
        do(step, apart, source)
    do(steps["package"], apart, source)
    for name in ("180p.mp4", "90p.mp4", "72p.mp4"):
        assert starts(apart / "package" / name) == starts(together / "package" / name) == [0, 2, 4]
    lines = [(folder / "package/master.m3u8").read_text().splitlines() for folder in (together, apart)]
    uris = [[line for line in text if not line.startswith("#")] for text in lines]
    assert uris[0] == uris[1] == ["180p.m3u8", "90p.m3u8", "72p.m3u8"]
    do(steps["file-180p"], apart, source)
    with av.open(str(apart / "file-180p/180p.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]


def test_what_could_be_made_is_packaged_and_the_rest_joins_later(source: Path, tmp_path: Path) -> None:
    steps = steps_of(source, tmp_path)
    big, small, _, audio = steps["encode"].apart
    for step in (small, audio):
        do(step, tmp_path, source)
    do(steps["package"], tmp_path, source)
    (product,) = products(steps["package"], tmp_path / "package")
    assert [item["name"] for item in product.facts["renditions"]] == ["90p"]
    assert "180p" not in (tmp_path / "package/manifest.mpd").read_text()
    (tmp_path / "file-180p").mkdir()
    with pytest.raises(BadMedia, match=r"180p\.mp4, which could not be made"):
        render(steps["file-180p"], tmp_path / "file-180p", finder(tmp_path, {"@source": source}))

    do(big, tmp_path, source)
    again = replace(steps["package"], name="again")
    do(again, tmp_path, source)
    (product,) = products(again, tmp_path / "again")
    assert [item["name"] for item in product.facts["renditions"]] == ["180p", "90p"]
    assert product.facts_under("m/o/")["dash"] == "m/o/manifest.mpd"
    assert product.facts["audio"]["rate"] == 48000
    assert product.size == sum(path.stat().st_size for path in (tmp_path / "again").iterdir())


def test_without_any_rendition_nothing_is_packaged(source: Path, tmp_path: Path) -> None:
    steps = steps_of(source, tmp_path)
    with pytest.raises(BadMedia, match="none of the renditions"):
        do(steps["package"], tmp_path, source)


def test_a_single_stream_is_not_taken_apart(make: Make, tmp_path: Path) -> None:
    steps = steps_of(make("alone", sound=False, seconds=1), tmp_path, Procedure("one", (Rendition(90),)))
    assert steps["encode"].apart == ()


def test_a_step_with_its_parts_survives_json(source: Path, tmp_path: Path) -> None:
    for step in steps_of(source, tmp_path).values():
        assert Step.from_dict(json.loads(json.dumps(step.as_dict()))) == step


def test_one_procedure_says_ladders_files_and_pictures_of_their_own(source: Path, tmp_path: Path) -> None:
    def part(name: str, definition: str, *renditions: Rendition, **more: object) -> Procedure:
        return Procedure(name, renditions, definition=definition, **more)  # type: ignore[arg-type]

    alone = {"streaming": False, "files": "all"}
    procedure = Procedure(
        "task",
        audio=None,
        streaming=False,
        files="none",
        also=(
            part("adaptive-10", "10", Rendition(90), Rendition(72), files="none"),
            part("transcode-100010", "100010", Rendition(90), clip=Clip(1, 2), **alone),
            part("transcode-1010", "1010", container="mp3", **alone),
            part("flv", "7", Rendition(72), container="flv", watermark=Watermark("s", "k"), **alone),
            part("shots", "20", audio=None, snapshots=Snapshots(interval=2, format="png")),
        ),
    )
    assert Procedure.from_dict(json.loads(json.dumps(procedure.as_dict()))) == procedure
    assert watermarks(procedure) == {"@flv-watermark": Watermark("s", "k")}
    steps = steps_of(source, tmp_path, procedure)
    assert list(steps) == [
        *("adaptive-10-encode", "adaptive-10-package"),
        *("transcode-100010-encode", "transcode-100010-file-90p"),
        "transcode-1010-file-audio",
        *("flv-encode", "flv-file-72p"),
        "shots-snapshots",
    ]
    made = {}
    for name in list(steps):
        if not name.startswith("flv"):
            do(steps[name], tmp_path, source)
            for product in products(steps[name], tmp_path / name):
                made[product.definition, product.kind, product.file] = product
    assert list(made) == [
        ("10", "streams", "master.m3u8"),
        ("100010", "file", "90p.mp4"),
        ("1010", "file", "audio.mp3"),
        *(("20", "snapshot", f"snapshot-000{number}.png") for number in (1, 2, 3)),
    ]
    facts = facts_of(tmp_path / "transcode-100010-file-90p/90p.mp4", tmp_path / "probe")
    assert facts.seconds == pytest.approx(2, abs=0.1)
    assert facts_of(tmp_path / "transcode-1010-file-audio/audio.mp3", tmp_path / "probe").kind == "audio"
    assert [product.facts["at"] for product in list(made.values())[3:]] == [0, 2, 4]
