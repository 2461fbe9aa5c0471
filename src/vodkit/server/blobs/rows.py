"""The rows that say where a blob's bytes are, and when they go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, exists, insert, select

from ..catalog import after_commit
from ..catalog.tables import blobs, extents, objects, parts
from ..contract import Blob
from . import BlobStore, Extent


def get(conn: Connection, id: str) -> Blob | None:
    """One blob."""
    row = conn.execute(select(blobs.c.size, blobs.c.digests).where(blobs.c.id == id)).first()
    return Blob(id, row.size, row.digests) if row else None


def add(conn: Connection, blob: Blob, whole: Iterable[Extent], now: float) -> None:
    """Record a blob and where its bytes are, or will be; one that gets no name goes with the next sweeps."""
    conn.execute(insert(blobs).values(id=blob.id, size=blob.size, digests=dict(blob.digests), created=now))
    at = 0
    for extent in whole:
        values = {"file": extent.file, "start": extent.start, "length": extent.length}
        conn.execute(insert(extents).values(blob=blob.id, offset=at, **values))
        at += extent.length


def extents_of(conn: Connection, id: str) -> list[Extent]:
    """A blob's extents, in the order of its bytes."""
    rows = conn.execute(
        select(extents.c.file, extents.c.start, extents.c.length)
        .where(extents.c.blob == id)
        .order_by(extents.c.offset)
    )
    return [Extent(*row) for row in rows]


def owned(conn: Connection, owners: Sequence[str]) -> dict[str, list[Extent]]:
    """The extents of some uploads and blobs."""
    found: dict[str, list[Extent]] = {}
    of_blobs = select(extents.c.blob, extents.c.file, extents.c.start, extents.c.length)
    of_parts = select(parts.c.upload, parts.c.file, parts.c.start, parts.c.size)
    for at in range(0, len(owners), 500):
        some = owners[at : at + 500]
        queries = of_blobs.where(extents.c.blob.in_(some)), of_parts.where(parts.c.upload.in_(some))
        for query in queries:
            for owner, *extent in conn.execute(query):
                found.setdefault(owner, []).append(Extent(*extent))
    return found


def slice_of(whole: Iterable[Extent], start: int, length: int) -> list[Extent]:
    """The extents of ``length`` bytes from ``start`` on."""
    found = []
    at = 0
    end = start + length
    for extent in whole:
        low, high = max(start, at), min(end, at + extent.length)
        if low < high:
            found.append(Extent(extent.file, extent.start + low - at, high - low))
        at += extent.length
    return found


def let_go(conn: Connection, store: BlobStore, id: str) -> bool:
    """Delete a blob that no object points at, and its bytes after the commit; whether it was so."""
    unused = ~exists().where(objects.c.blob == id)
    if conn.execute(select(blobs.c.id).where(blobs.c.id == id, unused).with_for_update()).first() is None:
        return False
    conn.execute(delete(extents).where(extents.c.blob == id))
    conn.execute(delete(blobs).where(blobs.c.id == id))
    after_commit(conn, lambda: store.keep(id, ()))
    return True
