"""The media of objects: what is made of them, and what is told about that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.content_types import content_type as type_of_name
from vodkit.server.contract import MediaQuery, MediaRecord, Service, StoredObject
from vodkit.server.names import new_id
from vodkit.server.processing import Address
from vodkit.server.telling import Links, errors_of, told

from ..errors import PROVIDER
from .spaces import Space

LINK_LIFE = 3600.0
"""Seconds that links are good for which the owner of a private object is told."""

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
    return record


def lock(conn: Connection, service: Service, space: str, key: str) -> None:
    """Lock the media of a key before its object changes: whoever deletes a media locks it first, too."""
    service.media.get(conn, PROVIDER, f"{space}/{key}", lock=True)


def tell_uploaded(
    conn: Connection,
    service: Service,
    record: MediaRecord,
    stored: StoredObject,
    deliver: Sequence[Address] = (),
) -> str:
    """Record that an object was uploaded, in the commit that publishes it; the event's id."""
    return service.events.add(
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
        deliver=deliver,
    )


def refresh(conn: Connection, service: Service, stored: StoredObject, *, of: str = "") -> MediaRecord:
    """Bring the media of an object up to date whose bytes are as they were.

    Args:
        of: The object's key before, if it has another one now.
    """
    found = service.media.get(conn, PROVIDER, f"{stored.space}/{of or stored.key}", lock=True)
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
    service.events.add(
        conn,
        type="media.deleted",
        provider=PROVIDER,
        account=found.account,
        media=found,
        payload={"bucket": stored.space, "key": stored.key},
    )
    service.media.delete(conn, found.id)


async def told_of(
    service: Service, space: Space, objects: Sequence[StoredObject]
) -> Mapping[str, Mapping[str, Any]]:
    """What vodkit's clients are told of the media of some objects of a space, by key."""
    query = MediaQuery(PROVIDER, remote_ids={f"{stored.space}/{stored.key}" for stored in objects})

    def look(conn: Connection) -> dict[str, Mapping[str, Any]]:
        records = list(service.media.find(conn, query))
        outputs = service.outputs.of_many(conn, [record.id for record in records])
        errors = errors_of(conn, service, records)
        return {
            record.key: told(
                record,
                outputs.get(record.id, ()),
                Links(service, record, LINK_LIFE, closed=not space.public),
                error=errors.get(record.id, ""),
            )
            for record in records
        }

    return await service.catalog.read(look)


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
    for type_ in (content_type, type_of_name(key)):
        top = type_.partition("/")[0].lower()
        if top in ("video", "audio", "image"):
            return top
    return "file"


def is_ready_made(content_type: str, key: str) -> bool:
    """Whether an object is a manifest or a segment of streams, which are served as they are."""
    return _is_any(_MANIFESTS + _SEGMENTS, content_type, key)


def _is_any(kinds: tuple[str, ...], content_type: str, key: str) -> bool:
    return any(kind in type_.lower() for type_ in (content_type, type_of_name(key)) for kind in kinds)
