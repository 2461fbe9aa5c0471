"""Addresses, headers and limits of COS, for both ends (tencent.md §C.1, §C.3, §C.4). No I/O."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Iterable, Sequence
from hashlib import md5
from urllib.parse import parse_qsl, quote, unquote

MAX_PARTS = 10_000
"""Most parts of an upload; part numbers run from 1 to this."""
MIN_PART = 1024 * 1024
"""Fewest bytes of a part that is not the last."""
MAX_PART = 5 * 1024**3
"""Most bytes of a part, and of an object that is put in one request."""
MAX_PAGE = 1000
"""Most entries of one page of a listing."""

CRC64 = "x-cos-hash-crc64ecma"
REQUEST_ID = "x-cos-request-id"
META = "x-cos-meta-"


def host(bucket: str, region: str, suffix: str = "myqcloud.com") -> str:
    """The virtual host of a bucket."""
    return f"{bucket}.cos.{region}.{suffix}"


def bucket_of(authority: str) -> str:
    """The bucket that a host names: its first label."""
    return authority.partition(":")[0].partition(".")[0]


def encode_path(key: str) -> str:
    """The path of a key as it is sent, with its leading ``/``.

    ``./`` goes out as ``.%2F``, so that no intermediary folds ``.`` and ``..`` segments.
    """
    return "/" + quote(key, safe="/-_.~").replace("./", ".%2F")


def decode_path(path: str) -> str:
    """The decoded path, with its leading ``/``; bytes that are not UTF-8 become lone surrogates."""
    return unquote(path, errors="surrogateescape")


def encode_query(pairs: Iterable[tuple[str, str]]) -> str:
    """A query string; names without a value keep their ``=``."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)


def decode_query(query: str) -> list[tuple[str, str]]:
    """The pairs of a query string by form rules: ``+`` is a space, a name alone has an empty value.

    Raises:
        ValueError: there are more than a hundred.
    """
    return parse_qsl(query, keep_blank_values=True, errors="surrogateescape", max_num_fields=100)


def url(base: str, key: str = "", query: Iterable[tuple[str, str]] = ()) -> str:
    """The URL of a key, or of the bucket itself.

    Args:
        base: Scheme and virtual host, without a trailing slash.
        key: Without its leading slash.
        query: Decoded.
    """
    text = encode_query(query)
    return base + encode_path(key) + (f"?{text}" if text else "")


def quoted(etag: str) -> str:
    """An ETag as a header or a document carries it."""
    return f'"{etag}"'


def unquoted(etag: str) -> str:
    """An ETag without its quotes, whichever way it came."""
    return etag.strip().removeprefix("W/").strip('"')


def multipart_etag(etags: Sequence[str]) -> str:
    """The ETag of an object made of parts: 32 hex digits, ``-``, the number of parts."""
    digest = md5("".join(etags).encode(), usedforsecurity=False).hexdigest()
    return f"{digest}-{len(etags)}"


def crc64_text(crc64_hex: str) -> str:
    """A CRC-64 as the header carries it: decimal. Takes 16 hex digits."""
    return str(int(crc64_hex, 16))


def content_md5(md5_hex: str) -> str:
    """The value of ``Content-MD5``."""
    return b64encode(bytes.fromhex(md5_hex)).decode()


def md5_of(content_md5: str) -> str | None:
    """The hex digest that a ``Content-MD5`` names; ``None`` if it is malformed."""
    try:
        digest = b64decode(content_md5, validate=True)
    except (BadBase64, ValueError):
        return None
    return digest.hex() if len(digest) == 16 else None
