"""Which references are paths inside the manifest's folder, and under which name a player asks for them."""

from __future__ import annotations

import posixpath
import re
from typing import Final
from urllib.parse import unquote

from ..errors import ManifestError

KINDS: Final = ("m3u8", "mpd")
"""Extensions of manifests, in lower case."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def kind_of(name: str) -> str | None:
    """The manifest type that a file's name tells, in lower case; ``None`` for any other file."""
    extension = name.rpartition(".")[2].lower()
    return extension if "." in name and extension in KINDS else None


def is_url(uri: str) -> bool:
    """Whether it begins with a scheme, as ``https:`` or ``skd:`` do."""
    return _SCHEME.match(uri) is not None


def relative_name(uri: str) -> tuple[str, str]:
    """Normalise a reference.

    Returns:
        The reference with ``./`` taken out, and the path that a player asks for.

    Raises:
        ManifestError: empty, a URL, an absolute path, or one that climbs with ``..``.
    """
    shown = uri if len(uri) <= 200 else uri[:200] + "…"
    if is_url(uri):
        raise ManifestError(
            f"the manifest names a URL: {without_query(shown)!r}",
            advice="Only files beside the manifest or below it can be uploaded with it",
        )
    path = without_query(uri)
    try:
        asked = unquote(path, errors="strict")
    except UnicodeDecodeError:
        raise ManifestError(f"the percent-escapes of {shown!r} are not UTF-8") from None
    # The literal text is a file name to look for, the decoded one goes over the wire: neither may climb.
    for text in (uri, path, asked):
        _refuse_escape(text, shown)
    name = posixpath.normpath(asked)
    if name == "." or asked.endswith("/"):
        raise ManifestError(f"the manifest names {shown!r}, which is no file")
    return posixpath.normpath(uri), name


def without_query(uri: str) -> str:
    """The path of a relative reference: what comes before ``?`` and ``#``."""
    return uri.partition("#")[0].partition("?")[0]


def _refuse_escape(path: str, shown: str) -> None:
    if _CONTROL.search(path):
        raise ManifestError(f"the manifest names {shown!r}, which holds a control character")
    if path.startswith(("/", "\\")) or "\\" in without_query(path):
        raise ManifestError(
            f"the manifest names {shown!r}, which is not a relative path with forward slashes",
            advice="Only files beside the manifest or below it can be uploaded with it",
        )
    if ".." in path.split("/"):
        raise ManifestError(
            f"the manifest names {shown!r}, which climbs out of a directory",
            advice="Only files beside the manifest or below it can be uploaded with it",
        )
