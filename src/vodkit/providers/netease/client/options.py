"""From upload options to the fields of upload/init, checked before a byte is sent (netease.md §4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from vodkit.core import options
from vodkit.core.errors import InvalidRequest

from .. import wire
from ..errors import PROVIDER

_NUMBERS: Final = {
    "category": "typeId",
    "procedure": "presetId",
    "watermark": "watermarkId",
    "trans_offset": "transOffset",
    "trans_duration": "transDuration",
}
_ADDRESSES: Final = {"upload_callback": "uploadCallbackUrl", "transcode_callback": "callbackUrl"}

text = partial(options.text, PROVIDER)
number = partial(options.number, PROVIDER)


def init_fields(file: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The body of upload/init.

    Args:
        file: Name of the file; what the vendor forbids in names is replaced by ``_``.
        values: Upload options by our names.

    Raises:
        InvalidRequest: one of them cannot be.
    """
    fields: dict[str, Any] = {"originFileName": wire.clean_name(file) or "unnamed"}
    title = text(values, "title")
    if title is not None:
        if not wire.allows_name(title):
            raise refused(
                'title is blank or holds one of \\ / : * ? " < > |', "Leave these characters out of the title"
            )
        fields["userFileName"] = title
    if (description := text(values, "description")) is not None:
        fields["description"] = description
    for name, field in _NUMBERS.items():
        if (value := number(values, name)) is not None:
            fields[field] = value
    if "watermarkId" in fields and not fields.get("presetId"):
        raise refused("watermark needs a procedure", "Give the id of a transcoding template as procedure")
    note = text(values, "user_defined")
    if note is not None:
        if len(note) > wire.MAX_USER_DEFINED:
            raise refused(
                f"user_defined is longer than {wire.MAX_USER_DEFINED} characters", "Shorten it, or send a key"
            )
        fields["userDefInfo"] = note
    for name, field in _ADDRESSES.items():
        if (url := text(values, name)) is not None:
            fields[field] = callback_url(url, name)
    return fields


def callback_url(url: str, name: str) -> str:
    """An address for callbacks. Raises ``InvalidRequest`` for what the vendor cannot call."""
    if not wire.is_callback_url(url):
        raise refused(
            f"{name} is not an http(s) address of at most {wire.MAX_CALLBACK_URL} characters",
            "Write http://HOST/PATH",
        )
    return url


def refused(message: str, advice: str) -> InvalidRequest:
    """A value that cannot be sent."""
    return InvalidRequest(message, provider=PROVIDER, advice=advice)
