"""Values that the API accepts: file types, storage regions, times, limits (tencent.md §B.5, §B.6)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VIDEO_TYPES: Final = _words(
    "wmv rm mov mpeg mp4 3gp flv avi rmvb ts asf mpg webm mkv m3u8 wm asx ram mpe vob dat mp4v m4v f4v mxf"
    " qt ogg mpd"
)
AUDIO_TYPES: Final = _words("mp3 m4a flac ogg wav ra aac amr")
IMAGE_TYPES: Final = _words("jpg jpeg png gif bmp tiff ai cdr eps tif heif")
MEDIA_TYPES: Final = VIDEO_TYPES | AUDIO_TYPES | IMAGE_TYPES
COVER_TYPES: Final = IMAGE_TYPES
MANIFEST_TYPES: Final = frozenset({"m3u8", "mpd"})

REGIONS: Final = _words(
    "ap-chongqing ap-beijing ap-beijing-1 ap-shanghai ap-guangzhou ap-guangzhou-2 ap-nanjing ap-hongkong"
    " ap-singapore ap-mumbai ap-seoul ap-bangkok ap-tokyo ap-jakarta na-siliconvalley na-ashburn na-toronto"
    " eu-frankfurt eu-moscow"
)
"""Storage regions that are known; see :func:`is_region` for what is well-formed."""

NEVER: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The expiry that means "never"."""

_REGION = re.compile(r"[a-z]{2}-[a-z]+(?:-\d{1,2})?")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")


OUR_CLIENT: Final = "vodkit"
"""What our own client calls itself; the vendor's are called ``SDK_PYTHON_3.1.195`` and the like."""

TOLD: Final = "Vodkit"
"""Member of MediaInfo that our service adds for our client; the vendor's would warn of it."""


class Limits:
    """Numbers that both ends hold to. Lengths are in characters."""

    MEDIA_NAME: Final = 64
    DESCRIPTION: Final = 128
    SOURCE_CONTEXT: Final = 250
    SESSION_CONTEXT: Final = 1000
    SESSION_ID: Final = 50
    FILE_ID: Final = 40
    FILE_IDS: Final = 20
    TAGS: Final = 16
    TAG: Final = 32
    KEY_FRAMES: Final = 100
    KEY_FRAME_CONTENT: Final = 128
    CLASS_NAME: Final = 64
    CLASS_LEVELS: Final = 4
    SEARCH_WINDOW: Final = 5000
    SEARCH_PAGE: Final = 100
    EVENTS: Final = 16
    TEMPLATES: Final = 100


def is_region(text: str) -> bool:
    """Whether this is written like a storage region (``ap-chongqing``, ``ap-beijing-1``)."""
    return _REGION.fullmatch(text) is not None


def category(media_type: str) -> str:
    """``Video``, ``Audio`` or ``Image``, from a file type in any case."""
    kind = media_type.lower()
    if kind in VIDEO_TYPES:
        return "Video"
    return "Audio" if kind in AUDIO_TYPES else "Image"


def parse_time(text: str) -> datetime:
    """An ISO 8601 time with its zone.

    Raises:
        ValueError: it is not one.
    """
    if _TIME.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not an ISO 8601 time such as 2030-01-31T12:00:00Z")
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def format_time(when: datetime | float) -> str:
    """A time as the API writes it: UTC, whole seconds, ``Z``. A naive ``datetime`` counts as UTC."""
    if not isinstance(when, datetime):
        when = datetime.fromtimestamp(when, UTC)
    elif when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
