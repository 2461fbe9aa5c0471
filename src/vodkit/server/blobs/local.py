"""Blobs as local files.

An owner has a *home* file, in which every byte lies where it does in the whole, and, for what finds its
place taken or too small, an *overflow* file beside it. An owner's id is the service's own random text;
nothing that a client said becomes part of a path.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

from ..errors import BlobGone, StorageFull, TooLarge
from . import MIB, Buffer, Extent
from .files import copy, flush_folder
from .handles import Handles
from .holes import punch
from .ranges import Ranges

P = ParamSpec("P")
T = TypeVar("T")

_OVERFLOW = ".more"
_SUFFIXES = ("", _OVERFLOW)
_UNKNOWN = 1 << 38
"""Room set aside in an overflow file for a part of unknown length; a file's holes cost nothing."""

_RESERVE = 8 * MIB
"""Bytes of the disk that parts leave free, so that the catalog can still record an abort or a deletion."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def path_of(folder: Path, file: str) -> Path:
    """Where a file is, below the folder of a store."""
    return folder / file.partition(".")[0][-2:] / file


class LocalBlobs:
    """Implements :class:`vodkit.server.blobs.BlobStore` on a folder, which it locks.

    Args:
        folder: Where the files are.
        owner: Whether this is the one process that receives uploads and recovers. Workers are not: they read,
            and bring files that are whole.

    Raises:
        RuntimeError: another process owns the folder.
    """

    def __init__(self, folder: Path, *, owner: bool = True) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if owner:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise RuntimeError(f"another vodkit service uses {folder}") from error
        self.writers = ThreadPoolExecutor(2, "vodkit-write")
        self.flushers = ThreadPoolExecutor(4, "vodkit-flush")
        self.readers = ThreadPoolExecutor(4, "vodkit-pread")
        self._handles = Handles(self._open)
        self._at_hand = memoryview(bytearray(0))

    def ground(self, owner: str, taken: Sequence[Extent]) -> LocalGround:
        """See :meth:`BlobStore.ground`."""
        return LocalGround(self, owner, taken)

    def path(self, file: str) -> Path:
        """Where a file of ours is."""
        return path_of(self.folder, file)

    def create(self, file: str) -> int:
        """A descriptor of a file, made if it was not there, with its name safe on disk."""
        path = self._placed(file)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        flush_folder(path.parent)
        return fd

    def keep(self, owner: str, extents: Sequence[Extent]) -> None:
        """See :meth:`BlobStore.keep`."""
        for suffix in _SUFFIXES:
            file = owner + suffix
            self._handles.forget(file)
            mine = Ranges((e.start, e.start + e.length) for e in extents if e.file == file)
            try:
                if not mine.end:
                    self.path(file).unlink()
                    continue
                fd = os.open(self.path(file), os.O_RDWR | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            try:
                for start, end in mine.gaps(os.fstat(fd).st_size):
                    punch(fd, start, end - start)
            finally:
                os.close(fd)

    def at_hand(self, extents: Sequence[Extent]) -> Buffer | None:
        """See :meth:`BlobStore.at_hand`."""
        size = sum(extent.length for extent in extents)
        if size > len(self._at_hand):
            self._at_hand = memoryview(bytearray(size))
        at = 0
        for extent in extents:
            if not self._handles.read_into(self._at_hand[at : at + extent.length], extent.file, extent.start):
                return None
            at += extent.length
        return self._at_hand[:size]

    async def stream(self, extents: Sequence[Extent]) -> AsyncIterator[bytes]:
        """See :meth:`BlobStore.stream`. What is deleted while it streams is streamed to its end."""
        loop = asyncio.get_running_loop()
        files: dict[str, int] = {}
        try:
            for file in dict.fromkeys(extent.file for extent in extents):
                files[file] = await loop.run_in_executor(self.readers, self._open, file)
            for extent in extents:
                at, end = extent.start, extent.start + extent.length
                while at < end:
                    piece = await loop.run_in_executor(
                        self.readers, os.pread, files[extent.file], min(MIB, end - at), at
                    )
                    if not piece:
                        raise BlobGone(f"{extent.file} ends at {at}, before {end}")
                    at += len(piece)
                    yield piece
        finally:
            for fd in files.values():
                os.close(fd)

    def export(self, extents: Sequence[Extent], path: Path) -> None:
        """See :meth:`BlobStore.export`."""
        path.unlink(missing_ok=True)
        size = sum(extent.length for extent in extents)
        if len(extents) == 1 and extents[0].start == 0:
            source = self.path(extents[0].file)
            with contextlib.suppress(OSError):
                if source.stat().st_size == size:
                    os.link(source, path)
                    return
        with path.open("wb") as target:
            for extent in extents:
                fd = self._open(extent.file)
                try:
                    _full_disk_named(copy, fd, extent.start, extent.length, target.fileno())
                finally:
                    os.close(fd)

    def adopt(self, owner: str, path: Path) -> Extent:
        """See :meth:`BlobStore.adopt`."""
        target = self._placed(owner)
        target.unlink(missing_ok=True)
        try:
            os.link(path, target)
        except OSError:
            # Not every file system knows links, and none links across two of them.
            with path.open("rb") as source, target.open("wb") as whole:
                _full_disk_named(copy, source.fileno(), 0, path.stat().st_size, whole.fileno())
        fd = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _full_disk_named(os.fsync, fd)
            size = os.fstat(fd).st_size
        finally:
            os.close(fd)
        flush_folder(target.parent)
        return Extent(owner, 0, size)

    def recover(self, owned: Callable[[Sequence[str]], dict[str, list[Extent]]]) -> int:
        """See :meth:`BlobStore.recover`."""
        lost = 0
        for folder in self._folders():
            owners = sorted({entry.name.partition(".")[0] for entry in os.scandir(folder)})
            found = owned(owners) if owners else {}
            for owner in owners:
                extents = found.get(owner, [])
                lost += not extents
                self.keep(owner, extents)
        return lost

    def close(self) -> None:
        """See :meth:`BlobStore.close`."""
        for pool in (self.writers, self.flushers, self.readers):
            pool.shutdown()
        self._handles.close()
        os.close(self._lock)

    def _open(self, file: str) -> int:
        try:
            return os.open(self.path(file), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise BlobGone(f"{file} is not there") from error

    def _placed(self, file: str) -> Path:
        """Where a file of ours is, in a folder that is there."""
        path = self.path(file)
        if not path.parent.is_dir():
            path.parent.mkdir(exist_ok=True)
            flush_folder(self.folder)
        return path

    def _folders(self) -> Iterator[Path]:
        return (folder for folder in sorted(self.folder.iterdir()) if folder.is_dir())


class LocalGround:
    """Implements :class:`vodkit.server.blobs.Ground`: which ranges of an owner's two files are in use."""

    def __init__(self, store: LocalBlobs, owner: str, taken: Sequence[Extent]) -> None:
        self.store = store
        self._home = owner
        self._gate = threading.Lock()
        self._opening = threading.Lock()
        self._named: set[str] = set()
        self._used = {owner + suffix: Ranges() for suffix in _SUFFIXES}
        for extent in taken:
            self._used[extent.file].add(extent.start, extent.start + extent.length)

    def sink(self, home: int | None, length: int | None) -> LocalSink:
        """See :meth:`Ground.sink`."""
        most = _UNKNOWN if length is None else length
        with self._gate:
            file, start = self._home, home
            if start is None or length is None or self._used[file].overlaps(start, start + length):
                file = self._home + _OVERFLOW
                start = self._used[file].end
            self._used[file].add(start, start + most)
        return LocalSink(self, Extent(file, start, most))

    def open(self, file: str) -> int:
        """A descriptor for writing. The first one of a file makes its name safe; the others wait for that."""
        with self._opening:
            if file in self._named:
                return os.open(self.store.path(file), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fd = self.store.create(file)
            self._named.add(file)
            return fd

    def release(self, extent: Extent) -> None:
        """See :meth:`Ground.release`. The range may be used again once its bytes are gone."""
        with contextlib.suppress(FileNotFoundError):
            fd = os.open(self.store.path(extent.file), os.O_RDWR | os.O_CLOEXEC)
            try:
                punch(fd, extent.start, extent.length)
            finally:
                os.close(fd)
        self.give_back(extent.file, extent.start, extent.start + extent.length)

    def give_back(self, file: str, start: int, end: int) -> None:
        """Mark a range as free."""
        with self._gate:
            self._used[file].remove(start, end)


class LocalSink:
    """Implements :class:`vodkit.server.blobs.Sink`: one write under way while the next bytes arrive."""

    def __init__(self, ground: LocalGround, reserved: Extent) -> None:
        self._ground = ground
        self._reserved = reserved
        self._size = 0
        self._fd: int | None = None
        self._pending: Future[None] | None = None

    async def write(self, pieces: Sequence[bytes]) -> None:
        """See :meth:`Sink.write`."""
        size = sum(map(len, pieces))
        if self._size + size > self._reserved.length:
            raise TooLarge(f"more than the {self._reserved.length} bytes that were announced")
        await self._settled()
        at = self._reserved.start + self._size
        self._size += size
        self._pending = self._ground.store.writers.submit(self._write_now, at, pieces)

    async def finish(self) -> Extent:
        """See :meth:`Sink.finish`."""
        await self._settled()
        if self._fd is not None:
            self._pending = self._ground.store.flushers.submit(_full_disk_named, os.fdatasync, self._fd)
            await self._settled()
            self._close()
        file, start = self._reserved.file, self._reserved.start
        self._ground.give_back(file, start + self._size, start + self._reserved.length)
        self._reserved = Extent(file, start, self._size)
        return self._reserved

    async def discard(self) -> None:
        """See :meth:`Sink.discard`."""
        with contextlib.suppress(Exception):
            await self._settled()
        self._close()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._ground.store.flushers, self._ground.release, self._reserved)

    async def _settled(self) -> None:
        """Wait for the write under way; being cancelled does not lose sight of it."""
        if self._pending is not None:
            await asyncio.shield(asyncio.wrap_future(self._pending))
            self._pending = None

    def _write_now(self, at: int, pieces: Sequence[bytes]) -> None:
        if self._fd is None:
            self._fd = _full_disk_named(self._ground.open, self._reserved.file)
        disk = os.fstatvfs(self._fd)
        if disk.f_bavail * disk.f_frsize < _RESERVE:
            raise StorageFull("the disk is full but for what the catalog needs")
        _full_disk_named(_write_all, self._fd, at, pieces)

    def _close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _write_all(fd: int, at: int, pieces: Sequence[bytes]) -> None:
    views = [memoryview(piece) for piece in pieces if piece]
    while views:
        written = os.pwritev(fd, views, at)
        at += written
        while views and written >= len(views[0]):
            written -= len(views.pop(0))
        if written:
            views[0] = views[0][written:]


def _full_disk_named(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return call(*args, **kwargs)
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(os.strerror(error.errno)) from error
        raise
