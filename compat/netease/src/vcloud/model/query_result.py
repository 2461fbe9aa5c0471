"""The id of an uploaded object."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(repr=False, eq=False)
class QueryResult:
    """An object's id.

    Attributes:
        objectName: Its name.
        vid: Of a video, or ``None``.
        imgId: Of an image, or ``None``.
    """

    objectName: str
    vid: int | None
    imgId: int | None
