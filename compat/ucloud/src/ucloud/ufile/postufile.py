"""Uploads that the vendor's SDK sends as a form."""

from __future__ import annotations

from collections.abc import Mapping

from .._response import Result
from .._upload import Uploader
from .config import _defaults


class PostUFile(Uploader):
    """Uploads files; the same object comes of it as of :class:`~ucloud.ufile.putufile.PutUFile`."""

    _defaults = _defaults

    def postfile(
        self, bucket: str, key: str, localfile: str, header: Mapping[str, str] | None = None
    ) -> Result:
        """Upload a file; called again after an interruption it goes on where it was.

        Raises:
            OSError: the file cannot be read.
            ValueError: ``header`` is no dictionary.
        """
        return self._upload(self._file(bucket, key, localfile, header))[0]
