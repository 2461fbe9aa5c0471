"""Looks into one file and prints what it holds, as JSON: ``probe.py FILE PROTOCOLS FORMATS``.

It runs as a child process (see :mod:`vodkit.server.media.facts`), as the libraries below it are what hostile
files aim at. It imports nothing of the service.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import av
from av.stream import Disposition
from av.video.frame import VideoFrame

_MOST_STREAMS = 64
_MOST_PACKETS = 2000
_MICRO = 1_000_000
_NEAR = 2.0
"""Seconds from its end at which a file that says its length must still have something."""

_LONGEST_LOOK = 20.0
_HDR = {16: "pq", 18: "hlg"}


def look(path: str, protocols: str, formats: str) -> dict[str, Any]:
    """What a file holds: the JSON form of :class:`vodkit.server.media.facts.Facts`."""
    bounds = {"protocol_whitelist": protocols, "format_whitelist": formats}
    with av.open(f"file:{path}", options=bounds) as container:
        streams = list(container.streams)[:_MOST_STREAMS]
        shown = [_stream(stream) for stream in streams]
        pictures = [at for at, item in enumerate(shown) if item["type"] == "video"]
        if pictures:
            shown[pictures[0]].update(_first_picture(container, streams[pictures[0]]))
        found: dict[str, Any] = {
            "container": container.format.name,
            "seconds": (container.duration or 0) / _MICRO,
            "start": (container.start_time or 0) / _MICRO,
            "bitrate": container.bit_rate or 0,
            "streams": shown,
        }
    with av.open(f"file:{path}", options=bounds) as container:
        found["seconds"] = _length(container, found["seconds"], found["start"])
    return found


def _stream(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    found: dict[str, Any] = {
        "index": stream.index,
        "type": stream.type or "unknown",
        "codec": context.name if context is not None else "",
        "seconds": float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0,
        "language": stream.language or "",
        "attached": bool(stream.disposition & Disposition.attached_pic),
    }
    if stream.type == "video" and context is not None:
        found |= {
            "width": context.width,
            "height": context.height,
            "aspect": _ratio(stream.sample_aspect_ratio) or 1.0,
            "fps": _ratio(stream.average_rate),
            "nominal_fps": _ratio(stream.guessed_rate),
            "frames": stream.frames,
            "pixels": context.pix_fmt or "",
        }
    elif stream.type == "audio" and context is not None:
        found |= {"channels": context.channels, "rate": context.sample_rate or 0}
    return found


def _first_picture(container: Any, stream: Any) -> dict[str, Any]:
    """What only a decoded picture tells; a file without any is told apart by its zero size."""
    for count, packet in enumerate(container.demux(stream)):
        for frame in _decoded(packet):
            assert isinstance(frame, VideoFrame)
            return {
                "width": frame.width,
                "height": frame.height,
                "pixels": frame.format.name,
                "rotation": int(frame.rotation) % 360,
                "interlaced": bool(frame.interlaced_frame),
                "hdr": _HDR.get(int(frame.color_trc), ""),
                "matrix": int(frame.colorspace),
            }
        if count > _MOST_PACKETS:
            break
    return {"width": 0, "height": 0}


def _decoded(packet: Any) -> list[Any]:
    """The pictures of a packet; none of one that is broken, as the first of a recording often are."""
    try:
        return list(packet.decode())
    except av.InvalidDataError:
        return []


def _length(container: Any, said: float, start: float) -> float:
    """How long a file plays: what it says, if there is something near the end that it says, else what it has.

    A file that was cut off, or whose writer did not know its end, says nothing or something else.
    """
    near = min(_NEAR, said / 10)
    if said and _seek(container, start + said - near):
        if _end(container, start) >= said - near:
            return said
        _seek(container, start)
    return _end(container, start) or said


def _seek(container: Any, seconds: float) -> bool:
    """Go to a moment, or stay where it is if that cannot be."""
    try:
        container.seek(int(seconds * _MICRO))
    except av.FFmpegError:
        return False
    return True


def _end(container: Any, start: float) -> float:
    """The end of the last packet from here on, in seconds from the start; 0 if that takes too long."""
    latest = start
    until = time.monotonic() + _LONGEST_LOOK
    try:
        for packet in container.demux():
            if packet.time_base is None:
                continue
            length = float((packet.duration or 0) * packet.time_base)
            # Bare streams of pictures have no timestamps.
            begin = latest if packet.pts is None else float(packet.pts * packet.time_base)
            latest = max(latest, begin + length)
            if time.monotonic() > until:
                return 0.0
    except av.FFmpegError:
        # It ends here, broken as it is.
        pass
    return latest - start


def _ratio(value: Any) -> float:
    return float(value) if value else 0.0


def _reason(problem: Exception, logged: list[tuple[int, str, str]]) -> str:
    """Why a file cannot be used, for its owner."""
    if not isinstance(problem, av.FFmpegError):
        return str(problem)
    if "whitelist" in str(problem):
        return "files of this kind are not opened"
    broken = isinstance(problem, (av.InvalidDataError, av.EOFError))
    what = "is broken, or is no media" if broken else f"cannot be read: {str(problem.strerror).lower()}"
    last = logged[-1][2].strip() if logged else ""
    return f"the file {what}" + (f": {last}" if last else "")


if __name__ == "__main__":
    av.logging.set_level(av.logging.ERROR)
    with av.logging.Capture() as logged:
        try:
            print(json.dumps(look(*sys.argv[1:4])))
        except (av.FFmpegError, OSError, ValueError) as problem:
            print(_reason(problem, logged), file=sys.stderr)
            sys.exit(1)
