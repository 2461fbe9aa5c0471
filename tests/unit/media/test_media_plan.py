from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from vodkit.server.media.errors import BadMedia
from vodkit.server.media.facts import Facts, Stream
from vodkit.server.media.plan import Step, plan
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
from vodkit.server.media.sizes import ladder

VIDEO = Stream(0, "video", "h264", width=1920, height=1080, fps=25, nominal_fps=25)
AUDIO = Stream(1, "audio", "aac", channels=6, rate=44100)
FILM = Facts("mov,mp4", 60.0, 0.0, 0, (VIDEO, AUDIO))
SILENT = replace(FILM, streams=(VIDEO,))
SONG = replace(FILM, streams=(replace(AUDIO, index=0),))
IMAGE = Facts("jpeg_pipe", 0.0, 0.0, 0, (Stream(0, "video", "mjpeg", width=7680, height=4320),))
LADDER = BUILT_IN["default"]


def video(**facts: Any) -> Stream:
    return replace(VIDEO, **facts)


def words(step: Step) -> str:
    return " ".join(word for command in step.commands for word in command)


@pytest.mark.parametrize(
    ("source", "sizes"),
    [
        (video(), [(1920, 1080), (1280, 720), (854, 480), (640, 360)]),
        (video(width=3840, height=2160), [(1920, 1080), (1280, 720), (854, 480), (640, 360)]),
        (video(width=640, height=480), [(640, 480), (480, 360)]),
        (video(width=321, height=181), [(320, 180)]),
        (video(width=1, height=1), [(2, 2)]),
        (video(rotation=90), [(1080, 1920), (720, 1280), (480, 854), (360, 640)]),
        (video(width=720, height=1280), [(720, 1280), (480, 854), (360, 640)]),
        (video(width=720, height=480, aspect=32 / 27), [(852, 480), (640, 360)]),
    ],
    ids=["1080p", "2160p", "480p", "odd", "one pixel", "turned", "upright", "wide pixels"],
)
def test_the_ladder_is_never_above_the_source_and_keeps_its_shape(
    source: Stream, sizes: list[tuple[int, int]]
) -> None:
    assert [(rung.width, rung.height) for rung in ladder(source, LADDER)] == sizes


@pytest.mark.parametrize(
    ("facts", "rate"),
    [
        ({"fps": 25.0}, Fraction(25)),
        ({"fps": 30000 / 1001, "nominal_fps": 30000 / 1001}, Fraction(30000, 1001)),
        ({"fps": 26.3, "nominal_fps": 90.0}, Fraction(30000, 1001)),
        ({"fps": 120.0, "nominal_fps": 120.0}, Fraction(60)),
        ({"fps": 10.0, "nominal_fps": 10.0}, Fraction(10)),
        ({"fps": 0.0, "nominal_fps": 0.0}, Fraction(25)),
    ],
)
def test_the_rate_is_constant_and_usual(facts: dict[str, float], rate: Fraction) -> None:
    assert ladder(video(**facts), LADDER)[0].fps == rate


def test_several_of_one_size_are_made_if_they_ask_for_it() -> None:
    asked = (Rendition(1080, bitrate=4_000_000), Rendition(1080, bitrate=2_000_000), Rendition(720))
    rates = [(rung.name, rung.bitrate) for rung in ladder(video(), Procedure("p", asked))]
    assert [bits for _, bits in rates[:2]] == [4_000_000, 2_000_000]
    assert len({name for name, _ in rates}) == 3
    small = ladder(video(width=320, height=180), Procedure("p", asked))
    assert [rung.bitrate for rung in small] == [4_000_000, 2_000_000]


def test_groups_of_pictures_last_the_same_at_every_rate() -> None:
    procedure = Procedure("p", (Rendition(720), Rendition(480, fps=30), Rendition(360, fps=15)))
    rungs = ladder(video(fps=60000 / 1001, nominal_fps=60000 / 1001), procedure)
    assert [rung.fps for rung in rungs] == [Fraction(60000, n * 1001) for n in (1, 2, 4)]
    assert len({rung.gop / rung.fps for rung in rungs}) == 1


@pytest.mark.parametrize(
    ("facts", "name", "steps"),
    [
        (FILM, "default", ["encode", "package", "file-1080p", "cover", "sprite"]),
        (SILENT, "default", ["encode", "package", "file-1080p", "cover", "sprite"]),
        (SONG, "default", ["encode", "package", "file-audio"]),
        (IMAGE, "default", ["cover"]),
        (FILM, "as-is", ["cover"]),
        (SONG, "as-is", []),
        (FILM, "audio-only", ["encode", "package", "file-audio"]),
        (FILM, "snapshot-only", ["cover", "snapshots", "sprite"]),
    ],
)
def test_what_a_source_has_not_is_left_out(facts: Facts, name: str, steps: list[str]) -> None:
    assert [step.name for step in plan(facts, BUILT_IN[name])] == steps


@pytest.mark.parametrize(("facts", "name"), [(SILENT, "audio-only"), (SONG, "snapshot-only")])
def test_a_procedure_that_makes_nothing_of_a_source_fails(facts: Facts, name: str) -> None:
    with pytest.raises(BadMedia, match=name):
        plan(facts, BUILT_IN[name])


def test_one_process_decodes_once_for_hls_and_dash() -> None:
    encode = plan(FILM, LADDER)[0]
    assert len(encode.commands) == 1
    assert encode.commands[0].count("@source") == 1
    assert encode.makes == ("1080p.mp4", "720p.mp4", "480p.mp4", "360p.mp4", "audio.mp4")
    assert "aformat=channel_layouts=stereo" in words(encode)


@pytest.mark.parametrize(
    ("source", "filter"),
    [
        (video(hdr="pq"), "tin=smpte2084"),
        (video(hdr="hlg"), "arib-std-b67"),
        (video(interlaced=True), "bwdif"),
    ],
)
def test_what_needs_a_filter_gets_it(source: Stream, filter: str) -> None:
    assert filter in words(plan(replace(FILM, streams=(source,)), LADDER)[0])
    assert filter not in words(plan(FILM, LADDER)[0])


def test_every_input_is_bounded_and_none_is_an_address() -> None:
    procedure = replace(LADDER, watermark=Watermark("s", "k"), snapshots=Snapshots(count=3), files="all")
    for step in plan(FILM, procedure):
        for command in step.commands:
            inputs = [at for at, word in enumerate(command) if word == "-i"]
            assert inputs
            for at in inputs:
                assert command[at + 1].startswith("@")
                assert command[at - 4 : at : 2] == ("-protocol_whitelist", "-format_whitelist")


def test_a_clip_that_begins_after_the_end_is_refused() -> None:
    with pytest.raises(BadMedia, match="60 s"):
        plan(FILM, replace(LADDER, clip=Clip(offset=61)))
    assert plan(FILM, replace(LADDER, clip=Clip(offset=50, seconds=60)))[0].seconds == 10


@pytest.mark.parametrize("procedure", BUILT_IN.values(), ids=lambda procedure: procedure.name)
def test_a_procedure_and_its_steps_survive_json(procedure: Procedure) -> None:
    full = replace(
        procedure,
        snapshots=Snapshots(at=(Position(percent=50), Position(1.0))),
        watermark=Watermark("s", "k"),
        clip=Clip(1, 2),
    )
    for made in (procedure, full):
        assert Procedure.from_dict(json.loads(json.dumps(made.as_dict()))) == made
    for step in plan(FILM, full):
        assert Step.from_dict(json.loads(json.dumps(step.as_dict()))).commands == step.commands


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": "p", "schema": 99}, "schema 99"),
        ({"name": "p", "speed": 1}, "speed"),
        ({"name": "p", "renditions": [{"codec": "mpeg2"}]}, "codec"),
        ({"name": "p", "renditions": [{"heigth": 1}]}, "heigth"),
        ({"name": "p", "renditions": [{}] * 11}, "renditions"),
        ({"name": "p", "sprite": {"interval": 0}}, "interval"),
        ({"name": "p", "snapshots": {"count": 0}}, "snapshots"),
        ({"name": "p", "watermark": {"key": "k"}}, "watermark"),
        ({"name": "p", "cover": {"percent": 101}}, "percent"),
        ({"name": "p", "clip": {"offset": "1"}}, "clip.offset"),
        ({}, "name is missing"),
    ],
)
def test_a_procedure_that_cannot_be_is_refused_by_name(data: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Procedure.from_dict(data)


def test_a_sprite_counts_its_pictures() -> None:
    (sprite,) = plan(FILM, Procedure("s", audio=None, sprite=Sprite(interval=7)))
    assert sprite.facts["count"] == 9
