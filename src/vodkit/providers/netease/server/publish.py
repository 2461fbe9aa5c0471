"""From stored bytes to a media: the step that the vendor's nodes ask the VOD host for (netease.md §6.8).

The id is allotted in one commit with the media, its object and its event. A step that fails leaves the bytes
and the context as they are; the next block that is sent again, or the next query, does it once more.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.contract import Blob, MediaRecord, Service
from vodkit.server.errors import UploadGone
from vodkit.server.media.procedure import Clip, Procedure
from vodkit.server.names import new_id
from vodkit.server.telling import Links

from .. import wire
from ..errors import PROVIDER
from . import callbacks, contexts, transcoding
from .answer import NodeError
from .contexts import DONE, Context, Object
from .media import blocked, unblocked


async def publish(service: Service, context: Context) -> Mapping[str, Any]:
    """Publish what a context has stored; what the publishing step answers.

    Raises:
        NodeError: the bytes are not those that the client announced (400), or the object is gone (403).
        Exception: the step failed and may be tried again.
    """

    def commit(conn: Connection) -> Mapping[str, Any]:
        # Blocks lock the upload first and then the context, and so does this.
        with contextlib.suppress(UploadGone):
            service.uploads.touch(conn, context.upload)
        found = contexts.find(conn, context.id, service.now(), lock=True)
        if found is None:
            raise NodeError(404, "ContextNotFound", "the upload is over")
        return found.answer if found.state == DONE else _commit(conn, service, found)

    try:
        upload = await service.catalog.read(lambda conn: service.uploads.get(conn, context.upload))
        if upload is None:
            raise NodeError(404, "ContextNotFound", "the upload is over")
        # Few clients say what the whole must be, and small files only: nobody else pays for an MD5.
        md5 = await service.uploads.whole_md5(upload) if context.md5 else ""
    except UploadGone:
        # Somebody else has published it in the meantime.
        md5 = context.md5
    if md5 != context.md5:
        await service.catalog.write(lambda conn: contexts.drop(conn, service, context))
        raise NodeError(400, "BadDigest", f"the MD5 of the whole is {md5}, not what Content-MD5 says")
    return await service.catalog.write(commit)


def _commit(conn: Connection, service: Service, context: Context) -> Mapping[str, Any]:
    found = contexts.find_object(conn, context.bucket, context.object, lock=True)
    if found is None:
        raise NodeError(403, "AccessDenied", "the object was deleted")
    # Who deletes a video locks it first and its object then, and so does this.
    record = _published(conn, service, found) if found.media else None
    upload = service.uploads.get(conn, context.upload)
    assert upload is not None
    blob = service.uploads.complete(conn, context.upload)
    service.objects.put(
        conn,
        account=found.account,
        provider=PROVIDER,
        space=found.bucket,
        key=found.name,
        blob=blob,
        content_type=upload.content_type,
        etag=blob.id,
    )
    vid, image = found.vid, found.image
    if record is not None:
        _replace(conn, service, found, record, blob)
    else:
        vid, image = _add(conn, service, found, blob)
    answer = wire.published(vid, image, uuid.uuid4().hex)
    contexts.change(conn, context, state=DONE, answer=answer)
    return answer


def _add(conn: Connection, service: Service, found: Object, blob: Blob) -> tuple[int | None, int | None]:
    facts, now = found.facts, service.now()
    kind = wire.kind(facts["file"])
    number = contexts.next_number(conn, "image" if kind == "image" else "vid")
    vid, image = (None, number) if kind == "image" else (number, None)
    record = MediaRecord(
        id=new_id(),
        provider=PROVIDER,
        account=found.account,
        remote_id=wire.media_id(vid, image),
        kind=kind,
        title=facts["title"] or facts["file"],
        status=_status(kind, blob),
        space=found.bucket,
        key=found.name,
        cover_key="",
        size=blob.size,
        attrs={
            "description": facts["description"],
            "type": facts["type"],
            "preset": facts["preset"],
            "user_defined": facts["user_defined"],
            "callback": facts["transcode_callback"],
            "completed": now,
        },
        created=found.created,
        updated=now,
        expires=None,
    )
    service.media.add(conn, record)
    contexts.set_published(conn, found.bucket, found.name, vid=vid, image=image, media=record.id)
    _process(conn, service, found, record)
    event = _tell(conn, service, found, record, {"vid": vid} if image is None else {"imgId": image})
    stored = service.media.by_id(conn, record.id)
    assert stored is not None
    service.media.update(conn, replace(stored, attrs={**record.attrs, "event": event}))
    return vid, image


def _published(conn: Connection, service: Service, found: Object) -> MediaRecord:
    """The media of an object that was published before; nobody else changes it before the commit."""
    record = service.media.get(conn, PROVIDER, wire.media_id(found.vid, found.image), lock=True)
    if record is None:
        raise NodeError(403, "AccessDenied", "the media was deleted")
    return record


def _replace(conn: Connection, service: Service, found: Object, record: MediaRecord, blob: Blob) -> None:
    """The object was published before and has new bytes now: the same media, with the same id."""
    changed = replace(unblocked(record), size=blob.size, updated=service.now())
    renewed = service.media.renew(conn, changed)
    _process(conn, service, found, renewed)
    if record.status == "blocked":
        now = service.media.by_id(conn, record.id)
        assert now is not None
        service.media.update(conn, blocked(now))


def _status(kind: str, blob: Blob) -> str:
    """A video without a byte is a failed one from the start (netease.md §6.4)."""
    return "failed" if kind != "image" and not blob.size else "ready"


def _process(conn: Connection, service: Service, found: Object, record: MediaRecord) -> None:
    """Ask for what is to be made of a video, in the transaction that publishes it."""
    if record.kind == "image" or not record.size:
        return
    facts = found.facts
    if facts.get("procedure"):
        procedure: Procedure | None = Procedure.from_dict(facts["procedure"])
    else:
        clip = Clip(**facts["clip"]) if facts.get("clip") else None
        procedure = transcoding.usual(conn, service, found.account, clip)
    if procedure is not None:
        transcoding.begin(
            conn, service, record, procedure, facts["transcode_callback"], facts["user_defined"]
        )


def _tell(
    conn: Connection, service: Service, found: Object, record: MediaRecord, id: Mapping[str, int | None]
) -> str:
    """Record the upload event, in the transaction that publishes (netease.md §7); its id."""
    address = Links(service, record, callbacks.LINK_LIFE).original()
    note, own = found.facts["user_defined"], found.facts["upload_callback"]
    return service.events.add(
        conn,
        type="media.uploaded",
        provider=PROVIDER,
        account=found.account,
        media=record,
        payload=wire.upload_callback(id, record.title, address, record.key, note),
        deliver=callbacks.addresses(conn, found.account, callbacks.UPLOAD, own),
    )
