"""Operations on whole objects: put, read, delete (tencent.md §C.3)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from vodkit.server.contract import Blob, Objects, Send, StoredObject, StoredPart, Upload
from vodkit.server.errors import BlobGone, UploadGone
from vodkit.server.incoming import Body

from .. import wire
from ..errors import PROVIDER
from ..sign import Refused
from .answer import Answer, Reply, common, fault, spelled
from .request import Request

if TYPE_CHECKING:
    from . import Cos

DIGESTS = ("md5", "crc64")
"""What is computed of every body: the ETag and the CRC-64 of the answer."""

SINGLE = "single"
"""Marks, in an upload's facts, one that a simple PUT makes for itself; it is listed nowhere."""

_KEPT = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires")
_STORAGE_CLASS = "x-cos-storage-class"
_MAX_META = 2048


def facts_of(request: Request) -> tuple[str, dict[str, Any]]:
    """Content type, and the headers that come back with the object.

    Raises:
        Refused: they cannot be kept.
    """
    headers = {
        name: value
        for name, value in request.headers.items()
        if value and (name in _KEPT or name.startswith(wire.META) or name == _STORAGE_CLASS)
    }
    content_type = request.headers.get("content-type", "")
    size = sum(len(name) + len(value) for name, value in headers.items() if name.startswith(wire.META))
    if size > _MAX_META:
        raise Refused("InvalidArgument", f"the {wire.META}* headers have more than {_MAX_META} bytes")
    if not all(value.isascii() and value.isprintable() for value in (content_type, *headers.values())):
        raise Refused("InvalidArgument", "object headers must be printable ASCII; percent-encode the rest")
    return content_type, {"headers": headers}


def expected_md5(request: Request) -> dict[str, str]:
    """The MD5 that the client announced, for comparison.

    Raises:
        Refused: it is malformed.
    """
    if "content-md5" not in request.headers:
        return {}
    md5 = wire.md5_of(request.headers["content-md5"])
    if md5 is None:
        raise Refused("InvalidDigest", "Content-MD5 must be the base64 of 16 bytes")
    return {"md5": md5}


def check_length(request: Request, body: Body) -> None:
    """Refuse a body that is too large, or of no length at all, before any of it is read."""
    if body.length is None and "transfer-encoding" not in request.headers:
        raise Refused("MissingContentLength", "a PUT needs Content-Length or a chunked body")
    if body.length is not None and body.length > wire.MAX_PART:
        raise Refused("EntityTooLarge", f"the body has more than {wire.MAX_PART} bytes")


def checksum(blob: Blob) -> dict[str, str]:
    """The CRC-64 header of an object, where it is known."""
    crc64 = blob.digests.get("crc64")
    return {wire.CRC64: wire.crc64_text(crc64)} if crc64 else {}


def must_be_writable(conn: Connection, request: Request) -> None:
    """Refuse to write for credentials whose time to write is over."""
    if not request.access.writable(conn):
        raise Refused("AccessDenied", "the upload that these credentials are for is over")


def own(cos: Cos, conn: Connection, request: Request) -> StoredObject | None:
    """What the request's key holds now.

    Raises:
        Refused: it belongs to another account.
    """
    found = cos.service.objects.get(conn, PROVIDER, request.bucket, request.key)
    if found is not None and found.account != request.account:
        raise Refused("AccessDenied", "the object belongs to another account")
    return found


async def put(cos: Cos, request: Request, body: Body) -> Reply:
    """Store an object in one request.

    The upload that takes the bytes becomes the object in the same commit that records them.
    """
    if any(name.startswith("x-cos-copy-source") for name in request.headers):
        raise Refused("MethodNotAllowed", "copying objects is not served here")
    check_length(request, body)
    expect = expected_md5(request)
    content_type, attrs = facts_of(request)
    service = cos.service

    def store(conn: Connection, part: StoredPart) -> StoredObject:
        must_be_writable(conn, request)
        own(cos, conn, request)
        blob = service.uploads.complete(conn, upload.id)
        return service.objects.put(
            conn,
            account=request.account,
            provider=PROVIDER,
            space=request.bucket,
            key=request.key,
            blob=blob,
            content_type=content_type,
            etag=part.digests["md5"],
            attrs=attrs,
        )

    def begin(conn: Connection) -> Upload:
        must_be_writable(conn, request)
        return service.uploads.create(
            conn,
            account=request.account,
            provider=PROVIDER,
            space=request.bucket,
            key=request.key,
            content_type=content_type,
            attrs={SINGLE: True},
        )

    upload = await service.catalog.write(begin)
    try:
        stored = await service.uploads.receive(
            upload, 1, body, digests=DIGESTS, expect=expect, limit=wire.MAX_PART, then=store
        )
    except BaseException:
        with suppress(UploadGone):
            await service.catalog.write(lambda conn: service.uploads.abort(conn, upload.id))
        raise
    assert isinstance(stored, StoredObject)
    return Answer(200, {"etag": wire.quoted(stored.etag), **checksum(stored.blob)})


@dataclass(frozen=True, slots=True)
class Content:
    """The answer to GET or HEAD of an object."""

    objects: Objects
    found: StoredObject

    async def send(self, request: Request, send: Send) -> None:
        """Send the object, or the range that is asked for; a range behind its end is refused in XML."""
        out_of_range = False

        async def passed(message: Any) -> None:
            nonlocal out_of_range
            if message["type"] == "http.response.start":
                out_of_range = message["status"] == 416
                named = [(spelled(name), value) for name, value in message["headers"]]
                message = {**message, "headers": named}
            if not out_of_range:
                await send(message)

        kept = self.found.attrs.get("headers", {})
        headers = {**kept, **checksum(self.found.blob), **common(request)}
        try:
            await self.objects.respond(request.scope, passed, self.found, headers)
        except BlobGone:
            await fault(request, Refused("NoSuchKey", "the object was removed")).send(request, send)
        if out_of_range:
            refused = Refused("InvalidRange", "the range begins behind the end of the object")
            await fault(request, refused).send(request, send)


async def read(cos: Cos, request: Request, body: Body) -> Reply:
    """Answer GET or HEAD with an object."""
    objects = cos.service.objects
    found = await cos.service.catalog.read(
        lambda conn: objects.get(conn, PROVIDER, request.bucket, request.key)
    )
    if found is None:
        raise Refused("NoSuchKey", "there is no object of this key")
    if request.account and found.account != request.account:
        raise Refused("AccessDenied", "the object belongs to another account")
    return Content(objects, found)


async def refuse(cos: Cos, request: Request, body: Body) -> Reply:
    """Answer everything that no operation is there for."""
    raise Refused("MethodNotAllowed", "this operation is not served here")


async def delete(cos: Cos, request: Request, body: Body) -> Reply:
    """Forget an object; one that is not there counts as forgotten."""

    def forget(conn: Connection) -> None:
        must_be_writable(conn, request)
        if own(cos, conn, request) is not None:
            cos.service.objects.delete(conn, PROVIDER, request.bucket, request.key)

    await cos.service.catalog.write(forget)
    return Answer(204)
