"""Encoding: all renditions by one process, or each by its own.

The picture is decoded and scaled once, then encoded once for each rendition, each into one CMAF file that HLS
and DASH share. Groups of pictures begin at the same moments in all of them, also in one that is made later.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from fractions import Fraction

from .facts import Facts, Stream
from .procedure import Audio, Procedure
from .sizes import GOP, Rung
from .step import SLOWEST, Cut, Step, opened

GOPS_IN_SEGMENT = 2
SOUND = "audio"
"""Name of the stream that holds the sound."""

STREAMED = "format=yuv420p"

_ENCODERS = {
    "h264": ("libx264", {"preset": "veryfast", "profile": "high", "sc_threshold": "0"}),
    "hevc": ("libx265", {"preset": "ultrafast", "tag": "hvc1"}),
    "av1": ("libsvtav1", {"preset": "10"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "7", "row-mt": "1"}),
}
_X265 = "keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:log-level=error"
_LAYOUTS = ("mono", "stereo", "2.1", "quad", "5.0", "5.1", "6.1", "7.1")
_RGB, _UNSAID = 0, 2
_HIGH_DEFINITION = 1280
"""The longer side from which on colours are those of high definition."""

_HDR = {"pq": "smpte2084", "hlg": "arib-std-b67"}
_FRAGMENTS = "+cmaf+delay_moov+global_sidx+skip_trailer"


def encode(facts: Facts, procedure: Procedure, rungs: Sequence[Rung], cut: Cut, name: str, mark: str) -> Step:
    """The step that makes the stream files of all renditions and of the sound: ``<rendition>.mp4``.

    Args:
        facts: Of the source.
        procedure: What is wanted.
        rungs: What its renditions come to.
        cut: The part of the source that is used.
        name: Of the step.
        mark: The word for the watermark, or ``""``.
    """
    audio = procedure.audio if facts.audio else None

    def step(name: str, rungs: Sequence[Rung], audio: Audio | None) -> Step:
        return _step(facts, procedure, rungs, audio, cut, name, mark)

    together = step(name, rungs, audio)
    if len(together.makes) < 2:
        return together
    alone = [step(f"{name}-{rung.name}", [rung], None) for rung in rungs]
    if audio:
        alone.append(step(f"{name}-{SOUND}", [], audio))
    return replace(together, apart=tuple(alone))


def picture(video: Stream, width: int, height: int, coded: str = STREAMED) -> list[str]:
    """Filters to a size in square pixels, of ordinary dynamic range.

    Args:
        coded: The filters that make it what is to be encoded; by default they keep how colours are coded, and
            give what moves television's levels.
    """
    chain = [*_colours(video), f"scale={width}:{height}" + (":out_range=tv" if coded == STREAMED else "")]
    if video.hdr:
        chain += [
            f"zscale=tin={_HDR[video.hdr]}:min=bt2020nc:pin=bt2020:t=linear:npl=100",
            "format=gbrpf32le",
            "zscale=p=bt709",
            "tonemap=tonemap=hable:desat=0",
            "zscale=t=bt709:m=bt709:r=tv",
        ]
    return [*chain, coded, "setsar=1"]


def _colours(video: Stream) -> Iterator[str]:
    """What players take for granted of a source that does not say how its colours are coded.

    They judge by the size, and a rendition has another one. RGB becomes coded in the same way.
    """
    if video.matrix in (_RGB, _UNSAID) and not video.hdr:
        usual = "bt709" if max(video.width, video.height) >= _HIGH_DEFINITION else "smpte170m"
        yield f"setparams=colorspace={usual}:color_primaries={usual}:color_trc={usual}"


def sound(stream: Stream, audio: Audio, rate: int = 0) -> str:
    """Filters to the wanted sound, without gaps and from the first moment on."""
    channels = min(audio.channels, stream.channels)
    pace = f"aresample={rate or audio.rate}:async=1000:first_pts=0"
    return f"{pace},aformat=channel_layouts={_LAYOUTS[channels - 1]}"


def _step(
    facts: Facts,
    procedure: Procedure,
    rungs: Sequence[Rung],
    audio: Audio | None,
    cut: Cut,
    name: str,
    mark: str,
) -> Step:
    command = [*cut.input(), *(opened(mark) if rungs and mark else ())]
    command += ["-filter_complex", ";".join(_graph(facts, procedure, rungs, audio))]
    for at, rung in enumerate(rungs):
        command += ["-map", f"[v{at}]", *_encoder(rung), *_stream(f"{rung.name}.mp4")]
        command[-1:-1] = ["-movflags", f"{_FRAGMENTS}+frag_keyframe"]
        # A fragment ends with the first group that makes it long enough.
        command[-1:-1] = ["-min_frag_duration", str(_microseconds(rung.gop * GOPS_IN_SEGMENT / rung.fps) - 1)]
    if audio:
        command += ["-map", "[a]", "-c:a", "aac", "-b:a", str(audio.bitrate), *_stream(f"{SOUND}.mp4")]
        length = Fraction(GOP) * GOPS_IN_SEGMENT
        command[-1:-1] = ["-movflags", _FRAGMENTS, "-frag_duration", str(_microseconds(length))]
    makes = (*(f"{rung.name}.mp4" for rung in rungs), *([f"{SOUND}.mp4"] if audio else []))
    return Step(
        name=name,
        kind="encode",
        commands=(tuple(command),),
        makes=makes,
        seconds=cut.seconds,
        limit=600.0 + SLOWEST * cut.seconds * max(1, len(rungs)),
        published=False,
        facts={},
        definition=procedure.definition,
    )


def _stream(file: str) -> list[str]:
    return ["-map_metadata", "-1", "-map_chapters", "-1", "-f", "mp4", file]


def _microseconds(seconds: Fraction) -> int:
    return math.floor(seconds * 1_000_000)


def _graph(facts: Facts, procedure: Procedure, rungs: Sequence[Rung], audio: Audio | None) -> Iterator[str]:
    """The filters: one picture of the largest size, and all renditions from that."""
    if rungs:
        assert facts.video is not None
        largest = rungs[0]
        fastest = max(rung.fps for rung in rungs)
        chain = ["bwdif=deint=interlaced"] if facts.video.interlaced else []
        # A picture that begins after the sound is there from the first moment, as groups count from it.
        chain += [f"fps={fastest}:start_time=0", *picture(facts.video, largest.width, largest.height)]
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
        yield f"[0:{facts.audio.index}]{sound(facts.audio, audio)}[a]"


def _overlay(procedure: Procedure, across: int) -> Iterator[str]:
    mark = procedure.watermark
    assert mark is not None
    margin = round(across * mark.margin / 100)
    vertical, horizontal = mark.corner.split("-")
    x = str(margin) if horizontal == "left" else f"W-w-{margin}"
    y = str(margin) if vertical == "top" else f"H-h-{margin}"
    yield f"[1:v:0]scale={max(2, round(across * mark.width / 100))}:-1,format=rgba[mark]"
    yield f"[whole][mark]overlay={x}:{y},format=yuv420p[marked]"


def _encoder(rung: Rung) -> Iterator[str]:
    name, options = _ENCODERS[rung.codec]
    yield from ("-c:v", name)
    for option, value in options.items():
        yield from (f"-{option}:v", value)
    if rung.codec == "hevc":
        yield from ("-x265-params:v", _X265.format(gop=rung.gop))
    yield from ("-b:v", str(rung.bitrate), "-g:v", str(rung.gop))
    if rung.codec != "av1":
        yield from ("-keyint_min:v", str(rung.gop), "-maxrate:v", str(rung.bitrate * 3 // 2))
        yield from ("-bufsize:v", str(rung.bitrate * 2))


def described(rungs: Sequence[Rung]) -> list[dict[str, object]]:
    """The renditions as facts (JSON)."""
    return [{**asdict(rung), "fps": float(rung.fps)} for rung in rungs]
