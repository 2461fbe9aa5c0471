"""Looks into one file and prints what it holds, as JSON: ``probe.py FILE PROTOCOLS FORMATS``.

It runs as a child process (see :mod:`vodkit.server.media.facts`), as the libraries below it are what hostile
files aim at. It imports nothing of the service.
"""

from __future__ import annotations

import contextlib
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
        for frame in packet.decode():
            assert isinstance(frame, VideoFrame)
            return {
                "width": frame.width,
                "height": frame.height,
                "pixels": frame.format.name,
                "rotation": int(frame.rotation) % 360,
                "interlaced": bool(frame.interlaced_frame),
                "hdr": _HDR.get(int(frame.color_trc), ""),
            }
        if count > _MOST_PACKETS:
            break
    return {"width": 0, "height": 0}


def _length(container: Any, said: float, start: float) -> float:
    """How long a file plays: what it says, if there is something near the end that it says, else what it has.

    A file that was cut off, or whose writer did not know its end, says nothing or something else.
    """
    if said:
        try:
            container.seek(int((start + max(0.0, said - _NEAR)) * _MICRO))
        except av.FFmpegError:
            pass
        else:
            if _end(container, start) >= said - _NEAR:
                return said
    # What cannot be moved in has not been moved.
    with contextlib.suppress(av.FFmpegError):
        container.seek(int(start * _MICRO))
    return _end(container, start) or said


def _end(container: Any, start: float) -> float:
    """The end of the last packet from here on, in seconds from the start; 0 if that takes too long."""
    latest = start
    until = time.monotonic() + _LONGEST_LOOK
    try:
        for packet in container.demux():
            if packet.pts is not None and packet.time_base is not None:
                latest = max(latest, float((packet.pts + (packet.duration or 0)) * packet.time_base))
            if time.monotonic() > until:
                return 0.0
    except av.FFmpegError:
        # It ends here, broken as it is.
        pass
    return latest - start


def _ratio(value: Any) -> float:
    return float(value) if value else 0.0


if __name__ == "__main__":
    try:
        print(json.dumps(look(*sys.argv[1:4])))
    except (av.FFmpegError, OSError, ValueError) as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        sys.exit(1)
