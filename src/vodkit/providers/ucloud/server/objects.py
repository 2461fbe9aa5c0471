"""Operations on whole objects (ucloud.md §4)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import Connection, Select, and_, case, select

from vodkit.core.contract import CRC64_HEADER, MEDIA_HEADER, PLAY_URL_HEADER
from vodkit.server.catalog.tables import objects as object_rows
from vodkit.server.contract import Objects, Scope, Send, StoredObject
from vodkit.server.errors import BlobGone
from vodkit.server.incoming import Body
from vodkit.server.processing import OUTPUTS

from .. import wire
from ..errors import (
    BAD_REQUEST,
    BAD_SIGNATURE,
    BUCKET_MISSING,
    CALLBACK_FAILED,
    CLASS_REFUSED,
    OBJECT_MISSING,
    PROVIDER,
)
from . import media, spaces, store
from .admit import Caller, Right, admit
from .answer import JSON, Answer, Refused, Reply, fault, json_answer
from .form import Form, boundary_of
from .request import Request
from .store import Facts, Kept, check_key, check_replacing, facts_of

if TYPE_CHECKING:
    from .room import Room

RESTORED_FOR = 86400
"""Seconds that a restored object stays readable."""

_HEX_MD5 = re.compile(r"[0-9a-fA-F]{32}")


def missing() -> Refused:
    """What there is to say about a key that holds nothing."""
    return Refused(404, OBJECT_MISSING, "file not exist")


async def made(room: Room, caller: Caller, kept: Kept, told: Mapping[str, Any] | None = None) -> Reply:
    """The answer to what made an object: ``told``, or what the upload policy's callback answers (§2.5).

    Raises:
        Refused: the callback failed. The object is there all the same, and the callback is tried again.
    """
    stored = kept.stored
    headers = {"etag": wire.quoted(stored.etag), **await _media_headers(room, caller, stored)}
    if kept.callback is not None:
        answered = await room.service.deliveries.attempt(kept.callback)
        if not answered.done:
            text = f"the object is stored, but its callback failed and is tried again: {answered.error}"
            raise Refused(502, CALLBACK_FAILED, text)
        return Answer(200, {"content-type": JSON, **headers}, answered.answer)
    return Answer(200, headers) if told is None else json_answer(told, headers)


async def _media_headers(room: Room, caller: Caller, stored: StoredObject) -> dict[str, str]:
    """The headers that tell of an object's media; this service's addition."""
    told = await media.told_of(room.service, caller.space, [stored])
    return {
        PLAY_URL_HEADER: play_url(room, stored.space, stored.key, public=caller.space.public),
        MEDIA_HEADER: json.dumps(told.get(stored.key, {})),
    }


def play_url(room: Room, space: str, key: str, *, public: bool) -> str:
    """Where an object plays; by a signed link where not everybody may have it."""
    url = room.service.play_url(PROVIDER, space, key)
    plain = public and not room.service.settings.signed_playback
    return url if plain else room.service.sign_url(url, media.LINK_LIFE)


def content_md5(headers: Mapping[str, str]) -> str:
    """The hex MD5 that a request announces, or ``""``.

    Raises:
        Refused: it is malformed.
    """
    md5 = headers.get("content-md5", "")
    if md5 and not _HEX_MD5.fullmatch(md5):
        raise Refused(400, BAD_REQUEST, "Content-MD5 must be 32 hexadecimal digits")
    return md5.lower()


async def put(room: Room, request: Request, body: Body) -> Reply:
    """PutFile; with a copy source, Copy."""
    if wire.COPY_SOURCE in request.headers:
        return await _copy(room, request)
    caller = await admit(room.service, request, Right.WRITE)
    facts, md5 = facts_of(request), content_md5(request.headers)
    if body.length is not None and body.length > wire.MAX_PUT:
        raise Refused(413, BAD_REQUEST, f"more than {wire.MAX_PUT} bytes: send it in parts")
    kept = await store.put_stream(
        room.service, caller, request.key, aiter(body), facts, md5=md5, length=body.length
    )
    return await made(room, caller, kept)


async def post(room: Room, request: Request, body: Body) -> Reply:
    """PostFile: a form with the key, the signature and the file; the file's own MIME type is signed."""
    boundary = boundary_of(request.headers.get("content-type", ""))
    if boundary is None:
        raise Refused(400, BAD_REQUEST, "the form has no boundary")
    form = Form(body, boundary)
    file = await form.read_fields()
    fields = {name.lower(): value for name, value in form.fields.items()}
    key = fields.get("filename") or fields.get("objectname") or ""
    kind = fields.get("content-type") or file.content_type
    sent = {
        name: value
        for name, value in fields.items()
        if name in ("content-md5", wire.STORAGE_CLASS) or name.startswith(wire.META)
    }
    inner = replace(
        request,
        pairs=(*request.pairs, *sent.items()),
        headers={**request.headers, **sent},
    )
    caller = await admit(
        room.service,
        inner,
        Right.WRITE,
        key=key,
        content_type=kind,
        authorization=fields.get("authorization", ""),
    )
    kept = await store.put_stream(
        room.service, caller, key, form.content(), facts_of(inner, kind), md5=content_md5(inner.headers)
    )
    return await made(room, caller, kept)


def same_content(account: str, etag: str, space: str, key: str) -> Select[tuple[str, str]]:
    """Space and key of an object of an account that has this ETag: that of this space and key, if it has."""
    same = and_(
        object_rows.c.provider == PROVIDER,
        object_rows.c.account == account,
        object_rows.c.space != OUTPUTS,
        object_rows.c.etag == etag,
    )
    # Where the key itself has the content, nothing changes.
    itself = and_(object_rows.c.space == space, object_rows.c.key == key)
    query = select(object_rows.c.space, object_rows.c.key).where(same)
    return query.order_by(case((itself, 0), else_=1)).limit(1)


async def hit(room: Room, request: Request, body: Body) -> Reply:
    """UploadHit: only content that the same account holds counts, or it would tell who has what."""
    key = request.param("FileName")
    caller = await admit(room.service, request, Right.WRITE, key=key)
    etag, size = request.param("Hash"), request.number("FileSize", 0, 0, wire.MAX_OBJECT)
    check_key(key)
    service, facts = room.service, facts_of(request)

    def look(conn: Connection) -> tuple[str, str] | None:
        row = conn.execute(same_content(caller.space.account, etag, caller.space.name, key)).first()
        return (row.space, row.key) if row else None

    place = await service.catalog.read(look)
    if place is None:
        raise missing()

    def take(conn: Connection) -> Kept:
        found = service.objects.get(conn, PROVIDER, *place)
        if found is None or (found.etag, found.blob.size) != (etag, size):
            raise missing()
        return store.duplicate(conn, service, caller, key, found, facts)

    return await made(room, caller, await service.catalog.write(take))


@dataclass(frozen=True, slots=True)
class Content:
    """The answer to GET or HEAD of an object."""

    objects: Objects
    found: StoredObject
    headers: Mapping[str, str]

    async def send(self, scope: Scope, send: Send) -> None:
        """Send the object, or the range that is asked for; what is not sent is refused in JSON."""
        out_of_range = False

        async def passed(message: Any) -> None:
            nonlocal out_of_range
            if message["type"] == "http.response.start":
                out_of_range = message["status"] == 416
            if not out_of_range:
                await send(message)

        try:
            await self.objects.respond(scope, passed, self.found, self.headers, content_range_on_416=False)
        except BlobGone:
            await fault(missing()).send(scope, send)
        if out_of_range:
            refused = Refused(416, BAD_REQUEST, "the range begins behind the end of the object")
            await fault(refused).send(scope, send)


async def read(room: Room, request: Request, body: Body) -> Reply:
    """GetFile and HeadFile."""
    caller = await admit(room.service, request, Right.READ)
    found = await _existing(room, caller, request.key)
    head = request.method == "HEAD"
    if not head and not _readable(found, room.service.now()):
        raise Refused(403, CLASS_REFUSED, "the object is archived; restore it first")
    headers = {**found.attrs.get("meta", {}), wire.STORAGE_CLASS: found.attrs.get("class", "STANDARD")}
    if crc64 := found.blob.digests.get("crc64"):
        headers[CRC64_HEADER] = crc64
    if head:
        headers |= await _media_headers(room, caller, found)
    if found.attrs.get("class") == "ARCHIVE":
        restored = _readable(found, room.service.now())
        headers[wire.RESTORE] = "restored" if restored else "frozen"
    if request.params.get("ufileattname"):
        name = quote(request.params["ufileattname"], safe="")
        headers["content-disposition"] = f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    return Content(room.service.objects, found, headers)


async def delete(room: Room, request: Request, body: Body) -> Reply:
    """DeleteFile."""
    caller = await admit(room.service, request, Right.DELETE)

    def forget(conn: Connection) -> None:
        found = room.service.objects.get(conn, PROVIDER, caller.space.name, request.key)
        if found is None:
            raise missing()
        store.forget(conn, room.service, found)

    await room.service.catalog.write(forget)
    return Answer(204)


async def _copy(room: Room, request: Request) -> Reply:
    """Copy: the same bytes under another key, in whichever of the account's spaces."""
    caller = await admit(room.service, request, Right.WRITE)
    source = await source_of(room, request, caller)
    replaces = request.headers.get(wire.DIRECTIVE, "COPY").upper() == "REPLACE"
    kind = store.check_type(request.headers.get("content-type", "")) if replaces else ""
    facts = Facts(
        kind or source.content_type,
        request.headers.get(wire.STORAGE_CLASS, "STANDARD").upper(),
        store.metadata_of(request) if replaces else source.attrs.get("meta", {}),
    )
    if facts.storage_class not in wire.STORAGE_CLASSES:
        raise Refused(400, BAD_REQUEST, f"there is no storage class {facts.storage_class}")
    service, key = room.service, check_key(request.key)

    def copy(conn: Connection) -> Kept:
        found = service.objects.get(conn, PROVIDER, source.space, source.key)
        if found is None:
            raise missing()
        return store.duplicate(conn, service, caller, key, found, facts)

    return await made(room, caller, await service.catalog.write(copy))


async def source_of(room: Room, request: Request, caller: Caller) -> StoredObject:
    """The object that a copy takes from, if the caller may read it.

    Raises:
        Refused: there is none, it is somebody else's, or it is archived.
    """
    named = wire.read_source(request.headers[wire.COPY_SOURCE])
    if named is None:
        raise Refused(400, BAD_REQUEST, "X-Ufile-Copy-Source must be /bucket/key")
    space = await spaces.find(room.service, named[0])
    if space is None:
        raise Refused(400, BUCKET_MISSING, "bucket not exists")
    if space.account != caller.account.id and not space.public:
        raise Refused(403, BAD_SIGNATURE, "the source belongs to another account")
    if caller.token is not None and not caller.token.allows(
        "READ", *named, (request.scope.get("client") or ("", 0))[0], room.service.now()
    ):
        raise Refused(403, BAD_SIGNATURE, "the token does not allow reading the source")
    found = await room.service.catalog.read(lambda conn: room.service.objects.get(conn, PROVIDER, *named))
    if found is None:
        raise missing()
    if not _readable(found, room.service.now()):
        raise Refused(403, CLASS_REFUSED, "the source is archived; restore it first")
    return found


async def rename(room: Room, request: Request, body: Body) -> Reply:
    """Rename within the space; without ``force`` a key that is taken is refused."""
    caller = await admit(room.service, request, Right.WRITE)
    new, force = check_key(request.param("newFileName")), request.param("force").lower() == "true"
    service, space = room.service, caller.space.name

    def move(conn: Connection) -> None:
        found = service.objects.get(conn, PROVIDER, space, request.key)
        if found is None:
            raise missing()
        taken = service.objects.get(conn, PROVIDER, space, new)
        if new == request.key:
            return
        if taken is not None and not force:
            raise Refused(409, BAD_REQUEST, "an object has the new name already")
        check_replacing(caller, taken)
        store.move(conn, service, found, new)

    await service.catalog.write(move)
    return Answer(200)


async def set_meta(room: Room, request: Request, body: Body) -> Reply:
    """OpMeta: the MIME type is all that can be set."""
    caller = await admit(room.service, request, Right.WRITE)
    try:
        asked = wire.loads(await body.read(wire.MAX_META))
    except wire.BadAnswer as problem:
        raise Refused(400, BAD_REQUEST, f"the body cannot be read: {problem}") from None
    kind = asked.get("metav")
    if asked.get("op") != "set" or asked.get("metak") != "mimetype" or not isinstance(kind, str):
        raise Refused(400, BAD_REQUEST, "only op set of metak mimetype is known")
    store.check_type(kind)
    await _changed(room, caller, request.key, lambda found: {"content_type": kind})
    return Answer(200)


async def restore(room: Room, request: Request, body: Body) -> Reply:
    """Restore: an archived object is readable at once, for a day."""
    caller = await admit(room.service, request, Right.IOP)
    until = room.service.now() + RESTORED_FOR
    await _changed(room, caller, request.key, lambda found: {"attrs": {**found.attrs, "restored": until}})
    return Answer(200)


async def set_class(room: Room, request: Request, body: Body) -> Reply:
    """ClassSwitch; out of the archive only after a restore."""
    caller = await admit(room.service, request, Right.IOP)
    wanted = request.param("storageClass").upper()
    if wanted not in wire.STORAGE_CLASSES:
        raise Refused(400, BAD_REQUEST, f"there is no storage class {wanted}")

    def changes(found: StoredObject) -> dict[str, Any]:
        if not _readable(found, room.service.now()) or found.attrs.get("class") == wanted == "ARCHIVE":
            raise Refused(403, CLASS_REFUSED, "switch class not allowed")
        kept = {name: value for name, value in found.attrs.items() if name != "restored"}
        return {"attrs": {**kept, "class": wanted}}

    await _changed(room, caller, request.key, changes)
    return Answer(200)


async def _changed(room: Room, caller: Caller, key: str, changes: Any) -> None:
    def change(conn: Connection) -> None:
        found = room.service.objects.get(conn, PROVIDER, caller.space.name, key)
        if found is None:
            raise missing()
        store.rewrite(conn, room.service, found, **changes(found))

    await room.service.catalog.write(change)


async def _existing(room: Room, caller: Caller, key: str) -> StoredObject:
    found = await room.service.catalog.read(
        lambda conn: room.service.objects.get(conn, PROVIDER, caller.space.name, key)
    )
    if found is None:
        raise missing()
    return found


def _readable(found: StoredObject, now: float) -> bool:
    return found.attrs.get("class") != "ARCHIVE" or found.attrs.get("restored", 0) > now
