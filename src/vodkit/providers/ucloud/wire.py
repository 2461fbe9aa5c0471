"""Messages of UCloud's file API, its UVideo variant and its management API (ucloud.md §1, §3-§7). No I/O."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

BLOCK: Final = 4 << 20
"""Bytes of the blocks that an object's ETag is made of, whatever parts it came in."""

META: Final = "x-ufile-meta-"
STORAGE_CLASS: Final = "x-ufile-storage-class"
RESTORE: Final = "x-ufile-restore"
COPY_SOURCE: Final = "x-ufile-copy-source"
COPY_RANGE: Final = "x-ufile-copy-source-range"
DIRECTIVE: Final = "x-ufile-metadata-directive"
SESSION_ID: Final = "x-sessionid"

STORAGE_CLASSES: Final = ("STANDARD", "IA", "ARCHIVE")
MAX_PUT: Final = 512 << 20
MAX_META: Final = 8 << 10
MAX_OBJECT: Final = 5 << 40
MAX_KEY: Final = 1024

UPLOAD_HOSTS: Final = ("uploadvideo.ucloud.cn", "upload.uvideo.ucloud.com.cn", "uploadvideo.auto-ai.com.cn")
"""Hosts of the UVideo variant, where the space travels in the ``Bucket`` header (§6)."""

SUFFIXES: Final = (
    ".ufileos.com",
    ".ufile.ucloud.cn",
    ".ufile.ucloud.com.cn",
    ".uvideo.ucloud.com.cn",
    ".uvideo.auto-ai.com.cn",
)
"""What follows a bucket's name in its virtual hosts."""

API_HOST: Final = "api.ucloud.cn"
INIT: Final = "/init/uvideoUploads/"
PARTS: Final = "/uvideoUploads/"
FINISH: Final = "/finish/uvideoUploads/"
DELETE: Final = "/delete/uvideoUploads/"

_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]")
_META_NAME = re.compile(r"[A-Za-z0-9-]+")


class BadKey(ValueError):
    """An object key that cannot travel; the text says why."""


# --- names ---


def is_bucket(name: str) -> bool:
    """Whether a space or bucket may have this name (§1)."""
    return _BUCKET.fullmatch(name) is not None


def check_key(key: str) -> str:
    """``key``, if it can be sent (§11).

    Raises:
        BadKey: it is empty, too long, not text, or has ``.`` or ``..`` between slashes, which servers and
            proxies on the way would resolve.
    """
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        raise BadKey("the key is not Unicode text") from None
    if not key or length > MAX_KEY:
        raise BadKey(f"a key has 1 to {MAX_KEY} bytes, this one has {length}")
    if any(segment in (".", "..") for segment in key.split("/")):
        raise BadKey("the key has a . or .. segment")
    if any(ch < " " or ch == "\x7f" for ch in key):
        raise BadKey("the key holds control characters")
    return key


def is_meta_name(name: str) -> bool:
    """Whether a metadata header may be called so, behind its prefix."""
    return _META_NAME.fullmatch(name) is not None


def encode_key(key: str) -> str:
    """A key as it stands in a path: RFC 3986 unreserved characters and ``/`` as they are."""
    return quote(key, safe="/-._~")


def decode_path(path: str) -> str | None:
    """The key of a raw path: one slash stripped, decoded once; ``None`` if it is not UTF-8."""
    try:
        return unquote_to_bytes(path.removeprefix("/")).decode()
    except UnicodeDecodeError:
        return None


def encode_query(pairs: Iterable[tuple[str, str | None]]) -> str:
    """A query; a name without a value is a flag and stands without ``=`` (§4)."""
    return "&".join(name if value is None else f"{name}={quote(value, safe='')}" for name, value in pairs)


def bucket_of(host: str) -> str:
    """The bucket of a virtual host, or ``""`` for a host of another kind."""
    if host in UPLOAD_HOSTS or not host.endswith(SUFFIXES):
        return ""
    return host.partition(".")[0]


# --- ETags (§3) ---


def part_etag(sha1: str) -> str:
    """The ETag of a part from its hex SHA-1: no count in front."""
    return base64.urlsafe_b64encode(bytes.fromhex(sha1)).decode()


def object_etag(size: int, root: str) -> str:
    """The ETag of an object from its size and the hex of :func:`root`."""
    count = -(-size // BLOCK)
    return base64.urlsafe_b64encode(count.to_bytes(4, "little") + bytes.fromhex(root)).decode()


def root(blocks: Sequence[str]) -> str:
    """The digest in an ETag from the hex SHA-1s of an object's blocks: that of one, else over all of them."""
    if not blocks:
        return hashlib.sha1(b"", usedforsecurity=False).hexdigest()
    if len(blocks) == 1:
        return blocks[0]
    return hashlib.sha1(bytes.fromhex("".join(blocks)), usedforsecurity=False).hexdigest()


def whole_etag(size: int, blocks: Sequence[str]) -> str:
    """The ETag of an object of ``size`` bytes from the hex SHA-1s of its blocks of 4 MiB."""
    return object_etag(size, root(blocks))


def digest_of(etag: str) -> str:
    """The hex digest that an object's or a part's ETag carries; ``""`` for what is neither."""
    if len(etag) not in (28, 32):
        return ""
    try:
        raw = base64.b64decode(etag.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return ""
    return raw[-20:].hex() if len(raw) in (20, 24) else ""


def quoted(etag: str) -> str:
    """An ETag as a header carries it."""
    return f'"{etag}"'


def unquoted(text: str) -> str:
    """An ETag without its quotes, if it has any."""
    return text.strip().strip('"')


# --- documents ---


class BadAnswer(ValueError):
    """An answer that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The answer to InitiateMultipartUpload: the upload's id, and the length of every part but the last."""

    upload_id: str
    block: int


@dataclass(frozen=True, slots=True)
class PartEntry:
    """A part that a server says it has: number from 0, ETag without quotes, bytes."""

    number: int
    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class PartPage:
    """One page of ListParts; ``marker`` leads to the next one and is ``None`` on the last."""

    parts: tuple[PartEntry, ...]
    marker: int | None


def dumps(data: Any) -> bytes:
    """JSON as it goes out."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def loads(body: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        BadAnswer: it is none.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise BadAnswer("it is not JSON") from None
    if not isinstance(data, dict):
        raise BadAnswer("it is not a JSON object")
    return data


def read_opened(body: bytes) -> Opened:
    """The answer to InitiateMultipartUpload.

    Raises:
        BadAnswer: it lacks the upload's id or a block size.
    """
    data = loads(body)
    upload_id, block = data.get("UploadId"), data.get("BlkSize")
    if not isinstance(upload_id, str) or not upload_id:
        raise BadAnswer("it has no UploadId")
    if not isinstance(block, int) or isinstance(block, bool) or block < 1:
        raise BadAnswer("it has no BlkSize")
    return Opened(upload_id, block)


def read_parts(body: bytes) -> PartPage:
    """One page of ListParts.

    Raises:
        BadAnswer: it makes no sense.
    """
    data = loads(body)
    try:
        parts = tuple(
            PartEntry(int(part["PartNum"]), unquoted(str(part["Etag"])), int(part["Size"]))
            for part in data.get("Parts") or ()
        )
        marker = int(data["NextPartNumberMarker"]) if data.get("IsTruncated") else None
    except (KeyError, TypeError, ValueError):
        raise BadAnswer("its list of parts cannot be read") from None
    return PartPage(parts, marker)


def write_etags(etags: Sequence[str]) -> bytes:
    """The body of FinishMultipartUpload: the parts' ETags in order."""
    return ",".join(etags).encode()


def read_etags(body: bytes) -> list[str]:
    """The ETags of a finish body, quoted or bare; empty entries are kept."""
    text = body.decode("latin-1").strip()
    return [unquoted(piece) for piece in text.split(",")] if text else []


def error_body(code: int, message: str) -> bytes:
    """An error of the file API: both members, always (§5.3)."""
    return dumps({"RetCode": code, "ErrMsg": message})


def callback_answer(body: bytes) -> Any:
    """What the receiver of a callback answered (§2.5): read from JSON, else as text; ``None`` for nothing."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode("utf-8", "replace")


def range_of(text: str, size: int) -> tuple[int, int] | None:
    """First and last byte of ``bytes=a-b``, both included, within ``size``; ``None`` if it does not fit."""
    match = re.fullmatch(r"bytes=(\d{1,19})-(\d{1,19})", text.strip(), re.ASCII)
    if match is None:
        return None
    first, last = int(match[1]), int(match[2])
    return (first, last) if first <= last < size else None


def source_header(bucket: str, key: str) -> str:
    """The value of a copy-source header."""
    return f"/{bucket}/{encode_key(key)}"


def read_source(text: str) -> tuple[str, str] | None:
    """Bucket and key of a copy-source header."""
    bucket, slash, path = text.strip().removeprefix("/").partition("/")
    key = decode_path(f"/{path}")
    return (bucket, key) if slash and bucket and key else None


def parameters(given: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a management call as they are signed and sent (§7.1)."""
    flat: dict[str, str] = {}
    for name, value in given.items():
        if isinstance(value, list | tuple):
            flat.update({f"{name}.{index}": _text(item) for index, item in enumerate(value)})
        elif value is not None:
            flat[name] = _text(value)
    return flat


def read_array(given: Mapping[str, str], name: str) -> list[str]:
    """The items ``Name.0``, ``Name.1`` ... of a management call, in the order of their numbers."""
    found = [
        (int(key.rpartition(".")[2]), value)
        for key, value in given.items()
        if re.fullmatch(re.escape(name) + r"\.\d{1,4}", key, re.ASCII)
    ]
    return [value for _, value in sorted(found)]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
