"""What HLS and DASH manifests refer to: text in, references out. No I/O.

Both ends use it: the client to find the files of a folder, the service to answer for a manifest's text.
A reference must stay in the manifest's directory or below it, so that a folder can move as a whole.
"""

from __future__ import annotations

from ..errors import ManifestError
from .names import KINDS, kind_of, relative_name
from .parsed import Parsed, Reference

__all__ = ["KINDS", "MAX_TEXT", "Parsed", "Reference", "decode", "kind_of", "parse", "relative_name"]

MAX_TEXT = 16 * 1024 * 1024
"""Largest manifest that is looked at, in characters."""


def parse(text: str, kind: str) -> Parsed:
    """The files that a manifest refers to, each once, in order of appearance.

    Args:
        text: The whole manifest; a byte order mark and any line ends are accepted.
        kind: ``m3u8`` or ``mpd``, in any case.

    Raises:
        ManifestError: it is no such manifest, is too large, or names something outside its directory.
    """
    if len(text) > MAX_TEXT:
        raise ManifestError(f"the manifest is larger than {MAX_TEXT} characters")
    text = text.removeprefix("\ufeff")
    match kind.lower():
        case "m3u8":
            from .hls import parse_hls

            return parse_hls(text)
        case "mpd":
            from .dash import parse_dash

            return parse_dash(text)
    raise ManifestError(f"there is no manifest type {kind!r}", advice=f"It can be: {', '.join(KINDS)}")


def decode(data: bytes) -> str:
    """A manifest's text: by its byte order mark, else UTF-8, else the commonest older encodings."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if data.startswith(b"\xef\xbb\xbf"):
        return data.decode("utf-8-sig", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")
