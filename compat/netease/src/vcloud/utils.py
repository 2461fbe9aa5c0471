"""Reading a file block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from . import config


def _file_iter(input_stream: BinaryIO, size: int, offset: int = 0) -> Iterator[bytes]:
    """Blocks of at most ``size`` bytes from ``offset`` to the end of the stream."""
    input_stream.seek(offset)
    while block := input_stream.read(size):
        yield block


def block_at(stream: BinaryIO, offset: int) -> bytes:
    """The block that begins at ``offset``; ``b""`` at the end of the stream."""
    return next(_file_iter(stream, config._BLOCK_SIZE, offset), b"")
