"""Upload options, checked before a byte is sent, as what goes over the wire (ucloud.md §2.5, §4)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from vodkit.core import options
from vodkit.core.errors import InvalidRequest
from vodkit.core.source import Item

from .. import sign, wire
from ..errors import PROVIDER

UNKNOWN_TYPE: Final = "application/octet-stream"

_TYPES: Final = {
    "3gp": "video/3gpp",
    "aac": "audio/aac",
    "avi": "video/avi",
    "flv": "video/x-flv",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m3u8": "application/x-mpegURL",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpd": "application/dash+xml",
    "mpeg": "video/mpeg",
    "mpg": "video/mpeg",
    "png": "image/png",
    "ts": "video/mp2t",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "wmv": "video/x-ms-wmv",
}


text = partial(options.text, PROVIDER)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller wants of one upload.

    Attributes:
        space: Where to.
        key: As given, or ``""`` for one of our making.
        name: The file's name.
        content_type: MIME type.
        headers: Storage class and metadata, as headers.
        instant: Whether to ask first if the content is there.
        policy: The encoded upload policy, or ``""``.
    """

    space: str
    key: str
    name: str
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    instant: bool = False
    policy: str = ""

    def new_key(self) -> str:
        """The key to upload to: the one given, else the file's name in a folder of its own."""
        return self.key or f"{secrets.token_hex(5)}/{self.name}"


def read(item: Item, values: Mapping[str, Any], space: str) -> Wanted:
    """The options of an upload.

    Raises:
        InvalidRequest: one of them cannot be; says which, and what to do.
    """
    space = text(values, "space") or space
    if not wire.is_bucket(space):
        raise refused(f"{space!r} is not a space's name", "Use 3 to 63 lower-case letters, digits, hyphens")
    key = text(values, "key") or ""
    # Slashes and control characters of a name would become part of the key's structure.
    name = "".join("_" if ch < " " or ch in "/\x7f" else ch for ch in item.name).strip() or "file"
    try:
        wire.check_key(key or f"{'0' * 10}/{name}")
    except wire.BadKey as problem:
        raise refused(str(problem), "Pass another key, without . and .. between its slashes") from None
    return Wanted(
        space=space,
        key=key,
        name=name,
        content_type=_header(text(values, "content_type") or "", "content_type") or type_of(key or name),
        headers=_headers(values),
        instant=_instant(item, values),
        policy=_policy(values),
    )


def type_of(name: str) -> str:
    """The MIME type that a name's extension tells."""
    return _TYPES.get(name.rpartition(".")[2].lower(), UNKNOWN_TYPE)


def storage_class(value: str) -> str:
    """A storage class, in capitals."""
    if value.upper() not in wire.STORAGE_CLASSES:
        raise refused(f"{value!r} is not a storage class", f"Use {', '.join(wire.STORAGE_CLASSES)}")
    return value.upper()


def metadata_headers(value: Any) -> dict[str, str]:
    """User metadata as headers.

    Raises:
        InvalidRequest: a name or a value cannot travel in a header, or it is too much.
    """
    if isinstance(value, str):
        value = dict(pair.partition("=")[::2] for pair in value.split(",") if pair.strip())
    if not isinstance(value, Mapping):
        raise refused("metadata is not a mapping", "Pass a dict of texts, or a=b,c=d")
    headers = {}
    for name, told in value.items():
        name = str(name).strip()
        if not wire.is_meta_name(name):
            raise refused(f"metadata cannot be called {name!r}", "Use letters, digits and hyphens")
        headers[f"X-Ufile-Meta-{name}"] = _header(str(told), f"metadata {name}")
    if sum(len(name) + len(told) for name, told in headers.items()) > wire.MAX_META:
        raise refused("there are more than 8 KB of metadata", "Store it elsewhere, and its address here")
    return headers


def refused(message: str, advice: str) -> InvalidRequest:
    """An option that cannot be sent."""
    return InvalidRequest(message, provider=PROVIDER, advice=advice)


def _headers(values: Mapping[str, Any]) -> dict[str, str]:
    headers = metadata_headers(values["metadata"]) if values.get("metadata") else {}
    if wanted := text(values, "storage_class"):
        headers["X-Ufile-Storage-Class"] = storage_class(wanted)
    return headers


def _header(value: str, what: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise refused(f"{what} is not printable ASCII", "Percent-encode what is not")
    return value


def _instant(item: Item, values: Mapping[str, Any]) -> bool:
    value = values.get("instant")
    wanted = value.strip().lower() in ("1", "true", "yes", "on") if isinstance(value, str) else bool(value)
    if wanted and (item.size is None or getattr(item.source, "once", False)):
        raise refused("instant needs a source that can be read twice", "Leave instant out, or upload a file")
    return wanted


def _policy(values: Mapping[str, Any]) -> str:
    names = ("callback_url", "callback_body", "callback_body_type")
    url, body, kind = (text(values, name) or "" for name in names)
    if not url:
        if body or kind:
            raise refused("there is no callback_url", "Pass callback_url, or leave callback_body out")
        return ""
    if not url.startswith(("http://", "https://")):
        raise refused("callback_url is no http address", "Pass one that begins with http:// or https://")
    policy = {"callbackUrl": url, "callbackBody": body, "callbackBodyType": kind}
    return sign.encode_policy({name: value for name, value in policy.items() if value})
