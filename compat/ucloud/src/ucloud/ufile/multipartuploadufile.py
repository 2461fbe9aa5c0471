"""Uploads in parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from .._response import Result
from .._upload import MultipartUpload
from .config import _defaults


class MultipartUploadUFile(MultipartUpload):
    """See :class:`ucloud._upload.MultipartUpload`."""

    _defaults = _defaults

    def uploadfile(
        self,
        bucket: str,
        key: str,
        localfile: str,
        retrycount: int = 3,
        retryinterval: float = 5,
        header: Mapping[str, str] | None = None,
    ) -> Result:
        """Upload a file; called again after an interruption it goes on where it was.

        Args:
            bucket, key: Where to.
            localfile: The file.
            retrycount: How often a request is tried in all; refusals that will stay are not repeated.
            retryinterval: Most seconds between two tries.
            header: Sent with every request.

        Raises:
            OSError: the file cannot be read.
            ValueError: ``header`` is no dictionary.
        """
        return self._run(self._file(bucket, key, localfile, header), retrycount, retryinterval)

    def uploadstream(
        self,
        bucket: str,
        key: str,
        stream: IO[bytes],
        retrycount: int = 3,
        retryinterval: float = 5,
        mime_type: str | None = None,
        header: Mapping[str, str] | None = None,
    ) -> Result:
        """Upload a binary stream, from its first byte if it can seek; otherwise as :meth:`uploadfile`."""
        return self._run(self._stream(bucket, key, stream, mime_type, header), retrycount, retryinterval)
