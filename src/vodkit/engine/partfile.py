"""The file that a download grows in, and which of its ranges are done.

Until it is whole, the file is longer than the content: behind the content's last byte stands a log, one line
for the shape of the file and one for every range that has come. A line is written only after the bytes that
it speaks of have been synced, and carries a checksum, so that a line torn by a crash counts as not written,
like whatever follows it. :meth:`PartFile.seal` cuts the log off. A file of exactly the content's length has
thus been sealed, and needs nothing but its last check.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vodkit.core.errors import UploadBusy

from .integrity import SHA1_BLOCK, Digest

RANGE = SHA1_BLOCK
"""Bytes of a range: a block of ``sha1_blocks``, so that the ranges' digests make up the whole's."""

_PIECE = 1024 * 1024


@dataclass(slots=True)
class Range:
    """A stretch of the content.

    Attributes:
        number: Its place among the ranges.
        offset: In the file.
        length: Bytes in all.
        done: Bytes that are there, from its first.
        digests: Of the whole range by name, as far as they were taken.
    """

    number: int
    offset: int
    length: int
    done: int = 0
    digests: Mapping[str, str] = field(default_factory=dict)


class PartFile:
    """A file that is written by several threads of one process. Get one from :func:`alone`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._log_end = 0

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return os.fstat(self._descriptor).st_size

    def ranges(self, length: int) -> list[Range]:
        """The ranges of a content of ``length`` bytes, with what an earlier run has left of them."""
        ranges = [
            Range(number, offset, min(RANGE, length - offset))
            for number, offset in enumerate(range(0, length, RANGE))
        ]
        if self.size == length:
            for one in ranges:
                one.done = one.length
            return ranges
        shape = _line([length, RANGE])
        self._log_end = length + len(shape)
        if os.pread(self._descriptor, len(shape), length) == shape:
            self._replay(ranges)
        else:
            self.clear()
            self.write(length, memoryview(shape))
            os.fsync(self._descriptor)
        return ranges

    def clear(self) -> None:
        """Start from nothing."""
        os.ftruncate(self._descriptor, 0)

    def write(self, offset: int, data: memoryview) -> None:
        """Write all of ``data`` there."""
        while data:
            count = os.pwrite(self._descriptor, data, offset)
            offset, data = offset + count, data[count:]

    def record(self, one: Range) -> None:
        """Make durable what is there of a range, then put it down as done."""
        os.fdatasync(self._descriptor)
        line = memoryview(_line([one.number, one.done, dict(one.digests)]))
        with self._lock:
            self.write(self._log_end, line)
            self._log_end += len(line)

    def digest(self, offset: int, length: int, hashers: Iterable[Digest], check: Callable[[], None]) -> None:
        """Feed a stretch of the file to ``hashers``; ``check`` is called now and then, to stop it."""
        feeds = list(hashers)
        buffer = memoryview(bytearray(min(_PIECE, length) if feeds else 0))
        end = offset + length
        while feeds and offset < end:
            check()
            count = os.preadv(self._descriptor, [buffer[: end - offset]], offset)
            if not count:
                raise OSError(f"{str(self.path)!r} became shorter")
            for hasher in feeds:
                hasher.update(buffer[:count])
            offset += count

    def seal(self, length: int) -> None:
        """Leave nothing but the content, durably."""
        os.ftruncate(self._descriptor, length)
        os.fsync(self._descriptor)

    def _replay(self, ranges: list[Range]) -> None:
        with os.fdopen(os.dup(self._descriptor), "rb") as log:
            log.seek(self._log_end)
            for line in log:
                entry = _entry(line)
                if entry is None:
                    break
                number, done, digests = entry
                ranges[number].done, ranges[number].digests = done, digests
                self._log_end += len(line)
        os.ftruncate(self._descriptor, self._log_end)


@contextmanager
def alone(path: Path) -> Iterator[PartFile]:
    """The part file at ``path``, made if need be; nobody else writes to it meanwhile.

    Raises:
        UploadBusy: another process or thread fetches the same content to the same file.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UploadBusy(
                    f"{path.name!r} is being fetched already", advice="Wait for the other process, or stop it"
                ) from None
            # Whoever held the lock may have put the file in place since it was opened.
            if _is_still(path, descriptor):
                yield PartFile(path, descriptor)
                return
        finally:
            os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _line(values: list[Any]) -> bytes:
    text = json.dumps(values, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _entry(line: bytes) -> list[Any] | None:
    """What a line of the log says, or ``None`` if it is not whole."""
    check, _, text = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or check != b"%08x" % zlib.crc32(text):
        return None
    values: list[Any] = json.loads(text)
    return values
