"""Playlists and manifests as originals: streams that somebody else made, served as they are.

They are read as text. Of what they name at most one more playlist is looked into, for how long it all is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from defusedxml.ElementTree import fromstring

from vodkit.core.errors import ManifestError
from vodkit.core.manifests import MAX_TEXT, decode, parse

from .errors import BadMedia
from .facts import Facts, Stream

_HEAD = 4096
_SIZE = re.compile(r"^#EXT-X-STREAM-INF:(?:.*,)?RESOLUTION=(\d{1,5})x(\d{1,5})", re.MULTILINE)
_EXTINF = re.compile(r"^#EXTINF:(\d+(?:\.\d+)?)", re.MULTILINE)
_DURATION = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_UNITS = (86400, 3600, 60, 1)


def ready_made(path: Path, beside: Callable[[str], Path | None] = lambda name: None) -> Facts | None:
    """What a playlist or a manifest says of its streams; ``None`` of a file that is neither.

    Args:
        path: The file.
        beside: Where the file is that it names, if it is there. A master playlist does not say how long it
            plays; without the others its :attr:`Facts.seconds` is 0.

    Raises:
        BadMedia: it is broken, names no file, or names one outside of its folder.
    """
    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = decode(file.read(_HEAD)).lstrip("\ufeff \t\r\n")
    kind = "m3u8" if head.startswith("#EXTM3U") else "mpd" if head[:1] == "<" and "<MPD" in head else ""
    if not kind:
        return None
    if path.stat().st_size > MAX_TEXT:
        raise BadMedia(f"the manifest is larger than {MAX_TEXT} bytes")
    text = decode(path.read_bytes())
    try:
        named = parse(text, kind).references
    except ManifestError as problem:
        raise BadMedia(problem.message) from None
    if not named:
        raise BadMedia("the manifest names no stream")
    if kind == "m3u8":
        seconds = _listed(text)
        variant = next((item.name for item in named if item.name.lower().endswith(".m3u8")), "")
        if not seconds and variant and (found := beside(variant)):
            seconds = _listed(decode(found.read_bytes()[:MAX_TEXT]))
        return Facts("hls", seconds, 0.0, 0, tuple(_streams(_SIZE.findall(text))))
    root = fromstring(text, forbid_dtd=True)
    seconds = _seconds(root.get("mediaPresentationDuration", ""))
    sizes = [(item.get("width", ""), item.get("height", "")) for item in root.iter()]
    return Facts("dash", seconds, 0.0, 0, tuple(_streams(sizes)))


def _streams(sizes: Iterable[tuple[str, str]]) -> Iterator[Stream]:
    known = {(int(width), int(height)) for width, height in sizes if width.isdecimal() and height.isdecimal()}
    for number, (width, height) in enumerate(sorted(known, reverse=True)):
        yield Stream(number, "video", "", width=width, height=height)


def _listed(playlist: str) -> float:
    """Seconds of all segments of a playlist."""
    return sum(map(float, _EXTINF.findall(playlist)))


def _seconds(text: str) -> float:
    """Of a duration as XML Schema writes it; 0 for one that says months, or nothing."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return 0.0
    return sum(float(part or 0) * unit for part, unit in zip(found.groups(), _UNITS, strict=True))
