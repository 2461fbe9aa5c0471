"""The three calls of an upload."""

from __future__ import annotations

from typing import Any

from qcloud_vod._connect import Key, connect
from qcloud_vod._errors import vendor_errors

from . import models


class VodClient:
    """Calls the VOD API with one key."""

    def __init__(self, credential: Key, region: str, profile: object = None) -> None:
        self._key = credential
        self._region = region

    def ApplyUpload(self, request: models.ApplyUploadRequest) -> models.ApplyUploadResponse:
        """Begin an upload."""
        response = models.ApplyUploadResponse()
        response._deserialize(self._call("ApplyUpload", request))
        return response

    def CommitUpload(self, request: models.CommitUploadRequest) -> models.CommitUploadResponse:
        """End an upload."""
        response = models.CommitUploadResponse()
        response._deserialize(self._call("CommitUpload", request))
        return response

    def ParseStreamingManifest(
        self, request: models.ParseStreamingManifestRequest
    ) -> models.ParseStreamingManifestResponse:
        """Ask which files a playlist names."""
        response = models.ParseStreamingManifestResponse()
        response._deserialize(self._call("ParseStreamingManifest", request))
        return response

    def _call(self, action: str, request: Any) -> dict[str, Any]:
        with vendor_errors(), connect(self._key, self._region) as vod:
            answer: dict[str, Any] = vod.call(action, **request._serialize())
        return answer
