"""From upload options to the fields of create, checked before a byte is sent (youku.md §4.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from vodkit.core import options as reading
from vodkit.core.contract import UploadOptions
from vodkit.core.errors import InvalidRequest
from vodkit.core.source import Item

from .. import wire
from ..errors import PROVIDER

_TIME = "%Y-%m-%d %H:%M:%S"

text = partial(reading.text, PROVIDER)


def create_fields(item: Item, options: UploadOptions) -> dict[str, Any]:
    """The fields of create, without who calls and without the file's MD5.

    Raises:
        InvalidRequest: an option cannot be; says which, and what to do.
    """
    name = wire.base_name(item.name)
    fields = video_fields(options.values)
    fields.setdefault("title", (name.rpartition(".")[0] or name)[: wire.TITLE_LIMIT] or "video")
    fields.setdefault("tags", "Others")
    fields.setdefault("copyright_type", "original")
    fields.setdefault("public_type", "password" if fields.get("watch_password") else "all")
    values = options.values
    fields["latitude"] = _degrees(values, "latitude", 90)
    fields["longitude"] = _degrees(values, "longitude", 180)
    fields["shoot_time"] = _time(values.get("shoot_time"))
    fields["deshake"] = 1 if values.get("deshake") in (True, 1, "1", "true") else None
    if fields["public_type"] == "password" and not fields.get("watch_password"):
        raise refused("public_type is password without a watch_password", "Pass watch_password")
    fields |= {"file_name": name, "file_size": item.size}
    return {name: value for name, value in fields.items() if value is not None}


def video_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that create and update share, those only that are given."""
    fields: dict[str, Any] = {}
    for name, limit in (
        ("title", wire.TITLE_LIMIT),
        ("description", wire.DESCRIPTION_LIMIT),
        ("category", 64),
        ("watch_password", 64),
    ):
        if (value := text(values, name)) is not None:
            if len(value) > limit:
                raise refused(f"{name} is longer than {limit} characters", f"Shorten {name}")
            fields[name] = value
    if fields.get("title") == "":
        raise refused("title is empty", "Pass a title, or leave it out")
    if values.get("tags") is not None:
        fields["tags"] = _tags(values["tags"])
    for name, known in (("copyright_type", wire.COPYRIGHT_TYPES), ("public_type", wire.PUBLIC_TYPES)):
        if values.get(name) is not None:
            if values[name] not in known:
                raise refused(f"{name} cannot be {values[name]!r}", f"Use one of: {', '.join(known)}")
            fields[name] = values[name]
    return fields


def slice_kib(part_size: int | None) -> int:
    """Slice length in KiB for a wanted part size in bytes, which is rounded up to what the wire can say."""
    if part_size is None:
        return wire.DEFAULT_SLICE
    return min(wire.MAX_SLICE, max(1, -(-part_size // wire.KIB)))


def refused(message: str, advice: str) -> InvalidRequest:
    """An option that cannot be sent."""
    return InvalidRequest(message, provider=PROVIDER, advice=advice)


def _tags(value: Any) -> str:
    given = [value] if isinstance(value, str) else list(value)
    if not all(isinstance(tag, str) for tag in given):
        raise refused("tags are not text", "Pass a list of strings, or text separated by commas")
    tags = wire.split_tags(given)
    if len(tags) > wire.MAX_TAGS or any(len(tag) > wire.TAG_LIMIT for tag in tags):
        raise refused(
            "there are too many tags, or one is too long",
            f"Use at most {wire.MAX_TAGS} tags of at most {wire.TAG_LIMIT} characters",
        )
    if not tags:
        raise refused("tags are empty", "Pass at least one tag, or leave tags out")
    return ",".join(tags)


def _degrees(values: Mapping[str, Any], name: str, limit: int) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    try:
        degrees = float(value)
    except (TypeError, ValueError):
        degrees = math.nan
    if not -limit <= degrees <= limit:
        raise refused(f"{name} is not between -{limit} and {limit}", f"Pass {name} in degrees")
    return repr(degrees)


def _time(value: Any) -> str | None:
    if value is None:
        return None
    try:
        when = value if isinstance(value, datetime) else datetime.strptime(value, _TIME)
    except (TypeError, ValueError):
        raise refused("shoot_time is not a time", "Pass a datetime, or YYYY-MM-DD HH:MM:SS") from None
    return when.strftime(_TIME)
