"""Giving a file's bytes back to the disk without changing its length."""

from __future__ import annotations

import ctypes
import errno
import os
import sys

_KEEP_SIZE_AND_PUNCH = 0x01 | 0x02
_UNSUPPORTED = {errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


def punch(fd: int, start: int, length: int) -> bool:
    """Make a hole; whether the file system could. Where it cannot, the bytes stay until the file goes.

    Raises:
        OSError: the disk failed.
    """
    if length <= 0:
        return True
    if _fallocate is None:
        return False
    if _fallocate(fd, _KEEP_SIZE_AND_PUNCH, start, length) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code))


def _load() -> ctypes._NamedFuncPointer | None:
    if not sys.platform.startswith("linux"):
        return None
    call = getattr(ctypes.CDLL(None, use_errno=True), "fallocate64", None)
    if call is not None:
        call.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    return call


_fallocate = _load()
