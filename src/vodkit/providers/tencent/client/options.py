"""From upload options to the fields of ApplyUpload, checked before a byte is sent (tencent.md §B.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from vodkit.core import options as reading
from vodkit.core.contract import UploadOptions
from vodkit.core.errors import InvalidRequest
from vodkit.core.source import Item

from ..errors import PROVIDER
from ..wire import COVER_TYPES, MEDIA_TYPES, Limits, codes, format_time, is_region, parse_time
from ..wire.values import MANIFEST_TYPES

_NAMES = {
    "procedure": "Procedure",
    "storage_region": "StorageRegion",
    "source_context": "SourceContext",
    "session_context": "SessionContext",
    "ext_info": "ExtInfo",
    "storage_path": "MediaStoragePath",
}
_LENGTHS = {
    "title": Limits.MEDIA_NAME,
    "source_context": Limits.SOURCE_CONTEXT,
    "session_context": Limits.SESSION_CONTEXT,
}


text = partial(reading.text, PROVIDER)
number = partial(reading.number, PROVIDER)


def apply_fields(items: Sequence[Item], options: UploadOptions, sub_app: int | None) -> dict[str, Any]:
    """The fields of ApplyUpload.

    Raises:
        InvalidRequest: an option or a file type cannot be; says which, and what to do.
    """
    values = options.values
    for name, limit in _LENGTHS.items():
        if len(text(values, name) or "") > limit:
            raise refused(f"{name} is longer than {limit} characters", f"Shorten {name}")
    fields: dict[str, Any] = {
        "MediaType": media_type(items[0], values),
        "MediaName": text(values, "title") or _stem(items[0].name)[: Limits.MEDIA_NAME],
        "CoverType": _cover_type(items, values),
        "ClassId": number(values, "category"),
        "ExpireTime": expiry(values.get("expires")),
        "SubAppId": number(values, "sub_app") if values.get("sub_app") is not None else sub_app,
        **{field: text(values, name) or None for name, field in _NAMES.items()},
    }
    region, path = fields["StorageRegion"], fields["MediaStoragePath"]
    if region is not None and not is_region(region):
        raise refused(
            f"{region!r} is not a storage region", "Use a name such as ap-chongqing", codes.STORAGE_REGION
        )
    if path is not None and not path.startswith("/"):
        raise refused(
            "storage_path does not begin with /", "Write it like /folder/name.mp4", codes.MEDIA_STORAGE_PATH
        )
    return {name: value for name, value in fields.items() if value is not None}


def media_type(item: Item, values: Mapping[str, Any]) -> str:
    """The type of the media, lower case: the option, else the file's extension."""
    kind = (text(values, "media_type") or item.extension).lower().lstrip(".")
    if not kind:
        raise refused(f"{item.name!r} has no extension", "Set media_type, e.g. mp4")
    if kind not in MEDIA_TYPES:
        raise refused(
            f"Tencent does not take media of type {kind!r}",
            "Convert it, or set media_type",
            codes.MEDIA_TYPE,
            codes.INVALID_MEDIA_TYPE_MESSAGE,
        )
    return kind


def is_manifest(fields: Mapping[str, Any]) -> bool:
    """Whether the media is an HLS or DASH manifest, whose object is sent last."""
    return fields["MediaType"] in MANIFEST_TYPES


def _cover_type(items: Sequence[Item], values: Mapping[str, Any]) -> str | None:
    cover = next((item for item in items if item.role == "cover"), None)
    kind = (text(values, "cover_type") or "").lower().lstrip(".")
    if cover is None:
        if kind:
            raise refused("cover_type is given without a cover", "Pass cover, or leave cover_type out")
        return None
    kind = kind or cover.extension.lower()
    if not kind:
        raise refused(f"the cover {cover.name!r} has no extension", "Set cover_type, e.g. png")
    if kind not in COVER_TYPES:
        raise refused(
            f"Tencent does not take covers of type {kind!r}",
            "Use a jpg, png or gif",
            codes.COVER_TYPE,
            codes.INVALID_COVER_TYPE_MESSAGE,
        )
    return kind


def expiry(value: Any) -> str | None:
    """``expires`` as the API writes it; a naive ``datetime`` counts as local time."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return format_time(value.astimezone())
    try:
        return format_time(parse_time(value))
    except (ValueError, TypeError, OverflowError):
        raise refused(
            "expires is not a time",
            "Pass a datetime, or text such as 2030-01-31T12:00:00Z",
            codes.EXPIRE_TIME,
        ) from None


def refused(
    message: str, advice: str, code: str | None = None, provider_message: str | None = None
) -> InvalidRequest:
    """An option that cannot be sent; where the vendor's own code and words for it are known, with them."""
    return InvalidRequest(
        message, provider=PROVIDER, advice=advice, code=code, provider_message=provider_message
    )


def _stem(name: str) -> str:
    base = name.replace("\\", "/").rpartition("/")[2]
    stem, dot, _ = base.rpartition(".")
    return stem if dot and stem else base
