"""Steps that make still pictures: cover, snapshots, sprite; and the small moving one of an animation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .encode import picture
from .facts import Facts, Stream
from .procedure import Animation, Procedure, Snapshots, Sprite
from .sizes import GOP, Rung, fitted
from .step import SLOWEST, Cut, Step, opened

_LARGEST_COVER = (1920, 1920)
_INEXACT = frozenset(["mpegts", "mpeg", "mpegvideo", "h264", "hevc", "m4v", "vc1", "obu"])
"""Containers without an index: a jump leads to where nothing can be decoded before the next key frame."""

_RUN_UP = 10.0
"""Seconds to decode before a picture in those."""

_MOST_SNAPSHOTS = 1000
_CODECS = {
    "jpg": ("-c:v", "mjpeg", "-q:v", "3"),
    "png": ("-c:v", "png"),
    "webp": ("-c:v", "libwebp", "-quality", "80"),
}
_CODED = {
    "jpg": "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p",
    "png": "format=rgb24",
    "webp": "scale=out_color_matrix=bt601:out_range=tv,format=yuv420p",
    "gif": "format=rgb24",
}
"""How each format wants its colours. It cannot say that they are coded in any other way."""


def steps(
    facts: Facts, procedure: Procedure, rungs: Sequence[Rung], encoded: str, cut: Cut
) -> Iterator[Step]:
    """Steps for all pictures that a procedure asks for.

    Args:
        facts: Of the source.
        procedure: What is wanted.
        rungs: The renditions that the step ``encoded`` makes.
        encoded: Its name.
        cut: The part of the source that is used.
    """
    video = facts.video
    if procedure.cover and facts.picture:
        yield _cover(facts, procedure, cut)
    if procedure.snapshots and video:
        yield _snapshots(facts, video, procedure.snapshots, cut)
    if procedure.sprite and video and cut.seconds:
        smallest = f"@{encoded}/{rungs[-1].name}.mp4" if rungs else ""
        yield _sprite(video, procedure.sprite, smallest, cut)
    if procedure.animation and video:
        yield _animation(video, procedure.animation, cut)


def _cover(facts: Facts, procedure: Procedure, cut: Cut) -> Step:
    source = facts.picture
    assert source is not None
    assert procedure.cover is not None
    at = 0.0
    if facts.video:
        at = cut.offset + min(procedure.cover.at(cut.seconds), cut.latest(facts.video))
    size = fitted(source.shown_size, *_LARGEST_COVER)
    return _stills("cover", facts, source, "jpg", [("cover.jpg", at)], size)


def _snapshots(facts: Facts, video: Stream, wanted: Snapshots, cut: Cut) -> Step:
    if wanted.at:
        moments = [position.at(cut.seconds) for position in wanted.at]
    elif wanted.interval:
        many = min(_MOST_SNAPSHOTS, max(1, math.ceil(round(cut.seconds / wanted.interval, 3))))
        moments = [number * wanted.interval for number in range(many)]
    else:
        moments = [cut.seconds * (number + 0.5) / wanted.count for number in range(wanted.count)]
    named = [
        (f"snapshot-{number:04}.{wanted.format}", cut.offset + min(moment, cut.latest(video)))
        for number, moment in enumerate(moments, 1)
    ]
    size = fitted(video.shown_size, wanted.width, wanted.height)
    return _stills("snapshots", facts, video, wanted.format, named, size)


def _stills(
    kind: str,
    facts: Facts,
    video: Stream,
    format: str,
    named: Sequence[tuple[str, float]],
    size: tuple[int, int],
) -> Step:
    """A picture for each moment; those after the end of a picture that ends before its sound are left out."""
    filters = ",".join(picture(video, *size, _CODED[format]))
    commands = []
    for file, at in named:
        run_up = min(at, _RUN_UP) if facts.container in _INEXACT else 0.0
        taken = [
            "-map",
            f"0:{video.index}",
            *_from(run_up),
            "-frames:v",
            "1",
            "-vf",
            filters,
            *_CODECS[format],
        ]
        written = ["-f", "image2", "-update", "1", file]
        commands.append((*_from(at - run_up), *opened("@source"), *taken, *written))
    return Step(
        name=kind,
        kind=kind,
        commands=tuple(commands),
        makes=(named[0][0],),
        seconds=0.0,
        limit=120.0,
        published=True,
        facts={"width": size[0], "height": size[1], "at": dict(named)},
    )


def _from(seconds: float) -> list[str]:
    return ["-ss", f"{seconds:.3f}"] if seconds else []


def _sprite(video: Stream, sprite: Sprite, smallest: str, cut: Cut) -> Step:
    """Sheets of the first picture in every interval."""
    every = max(0.1, cut.seconds * sprite.percent / 100) if sprite.percent else sprite.interval
    size = fitted(video.shown_size, sprite.width, sprite.height)
    chain = [f"select='isnan(prev_selected_t)+gt(floor(t/{every}),floor(prev_selected_t/{every}))'"]
    if smallest:
        alone = ["-skip_frame", "nokey"] if every >= 2 * GOP else []
        source = [*alone, *opened(smallest)]
        chain += [f"scale={size[0]}:{size[1]}", _CODED[sprite.format]]
    else:
        source = [*cut.input(), "-map", f"0:{video.index}"]
        chain += picture(video, *size, _CODED[sprite.format])
    chain.append(f"tile={sprite.columns}x{sprite.rows}")
    command = [*source, "-an", "-vf", ",".join(chain), "-fps_mode", "passthrough", *_CODECS[sprite.format]]
    return Step(
        name="sprite",
        kind="sprite",
        commands=((*command, "-f", "image2", f"sprite-%03d.{sprite.format}"),),
        makes=(f"sprite-001.{sprite.format}",),
        seconds=cut.seconds,
        limit=600.0 + (1.0 if smallest else SLOWEST) * cut.seconds,
        published=True,
        facts={
            "width": size[0],
            "height": size[1],
            "columns": sprite.columns,
            "rows": sprite.rows,
            "interval": every,
            "count": math.ceil(round(cut.seconds / every, 3)),
            "seconds": cut.seconds,
            "format": sprite.format,
        },
    )


def _animation(video: Stream, wanted: Animation, cut: Cut) -> Step:
    used = cut.shortened(wanted.seconds)
    size = fitted(video.shown_size, wanted.width, wanted.height)
    fps = min(wanted.fps, video.fps or wanted.fps)
    file = f"animation.{wanted.format}"
    filters = f"fps={fps:g},{','.join(picture(video, *size, _CODED[wanted.format]))}"
    if wanted.format == "gif":
        filters += ",split[a][b];[a]palettegen[p];[b][p]paletteuse"
        codec = ["-f", "gif"]
    else:
        codec = ["-c:v", "libwebp_anim", "-quality", "70", "-f", "webp"]
    command = [*used.input(), "-filter_complex", f"[0:{video.index}]{filters}", *codec, "-loop", "0", file]
    return Step(
        name="animation",
        kind="animation",
        commands=(tuple(command),),
        makes=(file,),
        seconds=used.seconds,
        limit=600.0 + SLOWEST * used.seconds,
        published=True,
        facts={"width": size[0], "height": size[1], "seconds": used.seconds, "format": wanted.format},
    )
