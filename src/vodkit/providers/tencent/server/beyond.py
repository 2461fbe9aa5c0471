"""Actions that the vendor has and this service does not."""

from __future__ import annotations

from ..wire import codes
from .answer import ApiError

_BEYOND = frozenset(
    [
        "EditMedia",
        "ComposeMedia",
        "SimpleHlsClip",
        "DescribeFileAttributes",
        "ListFiles",
        "RestoreMedia",
        "ModifyMediaStorageClass",
        "DescribeVodDomains",
        "RefreshUrlCache",
        "PushUrlCache",
        "DescribeEventsState",
        "ReviewAudioVideo",
        "ReviewImage",
        "DescribeStorageData",
        "DescribeMediaProcessUsageData",
    ]
)


def refuse(action: str) -> None:
    """Refuse an action that the vendor has and this service does not. Raises ``UnsupportedOperation``."""
    if action in _BEYOND:
        raise ApiError(codes.UNSUPPORTED, f"this service does not offer the action {action}")
