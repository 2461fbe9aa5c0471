"""Moving the bytes of local files about."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ..errors import BlobGone
from . import MIB

_NOT_HERE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
_AT_ONCE = 64 * MIB


def copy(source: int, start: int, length: int, target: int) -> None:
    """Copy bytes from one descriptor to where another one stands, within the kernel where it can.

    Raises:
        BlobGone: the source ends before them.
        OSError: the disk failed or is full.
    """
    at, end = start, start + length
    while at < end:
        try:
            done = os.copy_file_range(source, target, min(_AT_ONCE, end - at), at)
        except OSError as problem:
            if problem.errno not in _NOT_HERE:
                raise
            done = os.write(target, os.pread(source, min(MIB, end - at), at))
        if not done:
            raise BlobGone(f"the file ends at {at}, before {end}")
        at += done


def flush_folder(folder: Path) -> None:
    """Make the names in a folder safe on disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
