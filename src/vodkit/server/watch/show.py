"""What the watch page of a media shows: addresses, names, subtitles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ..access import EVERYBODY, Leave
from ..content_types import content_type
from ..contract import MediaRecord
from ..links import Links, folder_of
from ..media.facts import Facts
from ..processing import OUTPUTS, Output

LEAST = 6 * 3600.0
"""Seconds for which a page's addresses are good at least, where they are signed."""

_PLAYABLE = frozenset(
    {
        "audio/aac",
        "audio/flac",
        "audio/mp4",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "video/mp4",
        "video/quicktime",
        "video/webm",
    }
)
_PICTURES = frozenset({"image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp"})
_LISTS = (".m3u8", ".mpd")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses for one viewer, relative to the page: signed where not everybody may watch.

    Args:
        links: Makes them.
        media: Whose.
        leave: That of the viewer.
        now: Seconds since the epoch.
    """

    links: Links
    media: MediaRecord
    leave: Leave
    now: float

    def of(self, space: str, key: str, *, counted: bool = False) -> str:
        """Where an object plays.

        Args:
            counted: The page counts a view of it itself.
        """
        if not key:
            return ""
        url = self.links.play(self.media.provider, space, key)
        if self.leave.by != EVERYBODY:
            whole = key.endswith((*_LISTS, ".vtt")) or space == OUTPUTS
            url = self.links.sign(url, self._lifetime(), folder_of(self.media, space) if whole else "")
        parts = urlsplit(url)
        query = "&".join(filter(None, (parts.query, "page" if counted else "")))
        return f"..{parts.path[parts.path.index('/v/') :]}{'?' if query else ''}{query}"

    def _lifetime(self) -> float:
        """Long enough to watch at leisure; ends with an hour, so that a page opened again finds its cache."""
        seconds = float(self.media.facts.get("seconds") or 0.0)
        wanted = self.now + max(LEAST, 3 * seconds)
        return min(math.ceil(wanted / 3600) * 3600, self.leave.until) - self.now


def told(addresses: Addresses, outputs: Sequence[Output]) -> dict[str, Any]:
    """What the player is told of a media."""
    media = addresses.media
    streams = _last(outputs, "streams")
    sprite = _last(outputs, "sprite")
    hls = addresses.of(OUTPUTS, streams.key, counted=True) if streams else ""
    if not hls and media.key.endswith(".m3u8"):
        hls = addresses.of(media.space, media.key, counted=True)
    return {
        "hls": hls,
        "files": files(addresses, outputs, counted=True),
        "poster": cover(addresses, outputs),
        "thumbnails": addresses.of(OUTPUTS, sprite.key) if sprite else "",
        "subtitles": [
            {
                "url": addresses.of(OUTPUTS, output.key),
                "language": output.facts.get("language", ""),
                "title": output.facts.get("title") or output.name,
            }
            for output in outputs
            if output.kind == "subtitle"
        ],
        "duration": seconds_of(media, outputs),
        "shape": shape_of(media),
    }


def cover(addresses: Addresses, outputs: Sequence[Output]) -> str:
    """Where the media's cover is; ``""`` if it has none."""
    chosen = addresses.media.cover_key
    if chosen:
        return addresses.of(addresses.media.space, chosen)
    made = _last(outputs, "cover")
    return addresses.of(OUTPUTS, made.key) if made else ""


def picture(addresses: Addresses, outputs: Sequence[Output]) -> str:
    """What to show of an image: itself, where browsers can, else what was made of it."""
    media = addresses.media
    if content_type(media.key) in _PICTURES:
        return addresses.of(media.space, media.key)
    return cover(addresses, outputs)


def seconds_of(media: MediaRecord, outputs: Sequence[Output]) -> float:
    """How long a media plays; 0 if nobody knows."""
    streams = _last(outputs, "streams")
    return float((streams.facts if streams else {}).get("seconds") or media.facts.get("seconds") or 0.0)


def shape_of(media: MediaRecord) -> tuple[int, int] | None:
    """Width and height of a media's picture, as far as they are known."""
    picture = Facts.from_dict(dict(media.facts)).picture if media.facts else None
    return picture.shown_size if picture is not None else None


def line(media: MediaRecord, outputs: Sequence[Output], views: int) -> str:
    """The small print below the title."""
    seconds = round(seconds_of(media, outputs))
    clock = f"{seconds // 60 % 60}:{seconds % 60:02}"
    if seconds >= 3600:
        clock = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    day = datetime.fromtimestamp(media.created, UTC).date().isoformat()
    seen = "" if media.kind == "image" else f"{views} view{'s' * (views != 1)}"
    return " · ".join(filter(None, (clock if seconds else "", seen, day)))


def files(addresses: Addresses, outputs: Sequence[Output], *, counted: bool) -> list[dict[str, str]]:
    """The plain files that browsers play, the best first; ``counted`` as in :meth:`Addresses.of`."""
    media = addresses.media
    found = [
        {"name": output.name, "url": addresses.of(OUTPUTS, output.key, counted=counted)}
        for output in outputs
        if output.kind == "file"
    ]
    if not found and content_type(media.key) in _PLAYABLE:
        found = [{"name": "Original", "url": addresses.of(media.space, media.key, counted=counted)}]
    return found


def _last(outputs: Sequence[Output], kind: str) -> Output | None:
    """The newest of a kind."""
    return next((output for output in reversed(outputs) if output.kind == kind), None)
