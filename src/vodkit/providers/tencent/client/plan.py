"""How an object is cut into parts (tencent.md §C.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..cos.wire import MAX_PART, MAX_PARTS

MIB: Final = 1 << 20
PART_SIZE: Final = 8 * MIB
"""Bytes of a part unless the caller or the number of parts asks for another size."""

_GROWTH = 24 * MIB
_EVERY = 1000
"""A part of a stream of unknown length grows by so much every so many parts: 10,000 reach 1.03 TiB."""

MAX_OBJECT: Final = MAX_PART * MAX_PARTS


def part_size(size: int | None, wanted: int | None) -> int:
    """Bytes of each part but the last: as wanted, unless that makes more parts than there may be."""
    least = 0 if size is None else -(-size // MAX_PARTS)
    if wanted is None and least > PART_SIZE:
        return -(-least // MIB) * MIB
    return max(wanted or PART_SIZE, least)


def known(size: int, each: int) -> Iterator[tuple[int, int, int]]:
    """Number, offset and length of every part of an object of ``size`` bytes."""
    for number, offset in enumerate(range(0, size, each), 1):
        yield number, offset, min(each, size - offset)


def unknown(each: int) -> Iterator[tuple[int, int, int]]:
    """The same for a stream that may end at any time; lengths are the most that a part may hold."""
    offset = 0
    for number in range(1, MAX_PARTS + 1):
        length = max(each, _GROWTH * ((number - 1) // _EVERY))
        yield number, offset, length
        offset += length
