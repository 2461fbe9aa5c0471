"""What comes of awkward inputs, the way the worker does it: look, check, plan, render."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest

from vodkit.server.media.errors import BadMedia, TooMuch
from vodkit.server.media.facts import Facts
from vodkit.server.media.look import facts_of
from vodkit.server.media.plan import check_length, plan
from vodkit.server.media.procedure import BUILT_IN
from vodkit.server.media.products import Product, products
from vodkit.server.media.render import finder, render

from .corpus import CASES, Case

# A sprite is made of a rendition, whatever that was made of.
DEFAULT = replace(BUILT_IN["default"], sprite=None)


def carry_out(source: Path, work: Path, longest: float | None) -> tuple[Facts, dict[str, Product]]:
    """What was found, and the products by their kinds, with their files in ``work``/``<kind>``."""
    (work / "probe").mkdir(parents=True)
    facts = facts_of(source, work / "probe")
    check_length(facts, longest)
    made = {}
    for step in plan(facts, DEFAULT):
        (work / step.name).mkdir()
        render(step, work / step.name, finder(work, {"@source": source}))
        for product in products(step, work / step.name):
            made[product.kind] = product
            (work / product.kind).exists() or (work / product.kind).symlink_to(work / step.name)
    return facts, made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_awkward_input(case: Case, tmp_path: Path) -> None:
    # Whatever a file is called, it is called like this where it is stored.
    source = tmp_path / "blob"
    case.make(source)
    if case.error:
        with pytest.raises((BadMedia, TooMuch), match=case.error) as caught:
            carry_out(source, tmp_path / "work", case.longest)
        assert str(tmp_path) not in str(caught.value)
        assert [path.name for path in (tmp_path / "work").iterdir()] == ["probe"]
        return
    facts, made = carry_out(source, tmp_path / "work", case.longest)
    assert facts.kind == case.kind
    assert ("streams" in made, "file" in made) == (case.kind != "image",) * 2
    if "cover" in made:
        assert size_of(tmp_path / "work/cover/cover.jpg") == case.size
    if case.kind == "image":
        return
    assert facts.length == pytest.approx(case.seconds, abs=0.15)
    shown = made["streams"].facts["renditions"]
    if case.kind == "video":
        largest = shown[0]
        assert (largest["width"], largest["height"]) == case.size
        assert largest["fps"] == pytest.approx(case.fps)
    else:
        assert shown == []
    check_file(tmp_path / "work/file" / made["file"].file, case)


def size_of(path: Path) -> tuple[int, int]:
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return frame.width, frame.height


def check_file(path: Path, case: Case) -> None:
    """The progressive file, as another reader sees it: all of it can be decoded."""
    with av.open(str(path)) as container:
        kinds = [stream.type for stream in container.streams]
        assert kinds == ["video"] * (case.kind == "video") + ["audio"] * bool(case.channels)
        if case.kind == "video":
            video = container.streams.video[0]
            assert (video.codec_context.name, video.pix_fmt) == ("h264", "yuv420p")
            assert float(video.average_rate) == pytest.approx(case.fps, rel=0.01)
        if case.channels:
            assert container.streams.audio[0].channels == case.channels
        ends = []
        for packet in container.demux():
            for frame in packet.decode():
                ends.append(float(frame.time))
        assert max(ends) == pytest.approx(case.seconds, abs=0.15 + 1 / case.fps)
