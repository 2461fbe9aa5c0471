"""The media of objects: what is made of them, and what is told about that."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from vodkit.server.content_types import content_type as type_of_name
from vodkit.server.contract import MediaRecord, Service, StoredObject
from vodkit.server.names import new_id

from ..errors import PROVIDER

_MANIFESTS = ("mpegurl", "application/dash+xml")
_SEGMENTS = ("iso.segment",)


def publish(conn: Connection, service: Service, stored: StoredObject) -> MediaRecord:
    """The media of an object that has new bytes, and in the same commit what is to be made of them."""
    found = of_object(conn, service, stored)
    record = replace(_describe(service, stored, found), expires=None)
    if found is None:
        service.media.add(conn, record)
    else:
        record = service.media.renew(conn, record)
    if record.kind in ("video", "audio") and not is_ready_made(stored.content_type, stored.key):
        procedure = service.procedures.chosen(conn, record.account, "")
        if procedure is not None:
            service.tasks.process(conn, record, procedure, decides=record.status != "blocked")
    service.events.add(
        conn,
        type="media.uploaded",
        provider=PROVIDER,
        account=record.account,
        media=record,
        payload={
            "bucket": stored.space,
            "key": stored.key,
            "size": record.size,
            "etag": stored.etag,
            "content_type": stored.content_type,
        },
    )
    return record


def refresh(conn: Connection, service: Service, stored: StoredObject, *, of: str = "") -> MediaRecord:
    """Bring the media of an object up to date whose bytes are as they were.

    Args:
        of: The object's key before, if it has another one now.
    """
    found = of_object(conn, service, replace(stored, key=of or stored.key))
    if found is None:
        return publish(conn, service, stored)
    record = _describe(service, stored, found)
    service.media.update(conn, record)
    return record


def remove(conn: Connection, service: Service, stored: StoredObject) -> None:
    """Forget the media of an object, and all that was made of it."""
    found = of_object(conn, service, stored)
    if found is None:
        return
    service.media.delete(conn, found.id)
    service.events.add(
        conn,
        type="media.deleted",
        provider=PROVIDER,
        account=found.account,
        media=found,
        payload={"bucket": stored.space, "key": stored.key},
    )


def of_object(conn: Connection, service: Service, stored: StoredObject) -> MediaRecord | None:
    """The media of an object, also an expired one that no sweep has come to yet."""
    return service.media.holding(conn, PROVIDER, stored.space, stored.key)


def _describe(service: Service, stored: StoredObject, found: MediaRecord | None) -> MediaRecord:
    now = service.now()
    record = found or MediaRecord(
        id=new_id(),
        provider=PROVIDER,
        account=stored.account,
        remote_id="",
        kind="file",
        title="",
        status="ready",
        space=stored.space,
        key="",
        cover_key="",
        size=0,
        attrs={},
        created=now,
        updated=now,
        expires=None,
    )
    return replace(
        record,
        remote_id=f"{stored.space}/{stored.key}",
        kind=kind_of(stored.content_type, stored.key),
        title=stored.key.rstrip("/").rpartition("/")[2] or stored.key,
        key=stored.key,
        size=stored.blob.size,
        attrs={**record.attrs, "etag": stored.etag},
        updated=now,
    )


def kind_of(content_type: str, key: str) -> str:
    """``video``, ``audio``, ``image`` or ``file``."""
    if _is_any(_MANIFESTS, content_type, key):
        return "video"
    for told in (content_type, type_of_name(key)):
        top = told.partition("/")[0].lower()
        if top in ("video", "audio", "image"):
            return top
    return "file"


def is_ready_made(content_type: str, key: str) -> bool:
    """Whether an object is a manifest or a segment of streams, which are served as they are."""
    return _is_any(_MANIFESTS + _SEGMENTS, content_type, key)


def _is_any(kinds: tuple[str, ...], content_type: str, key: str) -> bool:
    return any(kind in told.lower() for told in (content_type, type_of_name(key)) for kind in kinds)
