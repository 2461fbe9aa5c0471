"""Subtitles in the lists of streams: what HLS and DASH players are told of them.

The lists are made once, with the streams; subtitles come and go. So they are put in when a list is asked for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from .nouns import MediaRecord
from .processing import Output

TEXT, LIST = "subtitle.vtt", "subtitle.m3u8"
"""Names of the objects of a subtitle: the WebVTT, and an HLS playlist that holds just that."""

_GROUP = "subtitles"
_ENDS = re.compile(r"--> (\d+):(\d\d):(\d\d\.\d\d\d)")


def with_subtitles(name: str, body: bytes, subtitles: Sequence[Output]) -> bytes:
    """A list of streams with the subtitles of its media.

    Args:
        name: The list's; ``.m3u8`` or ``.mpd``.
        body: As it was made.
        subtitles: Outputs of the kind ``subtitle``.
    """
    if not subtitles:
        return body
    text = body.decode("utf-8", "surrogateescape")
    made = _hls(text, subtitles) if name.endswith(".m3u8") else _dash(text, subtitles)
    return made.encode("utf-8", "surrogateescape")


def tag(etag: str, subtitles: Sequence[Output]) -> str:
    """The ETag of a list with subtitles."""
    if not subtitles:
        return etag
    return hashlib.sha256("\n".join([etag, *(output.id for output in subtitles)]).encode()).hexdigest()[:32]


def length(media: MediaRecord, text: str) -> float:
    """Seconds of a track in WebVTT: as its media, or up to the last subtitle."""
    ends = [int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in _ENDS.findall(text)]
    return max([float(media.facts.get("seconds") or 0.0), *ends])


def playlist(seconds: float) -> str:
    """An HLS playlist of one WebVTT file."""
    return (
        f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{max(1, round(seconds))}\n"
        "#EXT-X-MEDIA-SEQUENCE:0\n"
        f"#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:{seconds:.3f},\n{TEXT}\n#EXT-X-ENDLIST\n"
    )


def _hls(text: str, subtitles: Sequence[Output]) -> str:
    tracks = [
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{_GROUP}",NAME="{_quoted(title)}",DEFAULT=NO,AUTOSELECT=YES,'
        f'FORCED=NO,LANGUAGE="{_quoted(language)}",URI="{folder}/{LIST}"'
        for folder, language, title in _told(subtitles)
    ]
    lines = []
    for line in text.splitlines():
        if line.startswith("#EXT-X-STREAM-INF:"):
            lines += [*tracks, f'{line},SUBTITLES="{_GROUP}"']
            tracks = []
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _dash(text: str, subtitles: Sequence[Output]) -> str:
    sets = [
        f'<AdaptationSet contentType="text" mimeType="text/vtt" lang={quoteattr(language)}>'
        f"<Label>{escape(title)}</Label>"
        '<Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>'
        f'<Representation id="subtitle-{number}" bandwidth="1000"><BaseURL>{folder}/{TEXT}</BaseURL>'
        "</Representation></AdaptationSet>\n"
        for number, (folder, language, title) in enumerate(_told(subtitles))
    ]
    return text.replace("</Period>", "".join(sets) + "</Period>", 1)


def _told(subtitles: Sequence[Output]) -> list[tuple[str, str, str]]:
    """Folder (relative to that of the list), language and title; no two titles are the same."""
    found: list[tuple[str, str, str]] = []
    seen: dict[str, int] = {}
    for output in subtitles:
        title = str(output.facts.get("title") or output.name)
        seen[title] = seen.get(title, 0) + 1
        title = title if seen[title] == 1 else f"{title} {seen[title]}"
        found.append((f"../{output.key.split('/')[1]}", str(output.facts.get("language") or "und"), title))
    return found


def _quoted(text: str) -> str:
    """Text for a quoted string, which knows no escapes."""
    return re.sub(r'["\r\n]+', " ", text)
