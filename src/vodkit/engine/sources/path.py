"""Files on disk, by path."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vodkit.core.errors import SourceChanged, SourceNotFound, SourceUnreadable
from vodkit.core.source import Identity, Reader
from vodkit.engine.integrity import fingerprint

from .streams import StreamReader


class PathSource:
    """A file on disk. What has a path and is not a regular file (a named pipe) is read once, as a stream.

    Raises:
        SourceNotFound: nothing is there.
        SourceUnreadable: a directory, or no permission.
    """

    def __init__(self, path: str, name: str | None = None) -> None:
        if not path:
            raise SourceNotFound("the path is empty", advice="Give the path of a file")
        self.path = path
        self.name = name or os.path.basename(os.path.abspath(path))  # noqa: PTH100, PTH119
        status = self._status()
        self.regular = stat.S_ISREG(status.st_mode)
        self.location: str | None = os.path.realpath(path) if self.regular else None
        self.size: int | None = status.st_size if self.regular else None
        self.once = not self.regular
        if self.regular:
            os.close(self._descriptor())

    def identity(self) -> Identity | None:
        """Size, times, inode and fingerprint of the file as it is now.

        Raises:
            SourceNotFound, SourceUnreadable: it went away.
        """
        if not self.regular:
            return None
        with DescriptorReader(self._descriptor(), self.path, owned=True) as reader:
            return reader.identity()

    def open(self) -> Reader:
        """Open the file.

        Raises:
            SourceNotFound, SourceUnreadable: it went away.
        """
        if self.regular:
            return DescriptorReader(self._descriptor(), self.path, owned=True)
        with self._explained():
            return StreamReader(Path(self.path).open("rb"), self.path, owned=True)

    def _status(self) -> os.stat_result:
        with self._explained():
            status = os.stat(self.path)  # noqa: PTH116
        if stat.S_ISDIR(status.st_mode):
            raise SourceUnreadable(
                f"{self.path!r} is a directory",
                advice="Name a file; for an HLS or DASH folder its manifest; for many files: vodkit bulk",
            )
        return status

    def _descriptor(self) -> int:
        with self._explained():
            return os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError):
            raise SourceNotFound(f"there is no file {self.path!r}") from None
        except PermissionError:
            raise SourceUnreadable(f"no permission to read {self.path!r}") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise SourceUnreadable(f"{self.path!r} cannot be opened: {reason}") from None


class DescriptorReader:
    """A regular file read by ``pread``: threads do not disturb each other, nor the owner's position."""

    seekable = True

    def __init__(self, descriptor: int, shown: str, *, start: int = 0, owned: bool) -> None:
        self._descriptor = descriptor
        self._shown = shown
        self._start = start
        self._owned = owned
        self._size = os.fstat(descriptor).st_size - start

    def __enter__(self) -> DescriptorReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def identity(self) -> Identity:
        """The content's identity as it is now."""
        status = os.fstat(self._descriptor)
        size = max(status.st_size - self._start, 0)
        return Identity(size, status.st_mtime_ns, status.st_ino, fingerprint(self, size))

    def read_at(self, offset: int, into: memoryview) -> int:
        """Read from ``offset``; see :class:`vodkit.core.source.Reader`."""
        done = 0
        while done < len(into):
            try:
                count = os.preadv(self._descriptor, [into[done:]], self._start + offset + done)
            except OSError as error:
                raise SourceUnreadable(f"{self._shown!r} cannot be read: {error.strerror}") from None
            if count == 0:
                break
            done += count
        if done < len(into) and offset + done < self._size:
            raise SourceChanged(f"{self._shown!r} became shorter while it was being read")
        return done

    def close(self) -> None:
        """Close the descriptor, if it is ours."""
        if self._owned and self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
