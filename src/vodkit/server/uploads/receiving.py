"""Taking the bytes of parts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from ..blobs import MIB, Ground, Sink
from ..contract import Incoming
from ..errors import TooLarge, Truncated
from ..quota import Hold
from .digests import Digester
from .follow import Md5Follower

_MOST_PIECES = 512
"""Pieces in one gathered write; the system takes 1,024."""


@dataclass(slots=True)
class Receiving:
    """What this process knows of an open upload while parts arrive.

    ``slot_size`` is the length of the first part that came: part ``slot_first + n`` is at home at
    ``n * slot_size``.
    """

    ground: Ground | None = None
    slot_first: int = 0
    slot_size: int | None = None
    follower: Md5Follower | None = None
    loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def home(self, number: int, offset: int | None, length: int | None) -> int | None:
        """Where in the whole a part belongs; ``None`` for a part that has no home."""
        if offset is not None:
            return offset
        if self.slot_size is None and length:
            self.slot_first, self.slot_size = min(number, 1), length
        if self.slot_size is None or length is None or length > self.slot_size or number < self.slot_first:
            return None
        return (number - self.slot_first) * self.slot_size


async def pour(body: Incoming, sink: Sink, digester: Digester, hold: Hold, limit: int | None) -> int:
    """Take a body in batches of 1 MiB; its size.

    Raises:
        Truncated, TooLarge, StorageFull, QuotaExceeded: see ``Uploads.receive``.
    """
    size = 0
    batch: list[bytes] = []
    held = 0

    async def hand_over() -> None:
        await hold.reach(size)
        await sink.write(batch)
        await digester.update(batch)

    async for piece in body:
        if not piece:
            continue
        size += len(piece)
        held += len(piece)
        if limit is not None and size > limit:
            raise TooLarge(f"more than {limit} bytes")
        batch.append(piece)
        if held >= MIB or len(batch) >= _MOST_PIECES:
            await hand_over()
            batch, held = [], 0
    if body.length is not None and size < body.length:
        raise Truncated(f"{size} bytes of {body.length}")
    if batch:
        await hand_over()
    return size
