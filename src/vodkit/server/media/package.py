"""HLS and DASH over stream files, and the index of a sprite.

Everything is read from the files themselves, so streams that were made by several processes, at several
times, come together here. Each stays one file: players ask for the byte ranges of its segments.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from .boxes import StreamFile, stream_file
from .errors import BadMedia

MASTER = "master.m3u8"
MANIFEST = "manifest.mpd"
_AUDIO = "audio"
_MPD = {
    "xmlns": "urn:mpeg:dash:schema:mpd:2011",
    "type": "static",
    "profiles": "urn:mpeg:dash:profile:isoff-on-demand:2011,urn:mpeg:dash:profile:cmaf:2019",
}
_CHANNELS = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"


def streams(folder: Path, names: Sequence[str]) -> list[StreamFile]:
    """Write the playlists and the manifest over the stream files of a folder.

    Args:
        folder: Where the files are.
        names: Those files, best first. Those that are not there are left out.

    Raises:
        BadMedia: there is none, or one has no index.
    """
    found = [stream_file(folder / name) for name in names if (folder / name).is_file()]
    if not found:
        raise BadMedia("none of the renditions could be made")
    for stream in found:
        (folder / f"{stream.name}.m3u8").write_text(_lines(_playlist(stream)), encoding="utf-8")
    (folder / MASTER).write_text(_lines(_master(found)), encoding="utf-8")
    manifest = _manifest(found)
    ElementTree.indent(manifest)
    text = ElementTree.tostring(manifest, encoding="unicode")
    (folder / MANIFEST).write_text(f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n', encoding="utf-8")
    return found


def sprite(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write ``sprite.vtt``: which part of which sheet shows which interval."""
    across, down, every = facts["width"], facts["height"], facts["interval"]
    on_sheet = facts["columns"] * facts["rows"]
    lines = ["WEBVTT", ""]
    for number in range(facts["count"]):
        sheet = folder / f"sprite-{number // on_sheet + 1:03}.{facts['format']}"
        if not sheet.exists():
            break
        row, column = divmod(number % on_sheet, facts["columns"])
        begin, end = number * every, min((number + 1) * every, facts["seconds"])
        lines.append(f"{_time(begin)} --> {_time(end)}")
        lines += [f"{sheet.name}#xywh={column * across},{row * down},{across},{down}", ""]
    (folder / "sprite.vtt").write_text("\n".join(lines), encoding="utf-8")


# --- HLS (RFC 8216) --------------------------------------------------------------------------------------


def _playlist(stream: StreamFile) -> Iterator[str]:
    longest = max(segment.seconds for segment in stream.segments)
    yield from ("#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{math.ceil(longest)}")
    yield from ("#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS")
    yield f'#EXT-X-MAP:URI="{stream.file}",BYTERANGE="{stream.index[0]}@0"'
    for segment in stream.segments:
        yield f"#EXTINF:{float(segment.seconds):.6f},"
        yield f"#EXT-X-BYTERANGE:{segment.size}@{segment.start}"
        yield stream.file
    yield "#EXT-X-ENDLIST"


def _master(found: Sequence[StreamFile]) -> Iterator[str]:
    pictures = [stream for stream in found if stream.type == "video"]
    sounds = [stream for stream in found if stream.type == "audio"]
    yield from ("#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS")
    for number, sound in enumerate(sounds if pictures else ()):
        default = "NO" if number else "YES"
        yield (
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{_AUDIO}",NAME="{sound.name}",DEFAULT={default},AUTOSELECT=YES,'
            f'CHANNELS="{sound.channels}",URI="{sound.name}.m3u8"'
        )
    loudest = max((sound.peak for sound in sounds), default=0)
    average = max((sound.average for sound in sounds), default=0)
    spoken = list(dict.fromkeys(sound.codec for sound in sounds))
    for picture in pictures:
        yield (
            f"#EXT-X-STREAM-INF:BANDWIDTH={picture.peak + loudest},"
            f"AVERAGE-BANDWIDTH={picture.average + average},"
            f'CODECS="{",".join([picture.codec, *spoken])}",RESOLUTION={picture.width}x{picture.height},'
            f"FRAME-RATE={float(picture.fps):.3f}" + (f',AUDIO="{_AUDIO}"' if sounds else "")
        )
        yield f"{picture.name}.m3u8"
    for sound in sounds if not pictures else ():
        yield (
            f"#EXT-X-STREAM-INF:BANDWIDTH={sound.peak},AVERAGE-BANDWIDTH={sound.average},"
            f'CODECS="{sound.codec}"'
        )
        yield f"{sound.name}.m3u8"


def _lines(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


# --- DASH (ISO/IEC 23009-1) ------------------------------------------------------------------------------


def _manifest(found: Sequence[StreamFile]) -> ElementTree.Element:
    longest = max(segment.seconds for stream in found for segment in stream.segments)
    lengths = {
        "mediaPresentationDuration": _duration(max(stream.seconds for stream in found)),
        "maxSubsegmentDuration": _duration(longest),
        "minBufferTime": _duration(longest),
    }
    mpd = ElementTree.Element("MPD", {**_MPD, **lengths})
    period = ElementTree.SubElement(mpd, "Period", {"id": "0", "start": "PT0S"})
    # A player may change between the representations of one set at any segment: so each codec has its own.
    sets: dict[str, list[StreamFile]] = {}
    for stream in found:
        sets.setdefault(stream.codec.partition(".")[0], []).append(stream)
    for number, members in enumerate(sets.values()):
        _adaptation_set(period, str(number), members)
    return mpd


def _adaptation_set(period: ElementTree.Element, number: str, members: Sequence[StreamFile]) -> None:
    first = members[0]
    video = first.type == "video"
    attributes = {
        "id": number,
        "contentType": first.type,
        "mimeType": f"{first.type}/mp4",
        "subsegmentAlignment": "true",
        "subsegmentStartsWithSAP": "1",
    }
    if video:
        shape = Fraction(first.width, first.height) * first.aspect
        attributes["par"] = f"{shape.numerator}:{shape.denominator}"
        attributes["maxWidth"] = str(max(member.width for member in members))
        attributes["maxHeight"] = str(max(member.height for member in members))
    group = ElementTree.SubElement(period, "AdaptationSet", attributes)
    for member in members:
        _representation(group, member)


def _representation(group: ElementTree.Element, stream: StreamFile) -> None:
    attributes = {"id": stream.name, "codecs": stream.codec, "bandwidth": str(stream.peak)}
    if stream.type == "video":
        attributes["width"], attributes["height"] = str(stream.width), str(stream.height)
        attributes["frameRate"] = str(stream.fps)
        attributes["sar"] = f"{stream.aspect.numerator}:{stream.aspect.denominator}"
    else:
        attributes["audioSamplingRate"] = str(stream.rate)
    element = ElementTree.SubElement(group, "Representation", attributes)
    if stream.type == "audio":
        channels = {"schemeIdUri": _CHANNELS, "value": str(stream.channels)}
        ElementTree.SubElement(element, "AudioChannelConfiguration", channels)
    ElementTree.SubElement(element, "BaseURL").text = stream.file
    start, end = stream.index
    base = ElementTree.SubElement(element, "SegmentBase", {"indexRange": f"{start}-{end - 1}"})
    ElementTree.SubElement(base, "Initialization", {"range": f"0-{start - 1}"})


def _duration(seconds: Fraction) -> str:
    return f"PT{float(seconds):.3f}S"


def _time(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{thousandths:03}"
