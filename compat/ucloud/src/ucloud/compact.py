"""What the vendor's SDK needed to run on Python 2 and 3; here for scripts that import it."""

from __future__ import annotations

from io import BytesIO, StringIO

__all__ = ["BytesIO", "StringIO", "b", "is_py2", "is_py3", "s", "u"]

is_py2 = False
is_py3 = True


def b(data: str | bytes) -> bytes:
    """Text as UTF-8 bytes; bytes as they are."""
    return data.encode() if isinstance(data, str) else data


def s(data: str | bytes) -> str:
    """Bytes as text, from UTF-8; text as it is."""
    return data.decode() if isinstance(data, bytes) else data


u = s
