"""What :meth:`VodUploadClient.upload` takes and returns."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ._models import ApplyUploadRequest, CommitUploadResponse


@dataclass(repr=False, eq=False)
class VodUploadRequest(ApplyUploadRequest):
    """A file to upload, its cover, and what the API is told of it."""

    MediaFilePath: str | os.PathLike[str] | None = None
    CoverFilePath: str | os.PathLike[str] | None = None
    ConcurrentUploadNumber: int | str | None = None


@dataclass(repr=False, eq=False)
class VodUploadResponse(CommitUploadResponse):
    """``FileId``, ``MediaUrl``, ``CoverUrl`` and ``RequestId`` of what was uploaded."""
