"""Streams that cannot seek, and can still be sent a second time."""

from __future__ import annotations

import tempfile
from typing import IO

import vodkit
from vodkit.engine.sources.streams import StreamReader

from .logger import logger


class KeptStream:
    """A stream whose bytes are kept in a temporary file while they pass, until the upload is done.

    It is a source and its own reader; see :mod:`vodkit.core.source`.
    """

    once = True
    seekable = False
    location: str | None = None
    size: int | None = None

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self.name = name
        self._stream = StreamReader(stream, name, owned=False)
        self._read = 0
        self._kept: IO[bytes] | None = tempfile.TemporaryFile()  # noqa: SIM115

    def identity(self) -> None:
        """``None``: the stream cannot be looked at twice."""

    def open(self) -> KeptStream:
        """Itself, from the first byte."""
        return self

    def read_at(self, offset: int, into: memoryview) -> int:
        """What was read before, then what the stream has; see :class:`vodkit.core.source.Reader`."""
        old = self._again(offset, into[: max(0, self._read - offset)])
        new = self._stream.read_at(self._read, into[old:])
        self._keep(into[old : old + new])
        return old + new

    def close(self) -> None:
        """Nothing: it may be needed again."""

    def forget(self) -> None:
        """Let go of what was kept."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _again(self, offset: int, into: memoryview) -> int:
        if not into:
            return 0
        if self._kept is None:
            raise vodkit.SourceUnreadable(
                f"the stream {self.name!r} was read, and what was read could not be kept",
                advice="Save it to a file and upload that",
            )
        self._kept.seek(offset)
        into[:] = self._kept.read(len(into))
        return len(into)

    def _keep(self, data: memoryview) -> None:
        try:
            if self._kept is not None and data:
                self._kept.seek(self._read)
                self._kept.write(data)
        except OSError as error:
            logger.warning("the stream %r cannot be kept (%s): it cannot be resumed", self.name, error)
            self.forget()
        self._read += len(data)
