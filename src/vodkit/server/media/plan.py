"""From what a file holds and what is wanted to what is to be run. Pure: no file is touched.

The picture is decoded and encoded once, into one CMAF file for each rendition, which HLS and DASH share;
progressive files are copies of those streams and small pictures are made from the smallest of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .errors import BadMedia
from .facts import Facts, Stream
from .formats import FORMATS, PROTOCOLS
from .procedure import Audio, Procedure, Snapshots, Sprite
from .sizes import GOP, Rung, fitted, ladder

SOURCE = "@source"
WATERMARK = "@watermark"
GOPS_IN_SEGMENT = 2
_LARGEST_COVER = (1920, 1920)
_FASTER = 30.0
"""Seconds of work that a second of one rendition may take before it counts as stuck."""

_ENCODERS = {
    "h264": ("libx264", {"preset": "veryfast", "profile": "high", "sc_threshold": "0"}),
    "hevc": ("libx265", {"preset": "ultrafast", "tag": "hvc1"}),
    "av1": ("libsvtav1", {"preset": "10"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "7", "row-mt": "1"}),
}
_X265 = "keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:log-level=error"
_LAYOUTS = ("mono", "stereo", "2.1", "quad", "5.0", "5.1", "6.1", "7.1")
_HDR = {"pq": "smpte2084", "hlg": "arib-std-b67"}


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of work, which succeeds or fails as a whole.

    Attributes:
        name: Unique in its plan, fit for a folder.
        kind: ``streams``, ``file``, ``pictures`` or ``sprite``.
        commands: Arguments for ffmpeg, run one after the other. A word that begins with ``@`` stands for a
            file: the source, the watermark, or ``@step/file`` for what an earlier step made.
        makes: Files that must be there afterwards.
        seconds: How long its output plays, for telling progress; 0 where that makes no sense.
        limit: Seconds after which it counts as stuck.
        published: Whether its files are a result, or only serve later steps.
        facts: What else there is to know of its files (JSON).
    """

    name: str
    kind: str
    commands: tuple[tuple[str, ...], ...]
    makes: tuple[str, ...]
    seconds: float
    limit: float
    published: bool
    facts: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; see :meth:`from_dict`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Step:
        """The inverse of :meth:`as_dict`."""
        commands = tuple(tuple(command) for command in data["commands"])
        return cls(**{**data, "commands": commands, "makes": tuple(data["makes"])})


def plan(facts: Facts, procedure: Procedure) -> list[Step]:
    """The steps of a procedure for a source, in the order to run them.

    What the source does not have is left out: a file without sound gets none, a still picture gets a cover.

    Raises:
        BadMedia: nothing of what is wanted can be made of this source.
    """
    steps = list(_steps(facts, procedure))
    asked = procedure.renditions or procedure.audio or procedure.snapshots or procedure.sprite
    if not steps and asked:
        raise BadMedia(f"the procedure {procedure.name} makes nothing of this {facts.kind}")
    return steps


def _steps(facts: Facts, procedure: Procedure) -> Iterator[Step]:
    video = facts.video
    cut = _Cut.of(facts, procedure)
    rungs = ladder(video, procedure) if video and procedure.renditions else []
    sound = facts.audio if procedure.audio else None
    if rungs or (sound and (procedure.streaming or procedure.files != "none")):
        yield _streams(facts, procedure, rungs, cut)
        yield from _files(procedure, rungs, sound is not None, cut)
    if procedure.cover and facts.picture:
        yield _cover(facts, procedure, cut)
    if procedure.snapshots and video:
        yield _snapshots(video, procedure.snapshots, cut)
    if procedure.sprite and video and cut.seconds:
        yield _sprite(video, procedure.sprite, rungs, cut)


@dataclass(frozen=True, slots=True)
class _Cut:
    """The part of the source that is used."""

    offset: float
    seconds: float
    bounded: bool

    @classmethod
    def of(cls, facts: Facts, procedure: Procedure) -> _Cut:
        whole = facts.seconds or max((stream.seconds for stream in facts.streams), default=0.0)
        clip = procedure.clip
        if clip is None:
            return cls(0.0, whole, bounded=False)
        if whole and clip.offset >= whole:
            raise BadMedia(f"the clip begins at {clip.offset:g} s, and the media ends at {whole:g} s")
        rest = max(0.0, whole - clip.offset)
        seconds = min(clip.seconds, rest) if clip.seconds and rest else clip.seconds or rest
        return cls(clip.offset, seconds, bounded=clip.seconds > 0)

    def input(self) -> list[str]:
        """The source, from where it begins to count."""
        start = ["-ss", f"{self.offset:.6f}"] if self.offset else []
        return [*start, *(["-t", f"{self.seconds:.6f}"] if self.bounded else []), *_input(SOURCE)]

    def latest(self, video: Stream) -> float:
        """The last moment at which there is certain to be a picture."""
        return max(0.0, self.seconds - max(0.2, 2.0 / (video.fps or 25.0)))


def _input(name: str) -> list[str]:
    bounds = ["-protocol_whitelist", PROTOCOLS, "-format_whitelist", FORMATS]
    return [*bounds, "-i", name]


# --- the encode ----------------------------------------------------------------------------------------


def _streams(facts: Facts, procedure: Procedure, rungs: Sequence[Rung], cut: _Cut) -> Step:
    """One process that makes all renditions, with the playlists and the manifest over them."""
    audio = procedure.audio if facts.audio else None
    command = [*cut.input(), *(_input(WATERMARK) if rungs and procedure.watermark else ())]
    command += ["-filter_complex", ";".join(_graph(facts, procedure, rungs, audio))]
    for at, rung in enumerate(rungs):
        command += ["-map", f"[v{at}]", *_encoder(at, rung)]
    if audio:
        command += ["-map", "[a]", "-c:a", "aac", "-b:a", str(audio.bitrate)]
    sets = [*(["id=0,streams=v"] if rungs else []), *([f"id={1 if rungs else 0},streams=a"] if audio else [])]
    length = rungs[0].gop * GOPS_IN_SEGMENT / rungs[0].fps if rungs else GOP * GOPS_IN_SEGMENT
    command += [
        *("-map_metadata", "-1", "-map_chapters", "-1", "-f", "dash"),
        *("-single_file", "1", "-global_sidx", "1", "-single_file_name", "stream-$RepresentationID$.mp4"),
        *("-seg_duration", f"{math.floor(length * 1_000_000)}us", "-adaptation_sets", " ".join(sets)),
        *("-dash_segment_type", "mp4", "-hls_playlist", "1", "manifest.mpd"),
    ]
    many = len(rungs) + bool(audio)
    streams = [f"stream-{at}.mp4" for at in range(many)]
    playlists = [f"media_{at}.m3u8" for at in range(many)]
    shown = [{**asdict(rung), "fps": float(rung.fps)} for rung in rungs]
    return Step(
        name="encode",
        kind="streams",
        commands=(tuple(command),),
        makes=("manifest.mpd", "master.m3u8", *playlists, *streams),
        seconds=cut.seconds,
        limit=600.0 + _FASTER * cut.seconds * max(1, len(rungs)),
        published=procedure.streaming,
        facts={"renditions": shown, "audio": asdict(audio) if audio else None, "seconds": cut.seconds},
    )


def _graph(facts: Facts, procedure: Procedure, rungs: Sequence[Rung], audio: Audio | None) -> Iterator[str]:
    """The filters: one picture of the largest size, and all renditions from that."""
    if rungs:
        assert facts.video is not None
        largest = rungs[0]
        fastest = max(rung.fps for rung in rungs)
        chain = ["bwdif=deint=interlaced"] if facts.video.interlaced else []
        chain += [f"fps={fastest}", *_picture(facts.video, largest.width, largest.height)]
        yield f"[0:{facts.video.index}]{','.join(chain)}[whole]"
        whole = "[whole]"
        if procedure.watermark:
            yield from _overlay(procedure, largest.width)
            whole = "[marked]"
        yield f"{whole}split={len(rungs)}{''.join(f'[s{at}]' for at in range(len(rungs)))}"
        for at, rung in enumerate(rungs):
            slower = f"fps={rung.fps}," if rung.fps < fastest else ""
            # Even sizes differ in shape by a pixel; scale makes up for it in the pixel's own, for DASH.
            yield f"[s{at}]{slower}scale={rung.width}:{rung.height}[v{at}]"
    if audio:
        assert facts.audio is not None
        channels = min(audio.channels, facts.audio.channels)
        pace = f"aresample={audio.rate}:async=1000:first_pts=0"
        yield f"[0:{facts.audio.index}]{pace},aformat=channel_layouts={_LAYOUTS[channels - 1]}[a]"


def _picture(video: Stream, width: int, height: int, pixels: str = "yuv420p") -> list[str]:
    """Filters to a size in square pixels, of ordinary dynamic range."""
    chain = [f"scale={width}:{height}"]
    if video.hdr:
        chain += [
            f"zscale=tin={_HDR[video.hdr]}:min=bt2020nc:pin=bt2020:t=linear:npl=100",
            "format=gbrpf32le",
            "zscale=p=bt709",
            "tonemap=tonemap=hable:desat=0",
            "zscale=t=bt709:m=bt709:r=tv",
        ]
    return [*chain, f"format={pixels}", "setsar=1"]


def _overlay(procedure: Procedure, across: int) -> Iterator[str]:
    mark = procedure.watermark
    assert mark is not None
    margin = round(across * mark.margin / 100)
    vertical, horizontal = mark.corner.split("-")
    x = str(margin) if horizontal == "left" else f"W-w-{margin}"
    y = str(margin) if vertical == "top" else f"H-h-{margin}"
    yield f"[1:v:0]scale={max(2, round(across * mark.width / 100))}:-1,format=rgba[mark]"
    yield f"[whole][mark]overlay={x}:{y},format=yuv420p[marked]"


def _encoder(at: int, rung: Rung) -> Iterator[str]:
    name, options = _ENCODERS[rung.codec]
    yield from (f"-c:v:{at}", name)
    for option, value in options.items():
        yield from (f"-{option}:v:{at}", value)
    if rung.codec == "hevc":
        yield from (f"-x265-params:v:{at}", _X265.format(gop=rung.gop))
    yield from (f"-b:v:{at}", str(rung.bitrate), f"-g:v:{at}", str(rung.gop))
    if rung.codec != "av1":
        yield from (f"-keyint_min:v:{at}", str(rung.gop), f"-maxrate:v:{at}", str(rung.bitrate * 3 // 2))
        yield from (f"-bufsize:v:{at}", str(rung.bitrate * 2))


# --- what is made of the encoded streams ---------------------------------------------------------------


def _files(procedure: Procedure, rungs: Sequence[Rung], sound: bool, cut: _Cut) -> Iterator[Step]:
    """Progressive files, whose index comes first."""
    chosen = {"none": 0, "best": 1, "all": len(rungs) or 1}[procedure.files]
    names = [f"{rung.name}.mp4" for rung in rungs] or ["audio.m4a"]
    audio = f"@encode/stream-{len(rungs)}.mp4"
    for at, name in enumerate(names[:chosen]):
        inputs = [*([f"@encode/stream-{at}.mp4"] if rungs else []), *([audio] if sound else [])]
        maps = [word for number in range(len(inputs)) for word in ("-map", str(number))]
        opened = [word for item in inputs for word in _input(item)]
        tag = ["-tag:v", "hvc1"] if rungs and rungs[at].codec == "hevc" else []
        yield Step(
            name=f"file-{name.partition('.')[0]}",
            kind="file",
            commands=((*opened, *maps, "-c", "copy", *tag, "-movflags", "+faststart", "-f", "mp4", name),),
            makes=(name,),
            seconds=cut.seconds,
            limit=600.0 + cut.seconds,
            published=True,
            facts={"rendition": at if rungs else None},
        )


def _cover(facts: Facts, procedure: Procedure, cut: _Cut) -> Step:
    picture = facts.picture
    assert picture is not None
    assert procedure.cover is not None
    at = cut.offset
    if facts.video:
        at += min(procedure.cover.at(cut.seconds), cut.latest(facts.video))
    size = fitted(picture.shown_size, *_LARGEST_COVER)
    return _pictures("cover", picture, [("cover.jpg", at if facts.video else 0.0)], size)


def _snapshots(video: Stream, wanted: Snapshots, cut: _Cut) -> Step:
    if wanted.at:
        moments = [position.at(cut.seconds) for position in wanted.at]
    else:
        moments = [cut.seconds * (number + 0.5) / wanted.count for number in range(wanted.count)]
    named = [
        (f"snapshot-{number:04}.jpg", cut.offset + min(moment, cut.latest(video)))
        for number, moment in enumerate(moments, 1)
    ]
    return _pictures("snapshots", video, named, fitted(video.shown_size, wanted.width, wanted.height))


def _pictures(name: str, video: Stream, named: Sequence[tuple[str, float]], size: tuple[int, int]) -> Step:
    filters = ",".join(_picture(video, *size, pixels="yuvj420p"))
    commands = []
    for file, at in named:
        start = ["-ss", f"{at:.3f}"] if at else []
        taken = ["-map", f"0:{video.index}", "-frames:v", "1", "-vf", filters, "-q:v", "3"]
        commands.append((*start, *_input(SOURCE), *taken, "-f", "mjpeg", file))
    return Step(
        name=name,
        kind="pictures",
        commands=tuple(commands),
        makes=tuple(file for file, _ in named),
        seconds=0.0,
        limit=120.0,
        published=True,
        facts={"width": size[0], "height": size[1], "at": [at for _, at in named]},
    )


def _sprite(video: Stream, sprite: Sprite, rungs: Sequence[Rung], cut: _Cut) -> Step:
    """Sheets of the first picture in every interval."""
    size = fitted(video.shown_size, sprite.width, 0)
    every = sprite.interval
    chain = [f"select='isnan(prev_selected_t)+gt(floor(t/{every}),floor(prev_selected_t/{every}))'"]
    if rungs:
        alone = ["-skip_frame", "nokey"] if sprite.interval >= 2 * GOP else []
        source = [*alone, *_input(f"@encode/stream-{len(rungs) - 1}.mp4")]
        chain += [f"scale={size[0]}:{size[1]}", "format=yuvj420p"]
    else:
        source = [*cut.input(), "-map", f"0:{video.index}"]
        chain += _picture(video, *size, pixels="yuvj420p")
    chain.append(f"tile={sprite.columns}x{sprite.rows}")
    command = [*source, "-an", "-vf", ",".join(chain), "-fps_mode", "passthrough", "-q:v", "4"]
    many = math.ceil(round(cut.seconds / sprite.interval, 3))
    return Step(
        name="sprite",
        kind="sprite",
        commands=((*command, "-f", "image2", "sprite-%03d.jpg"),),
        makes=("sprite-001.jpg",),
        seconds=cut.seconds,
        limit=600.0 + (1.0 if rungs else _FASTER) * cut.seconds,
        published=True,
        facts={
            "width": size[0],
            "height": size[1],
            "columns": sprite.columns,
            "rows": sprite.rows,
            "interval": sprite.interval,
            "count": many,
            "seconds": cut.seconds,
        },
    )
