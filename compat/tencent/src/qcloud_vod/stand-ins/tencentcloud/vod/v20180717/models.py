"""The models of an upload."""

from qcloud_vod._models import (
    ApplyUploadRequest,
    ApplyUploadResponse,
    CommitUploadRequest,
    CommitUploadResponse,
    ParseStreamingManifestRequest,
    ParseStreamingManifestResponse,
    TempCertificate,
)

__all__ = [
    "ApplyUploadRequest",
    "ApplyUploadResponse",
    "CommitUploadRequest",
    "CommitUploadResponse",
    "ParseStreamingManifestRequest",
    "ParseStreamingManifestResponse",
    "TempCertificate",
]
