"""Where parts get their bytes: readers of seekable sources, and blocks of those that come only once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from vodkit.core.errors import SourceChanged, SourceUnreadable
from vodkit.core.part import Part
from vodkit.core.source import Item, Reader

MAX_IDLE_READERS = 16


@dataclass(slots=True)
class Block:
    """A stretch of a source that cannot seek, held until its part has arrived.

    Attributes:
        buffer: Reused from block to block.
        offset: Where it begins in the source.
        length: Bytes held.
        needed: Whether the provider may still ask for it.
        users: Parts that are being sent from it.
    """

    buffer: memoryview
    offset: int = 0
    length: int = 0
    needed: bool = False
    users: int = 0

    def view(self, part: Part) -> memoryview:
        start = part.offset - self.offset
        return self.buffer[start : start + part.length]


class Stream:
    """A source that is read once, from front to back.

    Calls come one at a time. One byte of look-ahead tells whether a part that was filled is the last one.
    """

    def __init__(self, reader: Reader, size: int | None) -> None:
        self._reader = reader
        self._blocks: list[Block] = []
        self._position = 0
        self._ahead = b""
        self.size = size

    def fill(self, part: Part) -> tuple[Part, Block]:
        """Hold the bytes of ``part``, which comes back trimmed to what the source has.

        A part that begins in a block still held (it is sent again, or the provider took only its front)
        is served from there.

        Raises:
            SourceUnreadable: the bytes are gone, or not there yet.
            SourceChanged: the source is not as long as it said.
        """
        for block in self._blocks:
            if block.offset <= part.offset < block.offset + block.length:
                held = block.offset + block.length - part.offset
                return self._fitted(part, min(part.length, held)), self._used(block)
        if part.offset != self._position:
            raise SourceUnreadable(
                f"the source can be read only once and the provider asks for byte {part.offset} again",
                advice="Save it to a file and upload that",
            )
        block = self._free_block(part.length)
        count = self._read(block.buffer[: part.length])
        block.offset, block.length = part.offset, count
        self._position += count
        self._look_ahead(count < part.length)
        return self._fitted(part, count), self._used(block)

    def release(self, block: Block, arrived: bool) -> None:
        """A part is not sent from ``block`` any more; once it has arrived the block may be reused."""
        block.users -= 1
        block.needed = block.needed and not arrived

    def _used(self, block: Block) -> Block:
        block.users += 1
        block.needed = True
        return block

    def _fitted(self, part: Part, length: int) -> Part:
        return replace(part, length=length, last=part.offset + length == self.size)

    def _free_block(self, length: int) -> Block:
        block = next((one for one in self._blocks if not one.needed and not one.users), None)
        if block is None:
            block = Block(memoryview(bytearray()))
            self._blocks.append(block)
        if len(block.buffer) < length:
            block.buffer = memoryview(bytearray(length))
        return block

    def _read(self, into: memoryview) -> int:
        count = min(len(self._ahead), len(into))
        into[:count] = self._ahead[:count]
        self._ahead = self._ahead[count:]
        while count < len(into):
            got = self._reader.read_at(self._position + count, into[count:])
            if not got:
                break
            count += got
        return count

    def _look_ahead(self, ended: bool) -> None:
        one = bytearray(1)
        if not ended and not self._ahead and self._reader.read_at(self._position, memoryview(one)):
            self._ahead = bytes(one)
        at_end = not self._ahead
        if self.size is None:
            self.size = self._position if at_end else None
        elif (at_end and self._position < self.size) or (not at_end and self._position >= self.size):
            raise SourceChanged(f"the source said it had {self.size} bytes and has not")


class Feed:
    """The bytes of all items of one upload; it outlives a session that is superseded."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._lock = threading.Lock()
        self._users: dict[int, int] = {}
        self._readers: dict[int, Reader] = {}
        self._streams: dict[int, Stream] = {}

    @contextmanager
    def reading(self, item: int) -> Iterator[Reader]:
        """The item's reader, shared by its users, kept open for a while after."""
        with self._lock:
            reader = self._reader(item)
            self._users[item] = self._users.get(item, 0) + 1
        try:
            yield reader
        finally:
            with self._lock:
                self._users[item] -= 1
                self._close_idle()

    def stream(self, item: int) -> Stream | None:
        """The item as a stream, or ``None`` if it can seek."""
        with self._lock:
            if item not in self._streams:
                reader = self._reader(item)
                if reader.seekable and self._items[item].size is not None:
                    return None
                self._streams[item] = Stream(reader, self._items[item].size)
            return self._streams[item]

    def close(self) -> None:
        """Close every reader."""
        with self._lock:
            for reader in self._readers.values():
                reader.close()
            self._readers.clear()

    def _reader(self, item: int) -> Reader:
        if item not in self._readers:
            self._readers[item] = self._items[item].source.open()
        return self._readers[item]

    def _close_idle(self) -> None:
        idle = [item for item in self._readers if not self._users.get(item) and item not in self._streams]
        for item in idle[:-MAX_IDLE_READERS]:
            self._readers.pop(item).close()
