"""What can be uploaded: paths, open files, bytes, iterators, standard input, web addresses, fsspec URLs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, cast

from vodkit.core.errors import SourceUnreadable
from vodkit.core.source import Source
from vodkit.transport import Cancel, TransportSettings

from .files import FileSource
from .path import PathSource
from .streams import BytesSource, IteratorSource, StreamSource
from .urls import file_path, last_name, scheme_of

__all__ = ["AnySource", "PathSource", "open_source"]

AnySource = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Iterable[bytes] | Source
"""What ``upload`` takes."""


def open_source(
    what: AnySource,
    name: str | None = None,
    *,
    web: TransportSettings | None = None,
    cancel: Cancel | None = None,
) -> Source:
    """Make a source of anything that can be uploaded.

    ==========================  ===========================================================================
    a path                      resumable; must be a file that can be read
    an open binary file         never closed and never moved by us; what is sent begins at its current
                                position, as with boto3's ``upload_fileobj``
    bytes                       sent as they are
    an iterable of bytes        read once, length unknown
    ``-``                       standard input
    ``http://`` ``https://``    read in ranges where the server allows it, else in one go
    any other ``scheme://``     through fsspec, if that is installed
    a :class:`Source`           itself
    ==========================  ===========================================================================

    Args:
        what: The source.
        name: File name for the provider; default the last component of the path or URL. Needed where
            there is none.
        web: How requests for ``http(s)://`` sources travel.
        cancel: Stops such requests.

    Raises:
        SourceNotFound, SourceUnreadable: it is not there, cannot be read, or has no name.
        TransferError: a web source cannot be reached.
        ConfigError: fsspec or the package behind its scheme is not installed.
    """
    if name is not None:
        _refuse_name(name)
    if isinstance(what, str):
        return _from_text(what, name, web, cancel)
    if isinstance(what, os.PathLike):
        return PathSource(os.fspath(what), name)
    if isinstance(what, bytes | bytearray | memoryview):
        return BytesSource(what, needed(name, "bytes have"))
    if hasattr(what, "read"):
        return _from_file(cast("IO[bytes]", what), name)
    if isinstance(what, Source):
        return what
    if isinstance(what, Iterable):
        return IteratorSource(what, needed(name, "an iterator has"))
    raise SourceUnreadable(
        f"a {type(what).__name__} cannot be uploaded",
        advice="Pass a path, an open binary file, bytes, an iterable of bytes, '-' or a URL",
    )


def _from_text(text: str, name: str | None, web: TransportSettings | None, cancel: Cancel | None) -> Source:
    if text == "-":
        return StreamSource(sys.stdin.buffer, needed(name, "standard input has"))
    scheme = scheme_of(text)
    if scheme is None:
        return PathSource(text, name)
    if scheme == "file":
        return PathSource(file_path(text), name)
    if scheme in ("http", "https"):
        from .web import WebSource

        return WebSource(text, needed(name or last_name(text), "the address has"), web, cancel)
    from .fs import FsSource

    return FsSource(text, needed(name or last_name(text), "the address has"))


def _from_file(file: IO[bytes], name: str | None) -> Source:
    if not name:
        own: Any = getattr(file, "name", None)
        name = Path(own).name if isinstance(own, str) and not own.startswith("<") else None
    name = needed(name, "the open file has")
    return FileSource(file, name) if FileSource.fits(file) else StreamSource(file, name)


def needed(name: str | None, whose: str) -> str:
    """The name, which must be there.

    Raises:
        SourceUnreadable: there is none.
    """
    if not name:
        raise SourceUnreadable(f"{whose} no file name", advice='Give one, such as name="movie.mp4"')
    return name


def _refuse_name(name: str) -> None:
    if not name or name in (".", "..") or any(c in "/\\" or ord(c) < 32 or ord(c) == 127 for c in name):
        raise SourceUnreadable(
            f"{name!r} is not a file name", advice="Give a plain name with its extension, such as movie.mp4"
        )
