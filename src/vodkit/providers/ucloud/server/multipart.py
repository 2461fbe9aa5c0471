"""Multipart uploads: open, send or copy parts, list, finish, abort (ucloud.md §4.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from vodkit.server.contract import Incoming, StoredPart, Upload
from vodkit.server.incoming import Body

from .. import wire
from ..errors import BAD_REQUEST, OBJECT_MISSING, PROVIDER
from . import store
from .admit import Caller, Right, admit
from .answer import Answer, Refused, Reply, json_answer
from .objects import content_md5, made, source_of
from .request import Request
from .store import DIGESTS, SINGLE, Facts, Kept, check_key, facts_of

if TYPE_CHECKING:
    from .room import Room

MAX_FINISH = 4 << 20
"""Most bytes of a finish list: more than 100,000 ETags."""

MAX_PAGE = 1000
_TYPE = "type"
"""Holds, in an upload's facts, the MIME type: the official client sends it with the parts only."""


async def initiate(room: Room, request: Request, body: Body) -> Reply:
    """InitiateMultipartUpload."""
    caller = await admit(room.service, request, Right.WRITE)
    facts, key = facts_of(request), check_key(request.key)

    def begin(conn: Connection) -> Upload:
        # How long the object will be is not said; where nothing more fits, nothing needs to be sent.
        room.service.quota.check(conn, caller.space.account, 1)
        return room.service.uploads.create(
            conn,
            account=caller.space.account,
            provider=PROVIDER,
            space=caller.space.name,
            key=key,
            content_type=facts.content_type,
            attrs=facts.attrs(),
        )

    upload = await room.service.catalog.write(begin)
    return json_answer(
        {"UploadId": upload.id, "BlkSize": wire.BLOCK, "Bucket": caller.space.name, "Key": key}
    )


async def upload_part(room: Room, request: Request, body: Body) -> Reply:
    """UploadPart, or with a copy source UploadPartCopy; a part sent again replaces the earlier."""
    caller = await admit(room.service, request, Right.WRITE)
    number, md5 = request.part_number, content_md5(request.headers)
    upload = await room.service.catalog.read(lambda conn: _open(room, conn, caller, request))
    source: Incoming = body
    headers: dict[str, str] = {}
    kind = store.check_type(request.headers.get("content-type", ""))
    if wire.COPY_SOURCE in request.headers:
        source, headers, kind = await _copied(room, request, caller)

    def then(conn: Connection, part: StoredPart) -> StoredPart:
        if number == 0 and kind:
            fresh = room.service.uploads.get(conn, upload.id)
            if fresh is not None and fresh.attrs.get(_TYPE) != kind:
                room.service.uploads.touch(conn, upload.id, attrs={**fresh.attrs, _TYPE: kind})
        return part

    part = await room.service.uploads.receive(
        upload,
        number,
        source,
        offset=number * wire.BLOCK,
        digests=DIGESTS,
        expect={"md5": md5} if md5 else None,
        limit=wire.BLOCK,
        then=then,
    )
    assert isinstance(part, StoredPart)
    etag = wire.quoted(wire.part_etag(part.digests["sha1"]))
    return json_answer({"PartNumber": number}, {"etag": etag, **headers})


class _Copied:
    """A range of an object, as the body of a part."""

    def __init__(self, pieces: AsyncIterator[bytes], length: int) -> None:
        self._pieces = pieces
        self.length: int | None = length

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._pieces)

    async def read(self, limit: int) -> bytes:
        """Not for copies, which are streamed."""
        raise NotImplementedError


async def _copied(room: Room, request: Request, caller: Caller) -> tuple[_Copied, dict[str, str], str]:
    found = await source_of(room, request, caller)
    size = found.blob.size
    text = request.headers.get(wire.COPY_RANGE, f"bytes=0-{size - 1}")
    span = wire.range_of(text, size)
    if span is None or span[1] - span[0] >= wire.BLOCK:
        raise Refused(419, BAD_REQUEST, "the range is not within the source, or longer than a part")
    length = span[1] - span[0] + 1
    pieces = room.service.objects.stream(found.blob, span[0], length)
    headers = {"content-range": f"bytes {span[0]}-{span[1]}/{size}"}
    return _Copied(pieces, length), headers, found.content_type


async def finish(room: Room, request: Request, body: Body) -> Reply:
    """FinishMultipartUpload: the object is always made in the order of the part numbers."""
    caller = await admit(room.service, request, Right.WRITE)
    listed = wire.read_etags(await body.read(MAX_FINISH))
    lenient = bool(caller.account.attrs.get("lenient_finish", True))
    service = room.service

    def make(conn: Connection) -> Kept:
        upload = _open(room, conn, caller, request)
        parts = service.uploads.parts(conn, upload.id)
        _check_list(listed, parts, lenient=lenient)
        taken = service.objects.get(conn, PROVIDER, upload.space, upload.key)
        key = upload.key
        if taken is not None and (new := request.param("newKey", "newObject")):
            key = check_key(new)
            taken = service.objects.get(conn, PROVIDER, upload.space, key)
        store.check_replacing(caller, taken)
        blob = service.uploads.complete(conn, upload.id, [part.number for part in parts])
        etag = wire.whole_etag(blob.size, [part.digests["sha1"] for part in parts])
        return store.keep(conn, service, caller, key, blob, etag, _facts(request, upload))

    kept = await service.catalog.write(make)
    stored = kept.stored
    told = {"Bucket": stored.space, "Key": stored.key, "FileSize": stored.blob.size}
    return await made(room, caller, kept, told)


def _facts(request: Request, upload: Upload) -> Facts:
    """What is kept with the object: as said when it was opened, unless the finish replaces it."""
    given = store.metadata_of(request)
    replaces = request.headers.get(wire.DIRECTIVE, "UNCHANGED").upper() == "REPLACE"
    meta = given if replaces else {**upload.attrs.get("meta", {}), **given}
    kind = upload.attrs.get(_TYPE) or upload.content_type
    return Facts(kind, upload.attrs.get("class", "STANDARD"), meta)


def _check_list(listed: Sequence[str], parts: Sequence[StoredPart], *, lenient: bool) -> None:
    """Refuse a list that does not fit the parts.

    The lenient rule takes lists with empty entries and repeats, as the vendor's own client makes them when
    it resumes: what counts is that the same ETags are named and that no part number is missing.

    Raises:
        Refused: it does not fit, or a part in the middle is not a whole block.
    """
    stored = [wire.part_etag(part.digests["sha1"]) for part in parts]
    fits = list(listed) == stored or (lenient and {etag for etag in listed if etag} == set(stored))
    if not fits or [part.number for part in parts] != list(range(len(parts))):
        raise Refused(400, BAD_REQUEST, "invalid etag count")
    if any(part.size != wire.BLOCK for part in parts[:-1]) or any(not part.size for part in parts[1:]):
        raise Refused(400, BAD_REQUEST, "a part in the middle is not exactly BlkSize long")


async def abort(room: Room, request: Request, body: Body) -> Reply:
    """AbortMultipartUpload."""
    caller = await admit(room.service, request, Right.WRITE)

    def drop(conn: Connection) -> None:
        room.service.uploads.abort(conn, _open(room, conn, caller, request).id)

    await room.service.catalog.write(drop)
    return Answer(200)


async def list_parts(room: Room, request: Request, body: Body) -> Reply:
    """ListParts: those with a number above the marker."""
    caller = await admit(room.service, request, Right.LIST)
    limit = request.number("max-parts", MAX_PAGE, 1, MAX_PAGE)
    # Without a marker the list begins at part 0, which no marker could come before.
    marker = request.number("part-number-marker", -1, 0, 1 << 30)

    def look(conn: Connection) -> tuple[Upload, list[StoredPart]]:
        upload = _named(room, conn, caller, request.upload_id)
        return upload, room.service.uploads.parts(conn, upload.id, after=marker, limit=limit + 1)

    upload, found = await room.service.catalog.read(look)
    shown = found[:limit]
    return json_answer(
        {
            "UploadId": upload.id,
            "Bucket": upload.space,
            "Key": upload.key,
            "MaxParts": limit,
            "IsTruncated": len(found) > limit,
            "NextPartNumberMarker": shown[-1].number if shown else max(marker, 0),
            "Parts": [
                {
                    "PartNum": part.number,
                    "Etag": wire.part_etag(part.digests["sha1"]),
                    "Size": part.size,
                    "LastModified": int(part.received),
                }
                for part in shown
            ],
        }
    )


async def list_uploads(room: Room, request: Request, body: Body) -> Reply:
    """GetMultiUploadId: open uploads by key, then by id."""
    caller = await admit(room.service, request, Right.LIST)
    limit = request.number("limit", 20, 1, MAX_PAGE)
    after = (request.param("marker"), request.param("upload-id-marker"))
    prefix = request.param("prefix")

    def look(conn: Connection) -> list[Upload]:
        found: list[Upload] = []
        place = after if after[1] else (after[0], "\U0010ffff" if after[0] else "")
        while len(found) <= limit:
            batch = room.service.uploads.find(
                conn, PROVIDER, caller.space.name, prefix, after=place, limit=MAX_PAGE
            )
            found += [upload for upload in batch if SINGLE not in upload.attrs]
            if len(batch) < MAX_PAGE:
                break
            place = (batch[-1].key, batch[-1].id)
        return found

    found = await room.service.catalog.read(look)
    shown, truncated = found[:limit], len(found) > limit
    return json_answer(
        {
            "Bucket": caller.space.name,
            "NextMarker": shown[-1].key if truncated else "",
            "UploadIdMarker": shown[-1].id if truncated else "",
            "IsTruncated": truncated,
            "DataSet": [
                {
                    "UploadId": upload.id,
                    "FileName": upload.key,
                    "StartTime": int(upload.created),
                    "StorageClass": upload.attrs.get("class", "STANDARD"),
                }
                for upload in shown
            ],
        }
    )


def _open(room: Room, conn: Connection, caller: Caller, request: Request) -> Upload:
    """The open upload that the request names, of its key."""
    upload = _named(room, conn, caller, request.upload_id)
    if upload.key != request.key:
        raise Refused(404, OBJECT_MISSING, "upload id not exist")
    return upload


def _named(room: Room, conn: Connection, caller: Caller, id: str) -> Upload:
    upload = room.service.uploads.get(conn, id)
    if (
        upload is None
        or upload.state != "open"
        or (upload.provider, upload.space) != (PROVIDER, caller.space.name)
        or SINGLE in upload.attrs
    ):
        raise Refused(404, OBJECT_MISSING, "upload id not exist")
    return upload
