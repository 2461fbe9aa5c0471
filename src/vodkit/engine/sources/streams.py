"""Bytes in memory, and streams that can be read only once."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO

from vodkit.core.errors import SourceUnreadable
from vodkit.core.source import Identity, Reader


class BytesSource:
    """Bytes in memory."""

    location: str | None = None

    def __init__(self, data: bytes | bytearray | memoryview, name: str) -> None:
        self._data = memoryview(data).cast("B")
        self.name = name
        self.size: int | None = len(self._data)

    def identity(self) -> Identity | None:
        """``None``: bytes in memory cannot be found again."""
        return None

    def open(self) -> Reader:
        """A reader over the bytes."""
        return BytesReader(self._data)


class BytesReader:
    """Reads bytes in memory."""

    seekable = True

    def __init__(self, data: memoryview) -> None:
        self._data = data

    def read_at(self, offset: int, into: memoryview) -> int:
        """Read from ``offset``; see :class:`vodkit.core.source.Reader`."""
        piece = self._data[offset : offset + len(into)]
        into[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Nothing to let go of."""


class _Once:
    """A source of unknown length that can be opened once."""

    once = True
    location: str | None = None
    size: int | None = None

    def __init__(self, name: str) -> None:
        self.name = name
        self._opened = False

    def identity(self) -> Identity | None:
        """``None``: it cannot be looked at twice."""
        return None

    def open(self) -> Reader:
        """The one reader.

        Raises:
            SourceUnreadable: it has been opened before.
        """
        if self._opened:
            raise SourceUnreadable(
                f"the stream {self.name!r} has been read already", advice="Upload it again from a new stream"
            )
        self._opened = True
        return self._reader()

    def _reader(self) -> Reader:
        raise NotImplementedError


class StreamSource(_Once):
    """A binary file object that cannot seek: a pipe, a socket, standard input. Never closed by us."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        super().__init__(name)
        refuse_text(file)
        self._file = file

    def _reader(self) -> Reader:
        return StreamReader(self._file, self.name, owned=False)


class IteratorSource(_Once):
    """An iterable of bytes."""

    def __init__(self, pieces: Iterable[bytes], name: str) -> None:
        super().__init__(name)
        self._pieces = pieces

    def _reader(self) -> Reader:
        return IteratorReader(iter(self._pieces), self.name)


class StreamReader:
    """Reads a stream from front to back."""

    seekable = False

    def __init__(self, file: IO[bytes], shown: str, *, owned: bool) -> None:
        self._file = file
        self._shown = shown
        self._owned = owned

    def read_at(self, offset: int, into: memoryview) -> int:
        """Read on; see :class:`vodkit.core.source.Reader`."""
        done = 0
        while done < len(into):
            try:
                data = self._file.read(len(into) - done)
            except (OSError, EOFError, ValueError) as error:
                raise SourceUnreadable(f"the stream {self._shown!r} broke: {error}") from error
            if data is None:
                raise SourceUnreadable(
                    f"the stream {self._shown!r} does not block", advice="Open it in blocking mode"
                )
            if not data:
                break
            into[done : done + len(data)] = data
            done += len(data)
        return done

    def close(self) -> None:
        """Close the stream, if it is ours."""
        if self._owned:
            self._file.close()


class IteratorReader:
    """Reads an iterator of bytes, whatever the sizes of its pieces."""

    seekable = False

    def __init__(self, pieces: Iterator[bytes], shown: str) -> None:
        self._pieces = pieces
        self._shown = shown
        self._rest = memoryview(b"")

    def read_at(self, offset: int, into: memoryview) -> int:
        """Read on; see :class:`vodkit.core.source.Reader`."""
        done = 0
        while done < len(into):
            if not self._rest and not self._pull():
                break
            count = min(len(self._rest), len(into) - done)
            into[done : done + count] = self._rest[:count]
            self._rest = self._rest[count:]
            done += count
        return done

    def _pull(self) -> bool:
        for piece in self._pieces:
            if not isinstance(piece, bytes | bytearray | memoryview):
                raise SourceUnreadable(f"{self._shown!r} yielded a {type(piece).__name__}, not bytes")
            if len(piece):
                self._rest = memoryview(piece).cast("B")
                return True
        return False

    def close(self) -> None:
        """Let a generator run its ``finally`` blocks."""
        close = getattr(self._pieces, "close", None)
        if close is not None:
            with suppress(Exception):
                close()


def refuse_text(file: object) -> None:
    """Raise ``SourceUnreadable`` for a file that is open as text, closed, or not for reading."""
    if isinstance(file, io.TextIOBase):
        raise SourceUnreadable("the file is open as text", advice='Open it in binary mode: open(path, "rb")')
    if getattr(file, "closed", False):
        raise SourceUnreadable("the file is closed")
    readable = getattr(file, "readable", None)
    if readable is not None and not readable():
        raise SourceUnreadable("the file is not open for reading", advice='Open it by open(path, "rb")')
