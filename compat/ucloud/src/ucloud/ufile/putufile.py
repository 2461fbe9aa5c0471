"""Uploads in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from .._response import Result
from .._upload import Uploader
from .config import _defaults


class PutUFile(Uploader):
    """Uploads files and streams; what is larger than 4 MiB goes in parts."""

    _defaults = _defaults

    def putfile(
        self, bucket: str, key: str, localfile: str, header: Mapping[str, str] | None = None
    ) -> Result:
        """Upload a file; called again after an interruption it goes on where it was.

        Raises:
            OSError: the file cannot be read.
            ValueError: ``header`` is no dictionary.
        """
        return self._upload(self._file(bucket, key, localfile, header))[0]

    def putstream(
        self,
        bucket: str,
        key: str,
        stream: IO[bytes],
        mime_type: str | None = None,
        header: Mapping[str, str] | None = None,
    ) -> Result:
        """Upload a binary stream, from its first byte if it can seek."""
        return self._upload(self._stream(bucket, key, stream, mime_type, header))[0]
