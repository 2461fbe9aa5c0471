"""Deleting objects."""

from __future__ import annotations

from collections.abc import Mapping

from .._handler import Handler
from .._response import Result
from .config import _defaults


class DeleteUVideo(Handler):
    """Deletes objects."""

    _defaults = _defaults

    def deletefile(self, space: str, key: str, header: Mapping[str, str] | None = None) -> Result:
        """Delete an object: status 204, or 404 where there is none."""
        return self._call(f"deletion of {space}/{key}", space, header, lambda line: line.bucket.delete(key))
