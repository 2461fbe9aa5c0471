"""Uploads of what the service has already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .._handler import Handler, type_in
from .._line import Line
from .._response import Result
from ..util import file_etag, mimetype_from_file
from .config import _defaults


class UploadHitUFile(Handler):
    """Gives a key to content that the account holds under another one."""

    _defaults = _defaults

    def uploadhit(
        self, bucket: str, key: str, localfile: str, header: Mapping[str, str] | None = None
    ) -> Result:
        """Status 200 if the service has the file's content and now has it under ``key``, else 404.

        Raises:
            OSError: the file cannot be read.
            ValueError: ``header`` is no dictionary.
        """
        size, etag = Path(localfile).stat().st_size, file_etag(localfile)
        kind = {"content-type": type_in(header) or mimetype_from_file(localfile)}

        def do(line: Line) -> None:
            line.bucket.hit(key, size, etag, kind)

        return self._call(f"instant upload of {bucket}/{key}", bucket, header, do)
