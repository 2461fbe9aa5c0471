"""Multipart uploads: open, list, send parts, complete, abort (tencent.md §C.3, §C.4)."""

from __future__ import annotations

from hashlib import md5
from itertools import pairwise
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from vodkit.server.contract import StoredObject, StoredPart, Upload
from vodkit.server.errors import TooLarge
from vodkit.server.incoming import Body

from .. import wire
from ..errors import PROVIDER
from ..sign import Refused
from .answer import Answer, Reply, xml
from .objects import DIGESTS, SINGLE, check_length, checksum, expected_md5, facts_of, must_be_writable, own
from .request import Request

if TYPE_CHECKING:
    from . import Cos

_UPLOAD = "upload"
"""Holds, in an object's facts, the id of the upload that it was made of."""

_BATCH = 1000


async def initiate(cos: Cos, request: Request, body: Body) -> Reply:
    """Open an upload."""
    content_type, attrs = facts_of(request)

    def create(conn: Connection) -> Upload:
        must_be_writable(conn, request)
        own(cos, conn, request)
        return cos.service.uploads.create(
            conn,
            account=request.account,
            provider=PROVIDER,
            space=request.bucket,
            key=request.key,
            content_type=content_type,
            attrs=attrs,
        )

    upload = await cos.service.catalog.write(create)
    return xml(wire.write_initiated(request.bucket, request.key, upload.id))


async def upload_part(cos: Cos, request: Request, body: Body) -> Reply:
    """Store a part; one sent again replaces the earlier."""
    number = request.number("partnumber", 0, 0, wire.MAX_PARTS + 1)
    if not 1 <= number <= wire.MAX_PARTS:
        raise Refused("InvalidArgument", f"partNumber must be from 1 to {wire.MAX_PARTS}")
    check_length(request, body)
    expect = expected_md5(request)

    def look(conn: Connection) -> Upload:
        must_be_writable(conn, request)
        return _open(cos, conn, request)

    upload = await cos.service.catalog.read(look)
    part = await cos.service.uploads.receive(
        upload, number, body, digests=DIGESTS, expect=expect, limit=wire.MAX_PART
    )
    assert isinstance(part, StoredPart)
    return Answer(
        200,
        {
            "etag": wire.quoted(part.digests["md5"]),
            wire.CRC64: wire.crc64_text(part.digests["crc64"]),
        },
    )


async def list_parts(cos: Cos, request: Request, body: Body) -> Reply:
    """One page of the parts that an upload has."""
    limit = request.number("max-parts", wire.MAX_PAGE, 1, wire.MAX_PAGE)
    marker = request.number("part-number-marker", 0, 0, wire.MAX_PARTS)

    def look(conn: Connection) -> list[StoredPart]:
        upload = _open(cos, conn, request)
        return cos.service.uploads.parts(conn, upload.id, after=marker, limit=limit + 1)

    found = await cos.service.catalog.read(look)
    shown = found[:limit]
    page = wire.PartList(
        bucket=request.bucket,
        key=request.key,
        upload_id=request.param("uploadid"),
        parts=tuple(
            wire.PartEntry(part.number, part.digests["md5"], part.size, part.received) for part in shown
        ),
        marker=marker,
        next_marker=shown[-1].number if shown else marker,
        max_parts=limit,
        truncated=len(found) > limit,
        encoding=_encoding(request),
        owner=request.account,
    )
    return xml(wire.write_parts(page))


async def list_uploads(cos: Cos, request: Request, body: Body) -> Reply:
    """One page of the caller's open uploads in a bucket."""
    limit = request.number("max-uploads", wire.MAX_PAGE, 1, wire.MAX_PAGE)
    page = await cos.service.catalog.read(lambda conn: _page(cos, conn, request, limit))
    return xml(wire.write_uploads(page))


async def complete(cos: Cos, request: Request, body: Body) -> Reply:
    """Make the object; repeated after a lost answer it says the same again."""
    expect = expected_md5(request)
    try:
        data = await body.read(wire.MAX_XML)
    except TooLarge:
        raise Refused("EntityTooLarge", f"the document has more than {wire.MAX_XML} bytes") from None
    if expect and md5(data, usedforsecurity=False).hexdigest() != expect["md5"]:
        raise Refused("BadDigest", "the body does not have the MD5 that Content-MD5 gives")
    try:
        wanted = wire.read_completion(data)
    except wire.BadDocument as problem:
        raise Refused("MalformedXML", str(problem)) from None
    numbers = [number for number, _ in wanted]
    if any(second <= first for first, second in pairwise(numbers)):
        raise Refused("InvalidPartOrder", "the parts must be in ascending order of their numbers")
    etag = wire.multipart_etag([etag.lower() for _, etag in wanted])
    upload_id = request.param("uploadid")

    def make(conn: Connection) -> StoredObject:
        present = own(cos, conn, request)
        if present is not None and present.attrs.get(_UPLOAD) == upload_id and present.etag == etag:
            return present
        must_be_writable(conn, request)
        upload = _open(cos, conn, request)
        _check_parts(request.access.min_part, wanted, cos.service.uploads.parts(conn, upload.id))
        return cos.service.objects.put(
            conn,
            account=request.account,
            provider=PROVIDER,
            space=request.bucket,
            key=request.key,
            blob=cos.service.uploads.complete(conn, upload.id, numbers),
            content_type=upload.content_type,
            etag=etag,
            attrs={**upload.attrs, _UPLOAD: upload.id},
        )

    stored = await cos.service.catalog.write(make)
    location = f"{request.scope['scheme']}://{request.headers.get('host', '')}{wire.encode_path(request.key)}"
    done = wire.Completed(location, request.bucket, request.key, stored.etag)
    return xml(wire.write_completed(done), checksum(stored.blob))


async def abort(cos: Cos, request: Request, body: Body) -> Reply:
    """Drop an upload."""

    def drop(conn: Connection) -> None:
        cos.service.uploads.abort(conn, _open(cos, conn, request).id)

    await cos.service.catalog.write(drop)
    return Answer(204)


def _open(cos: Cos, conn: Connection, request: Request) -> Upload:
    """The open upload that the request names: of this key, and the caller's own."""
    upload = cos.service.uploads.get(conn, request.param("uploadid"))
    if (
        upload is None
        or upload.state != "open"
        or (upload.provider, upload.space, upload.key) != (PROVIDER, request.bucket, request.key)
        or upload.account != request.account
        or SINGLE in upload.attrs
    ):
        raise Refused("NoSuchUpload", "there is no open multipart upload of this id and key")
    return upload


def _check_parts(min_part: int, wanted: list[tuple[int, str]], stored: list[StoredPart]) -> None:
    parts = {part.number: part for part in stored}
    for number, etag in wanted:
        part = parts.get(number)
        if part is None or part.digests["md5"] != etag.lower():
            raise Refused("InvalidPart", f"part {number} was not received, or its ETag is another one")
    for number, _ in wanted[:-1]:
        if parts[number].size < min_part:
            raise Refused(
                "EntityTooSmall", f"part {number} has fewer than {min_part} bytes and is not the last"
            )


def _encoding(request: Request) -> str:
    encoding = request.param("encoding-type")
    if encoding not in ("", "url"):
        raise Refused("InvalidArgument", "encoding-type must be url")
    return encoding


def _page(cos: Cos, conn: Connection, request: Request, limit: int) -> wire.UploadList:
    """Entries and common prefixes behind the markers, up to ``limit`` of both together."""
    prefix, delimiter = request.param("prefix"), request.param("delimiter")
    key_marker = request.param("key-marker")
    id_marker = request.param("upload-id-marker") if key_marker else ""
    shown: list[wire.Pending] = []
    groups: list[str] = []
    in_group = delimiter and not id_marker and len(key_marker) > len(prefix)
    group = key_marker if in_group and key_marker.endswith(delimiter) else ""
    last = after = (key_marker, id_marker)
    truncated = False
    while not truncated:
        batch = cos.service.uploads.find(conn, PROVIDER, request.bucket, prefix, after=after, limit=_BATCH)
        for upload in batch:
            after = (upload.key, upload.id)
            passed = (group and upload.key.startswith(group)) or (
                key_marker and not id_marker and upload.key <= key_marker
            )
            if passed or upload.account != request.account or SINGLE in upload.attrs:
                continue
            if len(shown) + len(groups) == limit:
                truncated = True
                break
            cut = upload.key.find(delimiter, len(prefix)) if delimiter else -1
            if cut >= 0:
                group = upload.key[: cut + len(delimiter)]
                groups.append(group)
                last = (group, "")
            else:
                shown.append(_entry(upload))
                last = after
        if len(batch) < _BATCH:
            break
    return wire.UploadList(
        bucket=request.bucket,
        uploads=tuple(shown),
        prefix=prefix,
        delimiter=delimiter,
        key_marker=key_marker,
        upload_id_marker=id_marker,
        next_key_marker=last[0] if truncated else "",
        next_upload_id_marker=last[1] if truncated else "",
        max_uploads=limit,
        truncated=truncated,
        common_prefixes=tuple(groups),
        encoding=_encoding(request),
    )


def _entry(upload: Upload) -> wire.Pending:
    headers = upload.attrs.get("headers", {})
    return wire.Pending(
        key=upload.key,
        upload_id=upload.id,
        initiated=upload.created,
        owner=upload.account,
        storage_class=headers.get("x-cos-storage-class", "STANDARD"),
    )
