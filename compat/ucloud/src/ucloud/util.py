"""Encodings, ETags, MIME types and addresses."""

from __future__ import annotations

import base64
import mimetypes
from pathlib import Path

from vodkit.engine.integrity import digest
from vodkit.providers.ucloud import wire
from vodkit.providers.ucloud.client import options

from .compact import b, s

_OWN_TYPES = {".ts": "video/MP2T"}
UNKNOWN_TYPE = "application/octstream"
"""The vendor's name for a file of a type that nobody knows."""

_WINDOW = 1 << 20


def urlsafe_b64encode(data: str | bytes) -> str:
    """Base64 with ``-`` and ``_``."""
    return s(base64.urlsafe_b64encode(b(data)))


def urlsafe_b64decode(data: str) -> bytes:
    """The inverse of :func:`urlsafe_b64encode`."""
    return base64.urlsafe_b64decode(b(data))


def standard_b64encode(data: str | bytes) -> str:
    """Base64 with ``+`` and ``/``."""
    return s(base64.standard_b64encode(b(data)))


def standard_b64decode(data: str) -> bytes:
    """The inverse of :func:`standard_b64encode`."""
    return base64.standard_b64decode(b(data))


def file_etag(path: str, size: int | None = None) -> str:
    """The ETag that the service gives to a file, without quotes.

    Args:
        path: The file.
        size: Not needed: the file says how long it is.

    Raises:
        OSError: it cannot be read.
    """
    hasher, length = digest("sha1_blocks"), 0
    with Path(path).open("rb") as file:
        while piece := file.read(_WINDOW):
            hasher.update(memoryview(piece))
            length += len(piece)
    return wire.object_etag(length, hasher.hexdigest())


def mimetype_from_file(path: str) -> str:
    """The MIME type that a name's extension tells."""
    own = _OWN_TYPES.get(Path(path).suffix.lower())
    known = options.type_of(path)
    if own or known != options.UNKNOWN_TYPE:
        return own or known
    return mimetypes.guess_type(path, strict=False)[0] or UNKNOWN_TYPE
