"""Requests to the file API: where they go and what they ask for (ucloud.md §1, §4, §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from vodkit.server.contract import Head, Scope

from .. import wire
from ..errors import BAD_REQUEST
from .answer import Refused

MAX_PARAMETERS = 64


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request.

    Attributes:
        scope: As it came.
        method: Upper case.
        host: Without its port.
        bucket: From the ``Bucket`` header or the host; ``""`` for a domain of somebody's own.
        key: Decoded; ``""`` for the bucket itself.
        uvideo: The path prefix of the UVideo variant that it came by, or ``""``.
        query: Raw.
        params: The query, decoded; flags have ``""``.
        pairs: All headers, lower-case names, in the order they came.
        headers: The same by name; the last of repeated ones.
    """

    scope: Scope = field(repr=False)
    method: str
    host: str
    bucket: str
    key: str
    uvideo: str
    query: str = field(repr=False)
    params: Mapping[str, str] = field(repr=False)
    pairs: tuple[tuple[str, str], ...] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def param(self, *names: str) -> str:
        """The first of these query parameters that is there; ``""`` for none."""
        return next((self.params[name] for name in names if name in self.params), "")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number out of the query, cut to ``high``.

        Raises:
            Refused: it is not a number, or below ``low``.
        """
        text = self.params.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) >= low):
            raise Refused(400, BAD_REQUEST, f"{name} must be a whole number, at least {low}")
        return min(int(text), high)

    @property
    def upload_id(self) -> str:
        """The multipart upload that it is about; both spellings are in use."""
        return self.param("uploadId", "UploadId")

    @property
    def part_number(self) -> int:
        """The part's number, from 0.

        Raises:
            Refused: it is not a number.
        """
        name = "partNumber" if "partNumber" in self.params else "PartNumber"
        if name not in self.params:
            raise Refused(400, BAD_REQUEST, "partNumber is missing")
        return self.number(name, 0, 0, 1 << 20)


def parse(scope: Scope, head: Head) -> Request:
    """Read the head of a request.

    Raises:
        Refused: its path or its query cannot be read.
    """
    pairs = tuple(
        (name.decode("latin-1").lower(), value.decode("utf-8", "replace").strip())
        for name, value in scope["headers"]
    )
    headers = dict(pairs)
    path, uvideo = head.path, ""
    bucket = wire.bucket_of(head.host)
    if not bucket and "bucket" in headers:
        bucket, (path, uvideo) = headers["bucket"].lower(), _stripped(path)
    key = wire.decode_path(path)
    if key is None or "\0" in key:
        raise Refused(400, BAD_REQUEST, "the path is not UTF-8")
    try:
        params = dict(
            parse_qsl(head.query, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
        )
    except (ValueError, UnicodeDecodeError):
        raise Refused(400, BAD_REQUEST, "the query cannot be read") from None
    return Request(scope, scope["method"], head.host, bucket, key, uvideo, head.query, params, pairs, headers)


def is_uvideo(head: Head) -> bool:
    """Whether a request is addressed the way of the UVideo variant: by its host, or by header and path."""
    if head.host in wire.UPLOAD_HOSTS:
        return True
    prefixed = head.path.startswith((wire.INIT, wire.PARTS, wire.FINISH, wire.DELETE))
    return "bucket" in head.headers and prefixed and not wire.bucket_of(head.host)


def _stripped(path: str) -> tuple[str, str]:
    """A path without the variant's prefix, and the prefix."""
    for prefix in (wire.INIT, wire.FINISH, wire.DELETE, wire.PARTS):
        if path.startswith(prefix):
            return "/" + path.removeprefix(prefix), prefix
    return path, ""
