"""Where an object goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(repr=False, eq=False)
class UploadInit:
    """What upload/init named.

    Attributes:
        bucket, objectName: Where the bytes go.
        xNosToken: What allows it.
    """

    bucket: str
    objectName: str
    xNosToken: str
