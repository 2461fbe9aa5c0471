"""Where bytes are kept.

A *store* keeps the bytes of *owners*. An owner is an open upload and, once completed, the blob of the same
id: completing changes rows only. What belongs to whom is said by the catalog alone; a store is told by
:meth:`BlobStore.keep`, after commits and at start-up, so that bytes no row owns never stay.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MIB = 1024 * 1024

Buffer = bytes | bytearray | memoryview
"""Bytes that were read."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Consecutive bytes in one of the store's files.

    Attributes:
        file: The store's name for the file, made from the owner's id.
        start: Where in the file.
        length: Bytes.
    """

    file: str
    start: int
    length: int

    def __contains__(self, other: Extent) -> bool:
        return (
            self.file == other.file
            and self.start <= other.start
            and other.start + other.length <= self.start + self.length
        )


class Sink(Protocol):
    """Takes the bytes of one part."""

    async def write(self, pieces: Sequence[bytes]) -> None:
        """Take these bytes; returns when they may still be on their way, but those before are written.

        Raises:
            StorageFull: there is no room.
            TooLarge: more bytes than were announced.
        """
        ...

    async def finish(self) -> Extent:
        """Where the bytes are, once they are safe on disk.

        Raises:
            StorageFull: there is no room.
        """
        ...

    async def discard(self) -> None:
        """Let go of what was written. May follow :meth:`finish`."""
        ...


class Ground(Protocol):
    """What a store knows of one owner while parts arrive."""

    def sink(self, home: int | None, length: int | None) -> Sink:
        """A place for a part. Never overlaps another one.

        Args:
            home: Where in the whole the part belongs; taken when that place is free.
            length: Bytes, or ``None`` if not known.
        """
        ...

    def release(self, extent: Extent) -> None:
        """Let go of a part's bytes; blocks."""
        ...


class BlobStore(Protocol):
    """A place for bytes."""

    def ground(self, owner: str, taken: Sequence[Extent]) -> Ground:
        """Begin to receive for an owner that has these extents so far."""
        ...

    def keep(self, owner: str, extents: Sequence[Extent]) -> None:
        """Let go of all of an owner's bytes that are not in ``extents``; blocks."""
        ...

    def at_hand(self, extents: Sequence[Extent]) -> Buffer | None:
        """The bytes of the extents if they can be had at once, without waiting for a disk or a network.

        They hold until the next call. Only the event loop's thread calls.

        Raises:
            BlobGone: they are not there.
        """
        ...

    def stream(self, extents: Sequence[Extent]) -> AsyncIterator[bytes]:
        """The bytes of the extents, in order, in pieces of at most 1 MiB.

        Raises:
            BlobGone: they are not there.
        """
        ...

    def export(self, extents: Sequence[Extent], path: Path) -> None:
        """Make a plain file of these bytes, for a program to read; without copying them where that can be.

        The file holds no other bytes, and it keeps them when the store lets go of its own. Blocks.

        Raises:
            BlobGone: they are not there.
            StorageFull: there is no room.
        """
        ...

    def adopt(self, owner: str, path: Path) -> Extent:
        """Make the bytes of a file those of a new owner, safe on disk; not copying them where that can be.

        The file stays and must not be written to any more. May be done again. Blocks.

        Raises:
            StorageFull: there is no room.
        """
        ...

    def recover(self, owned: Callable[[Sequence[str]], dict[str, list[Extent]]]) -> int:
        """Before anything is received: let go of all that no row owns; blocks.

        Args:
            owned: Tells the extents of each of some owners; one without any may be missing.

        Returns:
            How many owners' bytes were let go entirely.
        """
        ...

    def close(self) -> None:
        """Finish what is under way."""
        ...
