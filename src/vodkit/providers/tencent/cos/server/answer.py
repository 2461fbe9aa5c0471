"""Answers of COS: what every one of them carries, and error documents (tencent.md §C.4, §C.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vodkit.server.contract import Send

from .. import wire
from ..errors import STATUS
from ..sign import Refused
from .request import Request

XML = "application/xml"

_EXPOSED = f"ETag, Date, Content-Length, Content-Range, {wire.REQUEST_ID}, {wire.CRC64}"


class _Name(bytes):
    """A header name that compares in any case and goes out as it is written.

    The official Python client hands headers to its callers in a dictionary that minds the case (``ETag``),
    and the HTTP server writes names in lower case unless it is kept from it.
    """

    def lower(self) -> bytes:
        """Itself."""
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, bytes) and bytes.lower(self) == bytes.lower(other)

    __hash__ = bytes.__hash__


def spelled(name: bytes) -> bytes:
    """A header's name the way COS writes it."""
    if name == b"etag":
        return _Name(b"ETag")
    return name if name.startswith(b"x-") else _Name(name.title())


class Reply(Protocol):
    """An answer that is ready to go."""

    async def send(self, request: Request, send: Send) -> None:
        """Send it."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer whose body fits in memory."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    async def send(self, request: Request, send: Send) -> None:
        """Send it with the headers that every answer has; ``Date`` is the HTTP server's."""
        headers = {**common(request), **self.headers}
        if self.status != 204:
            headers["content-length"] = str(len(self.body))
        raw = [(spelled(name.encode("latin-1")), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else self.body})


def common(request: Request) -> dict[str, str]:
    """The headers of every answer to this request."""
    headers = {"server": "tencent-cos", wire.REQUEST_ID: request.id}
    if "origin" in request.headers:
        headers["access-control-allow-origin"] = "*"
        headers["access-control-expose-headers"] = _EXPOSED
    return headers


def xml(body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """A success with an XML document."""
    return Answer(200, {"content-type": XML, **(headers or {})}, body)


def fault(request: Request, refused: Refused) -> Answer:
    """A refusal; official clients want all of its elements to hold text."""
    document = wire.Fault(
        code=refused.code,
        message=refused.message,
        resource=request.resource,
        request_id=request.id,
        trace_id=request.id,
    )
    return Answer(STATUS[refused.code], {"content-type": XML}, wire.write_fault(document))


def preflight(request: Request) -> Answer:
    """The answer to a browser that asks what it may send; the signature decides, not the origin."""
    wanted = request.headers.get("access-control-request-headers", "*")
    return Answer(
        200,
        {
            "access-control-allow-origin": "*",
            "access-control-allow-methods": "GET, HEAD, PUT, POST, DELETE",
            "access-control-allow-headers": wanted if wanted.isascii() else "*",
            "access-control-expose-headers": _EXPOSED,
            "access-control-max-age": "600",
        },
    )
