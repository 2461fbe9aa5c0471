"""What a source's address says about itself."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from vodkit.core.errors import SourceUnreadable

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)(::[A-Za-z][A-Za-z0-9+.-]*)*://")


def scheme_of(text: str) -> str | None:
    """The scheme of a URL in lower case; ``None`` for a path."""
    match = _SCHEME.match(text)
    return match.group(1).lower() if match else None


def file_path(url: str) -> str:
    """The path of a ``file://`` URL."""
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise SourceUnreadable(f"{url!r} is on another machine")
    return unquote(parts.path)


def last_name(url: str) -> str:
    """The last component of a URL's path, percent-escapes undone; may be empty."""
    return unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]


def shown(url: str) -> str:
    """A URL for messages: without what may be secret, its user, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit(SplitResult(parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
