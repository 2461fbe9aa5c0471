"""Downloads."""

from __future__ import annotations

from collections.abc import Mapping

from .._download import Downloader
from .._response import Result
from .config import _defaults


class DownloadUVideo(Downloader):
    """Fetches objects to files; see :class:`ucloud._download.Downloader`."""

    _defaults = _defaults

    def download_file(
        self,
        space: str,
        key: str,
        localfile: str,
        isprivate: bool = True,
        expires: int | None = None,
        content_range: tuple[int, int] | None = None,
        header: Mapping[str, str] | None = None,
    ) -> Result:
        """Fetch an object to a file, which is touched only when everything has come and has been checked.

        Args:
            space, key: Of the object.
            localfile: The file; replaced if it exists.
            isprivate: Whether the request is signed.
            expires: Seconds that the signature is good for; the default's number if it is ``None``.
            content_range: First and last byte; status 206 then.
            header: Sent along.

        Raises:
            ValueError: ``content_range`` is no pair of integers, ``header`` is no dictionary.
        """
        return self._download(space, key, localfile, isprivate, expires, content_range, header)

    def public_download_url(self, space: str, key: str) -> str:
        """The address of an object of a public space."""
        return self._public_url(space, key)

    def private_download_url(
        self,
        space: str,
        key: str,
        expires: int | None = None,
        header: Mapping[str, str] | None = None,
        internal: bool = False,
    ) -> str:
        """A signed address, good for ``expires`` seconds; percent-encoded with and without ``internal``."""
        return self._link(space, key, expires, header, "GET")

    def private_head_url(
        self, space: str, key: str, expires: int | None = None, header: Mapping[str, str] | None = None
    ) -> str:
        """As :meth:`private_download_url`, for a HEAD request."""
        return self._link(space, key, expires, header, "HEAD")
