"""Reading the streams that the encoder made: ISO files of one track, in fragments, with their index in front.

Only files of our own making are read here, so what is not as expected is an error and not a case. Box names
and layouts are those of ISO/IEC 14496-12 and 14496-15; codec strings those of RFC 6381 and of the codecs' own
bindings.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from .errors import BadMedia

_VISUAL = 86
_SOUND = 36
"""Bytes from the start of a sample entry to the boxes inside of it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment, which can be played from its beginning.

    Attributes:
        start, size: Bytes in its file.
        seconds: Its length.
    """

    start: int
    size: int
    seconds: Fraction


@dataclass(frozen=True, slots=True)
class StreamFile:
    """One stream: a rendition of the picture, or sound.

    Attributes:
        name: Of the file, without its extension.
        file: Name of the file.
        type: ``video`` or ``audio``.
        codec: As RFC 6381 spells it.
        width, height: In pixels.
        aspect: Of a pixel, width by height.
        fps: Pictures in a second.
        channels, rate: Of sound.
        index: First byte of the index and the first after it; all before is what a player begins with.
        segments: In their order.
    """

    name: str
    file: str
    type: str
    codec: str
    width: int
    height: int
    aspect: Fraction
    fps: Fraction
    channels: int
    rate: int
    index: tuple[int, int]
    segments: tuple[Segment, ...]

    @property
    def seconds(self) -> Fraction:
        """How long it plays."""
        return sum((segment.seconds for segment in self.segments), Fraction())

    @property
    def bytes(self) -> int:
        """Of all segments."""
        return sum(segment.size for segment in self.segments)

    @property
    def average(self) -> int:
        """Bits in a second, over all of it."""
        return round(self.bytes * 8 / self.seconds) if self.seconds else 0

    @property
    def peak(self) -> int:
        """The most bits in a second of neighbouring segments that last about as long as the longest.

        So a last segment of one picture does not count as if a whole one were like it (RFC 8216 §4.1).
        """
        target = max((segment.seconds for segment in self.segments), default=Fraction())
        highest = self.average
        for first in range(len(self.segments)):
            size, seconds = 0, Fraction()
            for segment in self.segments[first:]:
                size, seconds = size + segment.size, seconds + segment.seconds
                if seconds * 2 > target * 3:
                    break
                if seconds * 2 >= target:
                    highest = max(highest, round(size * 8 / seconds))
        return highest


def stream_file(path: Path) -> StreamFile:
    """What a stream of ours holds.

    Raises:
        BadMedia: it has no index, or is not one of ours.
    """
    found = {kind: (start, end) for kind, start, end in _until_fragment(path)}
    if not {b"moov", b"sidx", b"moof"} <= found.keys():
        raise BadMedia(f"the encoder made {path.name} without an index or without anything in it")
    with path.open("rb") as file:
        moov, sidx, moof = (_read(file.fileno(), *found[kind]) for kind in (b"moov", b"sidx", b"moof"))
    entry = _descend(moov, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")[8:]
    kind = entry[4:8].decode("latin-1")
    segments = tuple(_segments(sidx, found[b"sidx"][1]))
    video = kind != "mp4a"
    parts = dict(_inside(entry[_VISUAL if video else _SOUND :]))
    return StreamFile(
        name=path.stem,
        file=path.name,
        type="video" if video else "audio",
        codec=_codec(kind, parts),
        width=_int(entry, 32, 2) if video else 0,
        height=_int(entry, 34, 2) if video else 0,
        aspect=_aspect(parts.get(b"pasp", b"")),
        fps=_pictures(moof) / segments[0].seconds if video else Fraction(),
        channels=0 if video else _int(entry, 24, 2),
        rate=0 if video else _int(entry, 32, 2),
        index=found[b"sidx"],
        segments=segments,
    )


def boxes(path: Path) -> Iterator[tuple[bytes, int, int]]:
    """The outermost boxes of an ISO file: kind, start and end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + 8 <= size:
            file.seek(at)
            head = file.read(16)
            length = _int(head, 0, 4)
            if length == 1:
                length = _int(head, 8, 8)
            if length < 8:
                return
            yield head[4:8], at, at + length
            at += length


def _until_fragment(path: Path) -> Iterator[tuple[bytes, int, int]]:
    for box in boxes(path):
        yield box
        if box[0] == b"moof":
            return


def _read(file: int, start: int, end: int) -> bytes:
    return os.pread(file, end - start, start)


def _int(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


def _inside(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Boxes within one: kind and body."""
    at = 0
    while at + 8 <= len(data):
        length = max(8, _int(data, at, 4))
        yield data[at + 4 : at + 8], data[at + 8 : at + length]
        at += length


def _descend(data: bytes, *kinds: bytes) -> bytes:
    for kind in kinds:
        data = next((body for name, body in _inside(data) if name == kind), b"")
    return data


def _segments(sidx: bytes, start: int) -> Iterator[Segment]:
    """What a segment index lists (ISO/IEC 14496-12 §8.16.3)."""
    wide = 8 if sidx[8] else 4
    scale = _int(sidx, 16, 4)
    first = 20 + 2 * wide
    start += _int(sidx, 20 + wide, wide)
    for at in range(first + 4, first + 4 + 12 * _int(sidx, first + 2, 2), 12):
        size = _int(sidx, at, 4) & 0x7FFFFFFF
        yield Segment(start, size, Fraction(_int(sidx, at + 4, 4), scale))
        start += size


def _pictures(moof: bytes) -> int:
    """How many samples a fragment has."""
    traf = _descend(moof, b"moof", b"traf")
    return sum(_int(body, 4, 4) for kind, body in _inside(traf) if kind == b"trun")


def _aspect(pasp: bytes) -> Fraction:
    across, down = _int(pasp, 0, 4), _int(pasp, 4, 4)
    return Fraction(across, down) if across and down else Fraction(1)


def _codec(kind: str, parts: dict[bytes, bytes]) -> str:
    """The ``codecs`` parameter of a stream."""
    if kind == "avc1":
        return f"avc1.{parts[b'avcC'][1:4].hex()}"
    if kind == "hvc1":
        return _hevc(parts[b"hvcC"])
    if kind == "av01":
        first, second = parts[b"av1C"][1], parts[b"av1C"][2]
        depth = (12 if second & 0x20 else 10) if second & 0x40 else 8
        return f"av01.{first >> 5}.{first & 31:02}{'H' if second & 0x80 else 'M'}.{depth:02}"
    if kind == "vp09":
        profile, level, depth = parts[b"vpcC"][4], parts[b"vpcC"][5], parts[b"vpcC"][6] >> 4
        return f"vp09.{profile:02}.{level:02}.{depth:02}"
    if kind == "mp4a":
        return "mp4a.40.2"
    raise BadMedia(f"the encoder made a stream of the unknown kind {kind}")


def _hevc(configuration: bytes) -> str:
    """``hvc1.PROFILE.COMPATIBILITY.TIER LEVEL.CONSTRAINTS`` (ISO/IEC 14496-15 annex E)."""
    general = configuration[1]
    space = ("", "A", "B", "C")[general >> 6]
    compatible = int(f"{_int(configuration, 2, 4):032b}"[::-1], 2)
    tier = "H" if general & 0x20 else "L"
    constraints = [f"{byte:x}" for byte in configuration[6:12].rstrip(b"\0")]
    return ".".join(
        ["hvc1", f"{space}{general & 31}", f"{compatible:x}", f"{tier}{configuration[12]}", *constraints]
    )
