"""Rows of objects and of the uploads that fill them (netease.md §6.3)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from vodkit.server.contract import Service, Upload

from ..errors import PROVIDER
from .tables import contexts, counters, objects

OPEN, WHOLE, DONE = "open", "whole", "done"

GRACE = 3600.0
"""Seconds that an upload is kept after its token has expired."""


@dataclass(frozen=True, slots=True)
class Object:
    """An object that upload/init named.

    Attributes:
        facts: What the client said at init.
        vid, image: The vendor's id, once published; never both.
        media: Our id of the media, ``""`` until then.
        expires: Of its token, seconds since the epoch.
    """

    bucket: str
    name: str
    account: str
    facts: Mapping[str, Any]
    vid: int | None
    image: int | None
    media: str
    created: float
    expires: float


@dataclass(frozen=True, slots=True)
class Context:
    """An upload as a node knows it.

    Attributes:
        id: What clients send back with every block.
        upload: The service's upload that takes the bytes.
        state: ``open``; ``whole``: all bytes are there and no media yet; ``done``.
        stored: Bytes accepted so far.
        blocks: Blocks accepted so far; numbers the next one.
        full: Every block was of the largest size and came from a client that forgets to end such files.
        late: Such a forgotten end was made good once.
        md5: What the client says that the whole has, or ``""``.
        answer: What the publishing step said, once ``done``.
    """

    id: str
    bucket: str
    object: str
    upload: str
    state: str
    stored: int
    blocks: int
    full: bool
    late: bool
    md5: str
    answer: Mapping[str, Any]
    expires: float


def find_object(conn: Connection, bucket: str, name: str, *, lock: bool = False) -> Object | None:
    """An object, if there was an init for it; with ``lock`` nobody else changes it before the commit."""
    query = select(objects).where(objects.c.bucket == bucket, objects.c.name == name)
    row = conn.execute(query.with_for_update() if lock else query).mappings().first()
    return Object(**row) if row is not None else None


def add_object(conn: Connection, made: Object) -> None:
    """Insert an object."""
    values = {column.name: getattr(made, column.name) for column in objects.c}
    conn.execute(insert(objects).values(**values))


def set_published(
    conn: Connection, bucket: str, name: str, *, vid: int | None, image: int | None, media: str
) -> None:
    """Note what an object became."""
    here = (objects.c.bucket == bucket, objects.c.name == name)
    conn.execute(update(objects).where(*here).values(vid=vid, image=image, media=media))


def forget_object(conn: Connection, service: Service, bucket: str, name: str) -> None:
    """Drop an object's row and its contexts, open uploads included."""
    for context in of_object(conn, bucket, name):
        _drop_upload(conn, service, context)
    conn.execute(delete(contexts).where(contexts.c.bucket == bucket, contexts.c.object == name))
    conn.execute(delete(objects).where(objects.c.bucket == bucket, objects.c.name == name))


def find(conn: Connection, id: str, now: float, *, lock: bool = False) -> Context | None:
    """One context; an expired one counts as absent."""
    query = select(contexts).where(contexts.c.id == id, contexts.c.expires > now)
    row = conn.execute(query.with_for_update() if lock else query).mappings().first()
    return _context(row) if row is not None else None


def of_object(conn: Connection, bucket: str, name: str) -> list[Context]:
    """All contexts of an object."""
    query = select(contexts).where(contexts.c.bucket == bucket, contexts.c.object == name)
    return [_context(row) for row in conn.execute(query.order_by(contexts.c.id)).mappings()]


def begin(conn: Connection, service: Service, found: Object, content_type: str) -> Context:
    """Open a new upload for an object."""
    upload = new_upload(conn, service, found, content_type)
    made = Context(
        id=str(uuid.uuid4()),
        bucket=found.bucket,
        object=found.name,
        upload=upload.id,
        state=OPEN,
        stored=0,
        blocks=0,
        full=True,
        late=False,
        md5="",
        answer={},
        expires=found.expires + GRACE,
    )
    conn.execute(insert(contexts).values(**_values(made)))
    return made


def new_upload(conn: Connection, service: Service, found: Object, content_type: str) -> Upload:
    """A new upload of the service for an object."""
    return service.uploads.create(
        conn,
        account=found.account,
        provider=PROVIDER,
        space=found.bucket,
        key=found.name,
        content_type=content_type,
        lifetime=max(found.expires - service.now(), 0.0) + GRACE,
    )


def change(conn: Connection, context: Context, **values: Any) -> Context:
    """Change some columns of a context."""
    changed = replace(context, **values)
    conn.execute(update(contexts).where(contexts.c.id == context.id).values(**_values(changed)))
    return changed


def drop(conn: Connection, service: Service, context: Context) -> None:
    """Forget a context and what it had stored."""
    _drop_upload(conn, service, context)
    conn.execute(delete(contexts).where(contexts.c.id == context.id))


def next_number(conn: Connection, name: str) -> int:
    """The next id of a video (``vid``) or an image (``image``)."""
    conn.execute(update(counters).where(counters.c.name == name).values(last=counters.c.last + 1))
    return int(conn.scalars(select(counters.c.last).where(counters.c.name == name)).one())


def sweep(conn: Connection, service: Service, now: float, limit: int) -> int:
    """Forget contexts that are over, and objects that never became a media; how many."""
    overdue = select(contexts).where(contexts.c.expires <= now).limit(limit)
    old = [_context(row) for row in conn.execute(overdue).mappings()]
    for context in old:
        drop(conn, service, context)
    unpublished = select(objects.c.bucket, objects.c.name).where(
        objects.c.expires + GRACE <= now, objects.c.media == ""
    )
    rows = conn.execute(unpublished.limit(limit)).all()
    for bucket, name in rows:
        forget_object(conn, service, bucket, name)
    return len(old) + len(rows)


def _drop_upload(conn: Connection, service: Service, context: Context) -> None:
    upload = service.uploads.get(conn, context.upload)
    if upload is not None and upload.state == "open":
        service.uploads.abort(conn, upload.id)


def _context(row: RowMapping) -> Context:
    return Context(**row)


def _values(context: Context) -> dict[str, Any]:
    return {column.name: getattr(context, column.name) for column in contexts.c}
