"""Downloads."""

from __future__ import annotations

from collections.abc import Mapping

from .._download import Downloader
from .._response import Result
from .config import _defaults


class DownloadUFile(Downloader):
    """Fetches objects to files; see :class:`ucloud._download.Downloader`."""

    _defaults = _defaults

    def download_file(
        self,
        bucket: str,
        key: str,
        localfile: str,
        isprivate: bool = True,
        expires: int | None = None,
        content_range: tuple[int, int] | None = None,
        header: Mapping[str, str] | None = None,
    ) -> Result:
        """Fetch an object to a file, which is touched only when everything has come and has been checked.

        Args:
            bucket, key: Of the object.
            localfile: The file; replaced if it exists.
            isprivate: Whether the request is signed.
            expires: Seconds that the signature is good for; the default's number if it is ``None``.
            content_range: First and last byte; status 206 then.
            header: Sent along.

        Raises:
            ValueError: ``content_range`` is no pair of integers, ``header`` is no dictionary.
        """
        return self._download(bucket, key, localfile, isprivate, expires, content_range, header)
