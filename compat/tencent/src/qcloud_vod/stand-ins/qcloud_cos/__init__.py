"""Stands in for the vendor's package where that is not installed."""

from __future__ import annotations

from .cos_exception import CosClientError, CosServiceError

__all__ = ["CosClientError", "CosConfig", "CosS3Client", "CosServiceError"]


class CosConfig:
    """A name to import; the vendor's library of the object store is not part of this drop-in."""

    def __init__(self, *args: object, **options: object) -> None:
        raise ImportError(
            "VodUploadClient needs no qcloud_cos; for your own use: pip install cos-python-sdk-v5"
        )


class CosS3Client(CosConfig):
    """A name to import, as :class:`CosConfig`."""
