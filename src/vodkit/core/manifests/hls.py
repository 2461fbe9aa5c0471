"""HLS playlists (RFC 8216 and its successor), as far as they name files."""

from __future__ import annotations

import re

from ..errors import ManifestError
from .names import is_url
from .parsed import Parsed

_ATTRIBUTE = re.compile(r'\s*([A-Z0-9-]+)\s*=\s*("[^"]*"|[^,"]*)\s*(?:,|$)')
_VARIABLE = re.compile(r"\{\$([A-Za-z0-9_-]+)\}")

# Tags whose URI attribute names a file that is served beside the playlist. Hints of parts that do not
# exist yet, reports about other renditions and remote assets name nothing that could be uploaded.
_FILE_TAGS = frozenset(
    {
        "EXT-X-MAP",
        "EXT-X-MEDIA",
        "EXT-X-I-FRAME-STREAM-INF",
        "EXT-X-IMAGE-STREAM-INF",
        "EXT-X-PART",
        "EXT-X-SESSION-DATA",
    }
)
_KEY_TAGS = frozenset({"EXT-X-KEY", "EXT-X-SESSION-KEY"})


def parse_hls(text: str) -> Parsed:
    """The files that a master or media playlist names.

    Keys at an absolute URL are left out with a notice, as are segments marked as gaps without one. A media
    playlist without ``EXT-X-ENDLIST`` brings a notice.

    Raises:
        ManifestError: the text is no playlist, or names something outside its directory.
    """
    lines = [line.strip(" \t\f\v") for line in re.split(r"\r\n|\n|\r", text)]
    if next((line for line in lines if line), None) != "#EXTM3U":
        raise ManifestError("this is not an HLS playlist: it does not begin with #EXTM3U")
    parsed = Parsed()
    variables: dict[str, str] = {}
    gap = False
    for line in lines:
        if not line:
            continue
        if line.startswith("#EXT"):
            tag, _, rest = line[1:].partition(":")
            if tag == "EXT-X-DEFINE":
                _define(rest, variables)
            elif tag == "EXT-X-GAP":
                gap = True
            elif tag in _FILE_TAGS or tag in _KEY_TAGS:
                _tag(tag, _substitute(rest, variables), parsed)
        elif not line.startswith("#"):
            if not gap:
                parsed.add(_substitute(line, variables))
            gap = False
    if any(line.startswith("#EXTINF") for line in lines) and "#EXT-X-ENDLIST" not in lines:
        parsed.notice("the playlist has no EXT-X-ENDLIST, players will take it for a live stream")
    return parsed


def _tag(tag: str, rest: str, parsed: Parsed) -> None:
    uri = _attributes(rest).get("URI")
    if uri is None or uri.lower().startswith("data:"):
        return
    if tag in _KEY_TAGS and is_url(uri):
        scheme = uri.partition(":")[0]
        parsed.notice(f"a key at a {scheme}: address is left out, players fetch it from there")
        return
    parsed.add(uri)


def _attributes(text: str) -> dict[str, str]:
    """An attribute list, ``A=1,B="x,y"``; what does not belong to one ends it."""
    found: dict[str, str] = {}
    position = 0
    while match := _ATTRIBUTE.match(text, position):
        name, value = match.groups()
        found.setdefault(name, value[1:-1] if value.startswith('"') else value.strip())
        if match.end() == position:
            break
        position = match.end()
    return found


def _define(rest: str, variables: dict[str, str]) -> None:
    attributes = _attributes(rest)
    if "NAME" in attributes:
        variables[attributes["NAME"]] = attributes.get("VALUE", "")


def _substitute(text: str, variables: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in variables:
            raise ManifestError(
                f"the playlist uses a variable {name!r} that it does not define",
                advice="Write the file names out, or define it by EXT-X-DEFINE:NAME",
            )
        return variables[name]

    return _VARIABLE.sub(value, text)
