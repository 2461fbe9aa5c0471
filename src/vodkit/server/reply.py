"""Answering GET and HEAD with stored bytes: conditions and ranges (RFC 9110)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime

from .contract import Blob, Scope, Send, StoredObject

Stream = Callable[[Blob, int, int], AsyncIterator[bytes]]

_RANGE = re.compile(r"bytes\s*=\s*(\d*)-(\d*)\s*\Z", re.ASCII)
_MOST_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Plan:
    """What to answer.

    Attributes:
        status: 200, 206, 304, 412 or 416.
        start: First byte that is sent.
        length: Bytes that are sent, or would be by GET.
    """

    status: int
    start: int = 0
    length: int = 0


def plan(method: str, headers: Mapping[str, str], etag: str, modified: float, size: int) -> Plan:
    """What a request for ``size`` bytes gets.

    Several ranges in one request, and what is no byte range, are answered with the whole.

    Args:
        method: ``GET`` or ``HEAD``.
        headers: The request's, by lower-case name.
        etag: Without quotes.
        modified: Seconds since the epoch.
        size: Bytes of the whole.
    """
    refused = _condition(headers, etag, int(modified))
    if refused:
        return Plan(refused)
    wanted = headers.get("range", "")
    if method != "GET" or not wanted or not _range_holds(headers.get("if-range"), etag, int(modified)):
        return Plan(200, 0, size)
    match = _RANGE.match(wanted)
    if match is None or not any(match.groups()) or max(map(len, match.groups())) > _MOST_DIGITS:
        return Plan(200, 0, size)
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return Plan(200, 0, size)
    if start >= size:
        return Plan(416)
    return Plan(206, start, end - start)


async def respond(
    stream: Stream,
    scope: Scope,
    send: Send,
    found: StoredObject,
    headers: Mapping[str, str] | None = None,
    *,
    content_range_on_416: bool = True,
) -> None:
    """Answer GET or HEAD with an object; see :meth:`vodkit.server.contract.Objects.respond`.

    Args:
        stream: Gives a blob's bytes from a start, as many as told.
        headers: Further ones, by lower-case name; they win over those made here.

    Raises:
        BlobGone: the bytes are not there; nothing was answered yet.
    """
    asked = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    size = found.blob.size
    chosen = plan(scope["method"], asked, found.etag, found.created, size)
    out = described(found)
    if chosen.status not in (200, 206):
        del out["content-type"], out["accept-ranges"]
    if chosen.status == 206:
        out["content-range"] = f"bytes {chosen.start}-{chosen.start + chosen.length - 1}/{size}"
    elif chosen.status == 416 and content_range_on_416:
        out["content-range"] = f"bytes */{size}"
    out.update(headers or {})
    if chosen.status != 304:
        out["content-length"] = str(chosen.length)
    pieces = None
    first = b""
    if chosen.length and scope["method"] == "GET":
        pieces = stream(found.blob, chosen.start, chosen.length)
        first = await anext(pieces)
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in out.items()]
    await send({"type": "http.response.start", "status": chosen.status, "headers": raw})
    if pieces is not None:
        await send({"type": "http.response.body", "body": first, "more_body": True})
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def described(found: StoredObject) -> dict[str, str]:
    """The headers that every answer with an object's bytes has."""
    return {
        "etag": f'"{found.etag}"',
        "last-modified": formatdate(found.created, usegmt=True),
        "content-type": found.content_type or "application/octet-stream",
        "accept-ranges": "bytes",
    }


def _condition(headers: Mapping[str, str], etag: str, modified: int) -> int:
    """The status that a precondition demands, or 0 (RFC 9110 §13.2.2)."""
    if "if-match" in headers:
        if not _matches(headers["if-match"], etag, weak=False):
            return 412
    else:
        since = _date(headers.get("if-unmodified-since"))
        if since is not None and modified > since:
            return 412
    if "if-none-match" in headers:
        if _matches(headers["if-none-match"], etag, weak=True):
            return 304
    else:
        since = _date(headers.get("if-modified-since"))
        if since is not None and modified <= since:
            return 304
    return 0


def _range_holds(condition: str | None, etag: str, modified: int) -> bool:
    """Whether ``If-Range`` lets the range count."""
    if condition is None:
        return True
    if condition.startswith('"'):
        return condition == f'"{etag}"'
    return _date(condition) == modified


def _matches(condition: str, etag: str, *, weak: bool) -> bool:
    if condition.strip() == "*":
        return True
    tags = [tag.strip() for tag in condition.split(",")]
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    # Some clients send the tag without its quotes.
    return f'"{etag}"' in tags or etag in tags


def _date(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (ValueError, OverflowError):
        return None
