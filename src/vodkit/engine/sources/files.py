"""Open binary files that can seek."""

from __future__ import annotations

import io
import os
import stat
import threading
from contextlib import suppress
from typing import IO

from vodkit.core.errors import SourceChanged, SourceUnreadable
from vodkit.core.source import Identity, Reader

from .path import DescriptorReader
from .streams import refuse_text


class FileSource:
    """An open binary file, from its current position to its end.

    The file is neither closed nor moved: plain files are read by their descriptor, others (``BytesIO``,
    ``GzipFile``) by seeking under a lock, and put back where they were.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self.name = name
        try:
            self._start = file.tell()
            self._descriptor = _plain_descriptor(file)
            if self._descriptor is None:
                end = file.seek(0, os.SEEK_END)
                file.seek(self._start)
            else:
                end = os.fstat(self._descriptor).st_size
        except (OSError, ValueError) as error:
            raise SourceUnreadable(f"the open file {name!r} cannot be read: {error}") from None
        self.size: int | None = max(end - self._start, 0)
        self.location = self._find()

    @staticmethod
    def fits(file: IO[bytes]) -> bool:
        """Whether the file can be read at any offset.

        Raises:
            SourceUnreadable: closed, opened as text, or not for reading.
        """
        refuse_text(file)
        try:
            return file.seekable()
        except AttributeError:
            return hasattr(file, "seek") and hasattr(file, "tell")
        except ValueError as error:
            raise SourceUnreadable(f"the open file cannot be read: {error}") from None

    def identity(self) -> Identity | None:
        """That of the file on disk; ``None`` where there is none."""
        if self._descriptor is None:
            return None
        return DescriptorReader(self._descriptor, self.name, start=self._start, owned=False).identity()

    def open(self) -> Reader:
        """A reader over the caller's file."""
        if self._descriptor is None:
            return SeekingReader(self._file, self.name, self._start, self.size or 0)
        return DescriptorReader(self._descriptor, self.name, start=self._start, owned=False)

    def _find(self) -> str | None:
        """The real path of a file that is sent whole and still has its name, so that it can be resumed."""
        path = getattr(self._file, "name", None)
        if self._descriptor is None or self._start or not isinstance(path, str):
            return None
        try:
            same = os.path.samestat(os.stat(path), os.fstat(self._descriptor))  # noqa: PTH116
        except OSError:
            return None
        return os.path.realpath(path) if same else None


class SeekingReader:
    """A seekable file object without a plain descriptor."""

    seekable = True

    def __init__(self, file: IO[bytes], shown: str, start: int, size: int) -> None:
        self._file = file
        self._shown = shown
        self._start = start
        self._size = size
        self._lock = threading.Lock()

    def read_at(self, offset: int, into: memoryview) -> int:
        """Read from ``offset``; see :class:`vodkit.core.source.Reader`."""
        done = 0
        try:
            with self._lock:
                self._file.seek(self._start + offset)
                while done < len(into):
                    data = self._file.read(len(into) - done)
                    if not data:
                        break
                    into[done : done + len(data)] = data
                    done += len(data)
        except (OSError, EOFError, ValueError) as error:
            raise SourceUnreadable(f"the open file {self._shown!r} cannot be read: {error}") from error
        if done < len(into) and offset + done < self._size:
            raise SourceChanged(f"the open file {self._shown!r} became shorter while it was being read")
        return done

    def close(self) -> None:
        """Put the caller's file back where it was."""
        with self._lock, suppress(OSError, ValueError):
            self._file.seek(self._start)


def _plain_descriptor(file: IO[bytes]) -> int | None:
    """The descriptor of a regular file whose bytes are the object's bytes.

    Not every ``fileno`` is: a ``GzipFile`` has that of the compressed file.
    """
    raw: object = file
    if isinstance(file, io.BufferedReader | io.BufferedRandom):
        raw = file.raw
    if not isinstance(raw, io.FileIO):
        return None
    if isinstance(file, io.BufferedRandom):
        file.flush()
    descriptor = raw.fileno()
    return descriptor if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
