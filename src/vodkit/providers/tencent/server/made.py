"""How the API shows what was made of media, and what is known of the original (tencent.md §B.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import Service
from vodkit.server.media.facts import Facts, Stream
from vodkit.server.processing import OUTPUTS, Output

from . import templates
from .addresses import address
from .caller import Owner
from .procedures import USUAL, read_label

_SECTIONS = {
    "streams": "adaptive",
    "file": "transcode",
    "cover": "cover",
    "snapshot": "sample",
    "sprite": "sprite",
    "animation": "animation",
}
"""Where outputs are shown that no template made, by kind."""

_SAMPLED = {"SampleType": "Percent", "SampleInterval": 10}


def section(output: Output) -> str:
    """Which kind of template an output is shown under; ``""`` for one that has no place there."""
    return read_label(output.definition)[0] or _SECTIONS.get(output.kind, "")


def definition(output: Output) -> int:
    """The template that an output is shown under."""
    return read_label(output.definition)[1] or USUAL.get(section(output), 0)


def of_section(outputs: Iterable[Output], name: str) -> list[Output]:
    """The outputs of a section."""
    return [output for output in outputs if section(output) == name]


def url(service: Service, key: str) -> str:
    """Where an output's object plays."""
    return address(service, OUTPUTS, key, f"{key.partition('/')[0]}/")


def cover_url(service: Service, outputs: Iterable[Output]) -> str:
    """The latest cover that was made; ``""`` for none."""
    covers = [output for output in outputs if output.kind == "cover"]
    return url(service, covers[-1].key) if covers else ""


# --- the original ----------------------------------------------------------------------------------------


def meta(size: int, container: str, md5: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """MediaMetaData of an original.

    Args:
        size: Bytes.
        container: What to show until it was looked into.
        md5: Hex, or ``""``.
        facts: What a probe found, or nothing.
    """
    found = Facts.from_dict(dict(facts)) if facts else None
    video = (found.picture if found.is_image else found.video) if found else None
    audio = found.audio if found else None
    length = found.length if found else 0.0
    return {
        "Size": size,
        "Container": found.container if found else container,
        "Bitrate": found.bitrate if found else 0,
        "Height": video.height if video else 0,
        "Width": video.width if video else 0,
        "Duration": length,
        "Rotate": -video.rotation % 360 if video else 0,
        "VideoStreamSet": [_video(stream) for stream in found.streams if _is_picture(stream)]
        if found
        else [],
        "AudioStreamSet": [_audio(stream) for stream in found.streams if stream.channels] if found else [],
        "VideoDuration": (video.seconds or length) if found and found.video and video else 0.0,
        "AudioDuration": (audio.seconds or length) if audio else 0.0,
        "Md5": md5,
    }


def _is_picture(stream: Stream) -> bool:
    return stream.type == "video" and bool(stream.width) and not stream.attached


def _video(stream: Stream) -> dict[str, Any]:
    return _video_item(0, stream.height, stream.width, stream.codec, stream.fps, "", stream.hdr)


def _audio(stream: Stream) -> dict[str, Any]:
    return {"Bitrate": 0, "SamplingRate": stream.rate, "Codec": stream.codec}


def _video_item(
    bitrate: int, height: int, width: int, codec: str, fps: float, tag: str, hdr: str = ""
) -> dict[str, Any]:
    kinds = {"pq": "HDR10", "hlg": "HLG"}
    return {
        "Bitrate": bitrate,
        "Height": height,
        "Width": width,
        "Codec": codec,
        "Fps": round(fps),
        "CodecTag": tag,
        "DynamicRangeInfo": {"Type": "HDR" if hdr else "SDR", "HDRType": kinds.get(hdr, "")},
    }


# --- what was made ---------------------------------------------------------------------------------------


def transcode(service: Service, output: Output) -> dict[str, Any]:
    """MediaTranscodeItem of a file, or of streams that a transcode template made."""
    facts = output.facts
    pictures = facts.get("renditions") or [facts[name] for name in ("rendition",) if facts.get(name)]
    sound = facts.get("audio")
    best: Mapping[str, Any] = pictures[0] if pictures else {}
    rate = sum(int(item.get("bitrate") or 0) for item in (best, sound or {}))
    return {
        "Url": url(service, output.key),
        "Definition": definition(output),
        "Bitrate": rate,
        "Height": best.get("height", 0),
        "Width": best.get("width", 0),
        "Size": output.size,
        "Duration": float(facts.get("seconds") or 0.0),
        "Md5": "",
        "Container": "hls" if output.kind == "streams" else output.key.rpartition(".")[2],
        "VideoStreamSet": [_rendition(item) for item in pictures],
        "AudioStreamSet": [_sound(sound)] if sound else [],
        "DigitalWatermarkType": "None",
    }


def _rendition(item: Mapping[str, Any]) -> dict[str, Any]:
    tag = {"hevc": "hvc1"}.get(item.get("codec", ""), "")
    rate, height, width = (int(item.get(name) or 0) for name in ("bitrate", "height", "width"))
    return _video_item(rate, height, width, item.get("codec", ""), float(item.get("fps") or 0), tag)


def _sound(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"Bitrate": item.get("bitrate", 0), "SamplingRate": item.get("rate", 0), "Codec": "aac"}


def adaptive(conn: Connection, owner: Owner, output: Output) -> list[dict[str, Any]]:
    """AdaptiveDynamicStreamingInfoItem of streams: in the template's package, or both without a template."""
    template = None
    if read_label(output.definition)[0]:
        template = templates.find(conn, owner, templates.ADAPTIVE, definition(output))
    wanted = {"HLS": ("HLS",), "MPEG-DASH": ("DASH",)}.get(template["Format"] if template else "")
    keys = {"HLS": output.key, "DASH": output.facts.get("dash", "")}
    return [
        {
            "Definition": definition(output),
            "Package": package,
            "DrmType": "",
            "Url": url(owner.service, keys[package]),
            "Size": output.size,
            "SubStreamSet": _sub_streams(output.facts),
            "DigitalWatermarkType": "None",
            "SubtitleSet": [],
        }
        for package in wanted or keys
        if keys[package]
    ]


def _sub_streams(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    sound = facts.get("audio")
    pictures = [
        {"Type": "video", "Width": item["width"], "Height": item["height"], "Size": item.get("size", 0)}
        for item in facts.get("renditions") or ()
    ]
    audible = [{"Type": "audio", "Width": 0, "Height": 0, "Size": sound.get("size", 0)}] if sound else []
    return [*pictures, *audible]


def snapshots(service: Service, outputs: Sequence[Output]) -> list[dict[str, Any]]:
    """MediaSnapshotByTimeOffsetItem for each template, in the order of their moments."""
    return [
        {
            "Definition": number,
            "PicInfoSet": [
                {
                    "TimeOffset": round(1000 * float(item.facts.get("at") or 0.0)),
                    "Url": url(service, item.key),
                }
                for item in pictures
            ],
        }
        for number, pictures in _by_definition(outputs).items()
    ]


def sampled(conn: Connection, owner: Owner, outputs: Sequence[Output]) -> list[dict[str, Any]]:
    """MediaSampleSnapshotItem for each template."""
    found = []
    for number, pictures in _by_definition(outputs).items():
        template = templates.find(conn, owner, templates.SAMPLE, number) or _SAMPLED
        found.append(
            {
                "Definition": number,
                "SampleType": template["SampleType"],
                "Interval": template["SampleInterval"],
                "ImageUrlSet": [url(owner.service, item.key) for item in pictures],
            }
        )
    return found


def _by_definition(outputs: Sequence[Output]) -> dict[int, list[Output]]:
    found: dict[int, list[Output]] = {}
    for output in sorted(outputs, key=lambda item: float(item.facts.get("at") or 0.0)):
        found.setdefault(definition(output), []).append(output)
    return found


def sprite(service: Service, output: Output) -> dict[str, Any]:
    """MediaImageSpriteItem."""
    facts = output.facts
    return {
        "Definition": definition(output),
        "Height": facts["height"],
        "Width": facts["width"],
        "TotalCount": min(facts["count"], facts["columns"] * facts["rows"]),
        "ImageUrlSet": [url(service, key) for key in facts["sheets"]],
        "WebVttUrl": url(service, output.key),
    }


def animation(service: Service, output: Output) -> dict[str, Any]:
    """MediaAnimatedGraphicsItem."""
    facts = output.facts
    seconds = float(facts.get("seconds") or 0.0)
    return {
        "Url": url(service, output.key),
        "Definition": definition(output),
        "Container": facts.get("format") or output.key.rpartition(".")[2],
        "Height": facts.get("height", 0),
        "Width": facts.get("width", 0),
        "Bitrate": round(8 * output.size / seconds) if seconds else 0,
        "Size": output.size,
        "Md5": "",
        "StartTimeOffset": 0.0,
        "EndTimeOffset": seconds,
    }
