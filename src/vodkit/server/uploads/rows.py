"""The rows of uploads and parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, insert, or_, select, update

from vodkit.core.checksums import crc64_concat

from ..blobs import Extent
from ..catalog.tables import blobs, extents, parts, uploads
from ..contract import Blob, StoredPart, Upload
from ..errors import PartMissing, PartsInvalid, UploadGone
from ..names import prefix_end

DIGESTS = ("md5", "sha1", "crc32", "crc64")


def upload_of(row: Row[Any]) -> Upload:
    """The noun of a row."""
    return Upload(
        row.id,
        row.account,
        row.provider,
        row.space,
        row.key,
        row.state,
        row.content_type,
        row.attrs,
        row.created,
        row.expires,
        row.blob,
    )


def lock_open(conn: Connection, id: str, now: float) -> Row[Any]:
    """The row of an open upload; nobody else changes the upload before the commit.

    Raises:
        UploadGone: it is not open.
    """
    row = conn.execute(select(uploads).where(uploads.c.id == id).with_for_update()).first()
    if row is None or row.state != "open" or row.expires <= now:
        raise UploadGone(f"the upload {id} is not open")
    return row


def open_in(
    provider: str, space: str, prefix: str, after: tuple[str, str], limit: int, now: float
) -> Select[Any]:
    """Open uploads of a space by key and id."""
    key, id = after
    query = select(uploads).where(
        uploads.c.provider == provider,
        uploads.c.space == space,
        uploads.c.state == "open",
        uploads.c.expires > now,
        uploads.c.key >= prefix,
        or_(uploads.c.key > key, and_(uploads.c.key == key, uploads.c.id > id)),
    )
    end = prefix_end(prefix)
    if end is not None:
        query = query.where(uploads.c.key < end)
    return query.order_by(uploads.c.key, uploads.c.id).limit(limit)


def part_of(row: Row[Any]) -> StoredPart:
    """The noun of a row."""
    values = ((name, getattr(row, name)) for name in DIGESTS)
    return StoredPart(row.number, row.size, {name: value for name, value in values if value}, row.received)


def put_part(conn: Connection, id: str, part: StoredPart, place: Extent) -> Extent | None:
    """Write a part's row; the place of the part that it replaces."""
    here = and_(parts.c.upload == id, parts.c.number == part.number)
    old = conn.execute(select(parts.c.file, parts.c.start, parts.c.size).where(here)).first()
    values: dict[str, Any] = {
        "size": part.size,
        "received": part.received,
        "file": place.file,
        "start": place.start,
        **{name: part.digests.get(name) for name in DIGESTS},
    }
    if old is None:
        conn.execute(insert(parts).values(upload=id, number=part.number, **values))
        return None
    conn.execute(update(parts).where(here).values(values))
    return Extent(*old)


def make_blob(conn: Connection, id: str, numbers: Sequence[int] | None, now: float) -> list[Extent]:
    """Turn the parts of an upload (all, or these in this order) into a blob of the same id.

    Returns:
        The blob's extents.

    Raises:
        PartMissing: one of ``numbers`` was not received.
        PartsInvalid: one of them comes twice.
    """
    rows: Sequence[Any] = conn.execute(
        select(
            parts.c.number,
            parts.c.size,
            parts.c.file,
            parts.c.start,
            parts.c.crc64,
        )
        .where(parts.c.upload == id)
        .order_by(parts.c.number)
    ).all()
    if numbers is not None:
        by_number = {row.number: row for row in rows}
        if len(set(numbers)) != len(numbers):
            raise PartsInvalid("a part is listed twice")
        for number in numbers:
            if number not in by_number:
                raise PartMissing(number)
        rows = [by_number[number] for number in numbers]
    merged, size = _merge(rows)
    digests = _digests(conn, id, rows)
    conn.execute(insert(blobs).values(id=id, size=size, digests=digests, created=now))
    if merged:
        conn.execute(insert(extents), _placed(id, merged))
    conn.execute(delete(parts).where(parts.c.upload == id))
    conn.execute(update(uploads).where(uploads.c.id == id).values(state="completed", blob=id))
    return merged


def blob_of(conn: Connection, id: str) -> Blob:
    """The blob that :func:`make_blob` made."""
    row = conn.execute(select(blobs.c.size, blobs.c.digests).where(blobs.c.id == id)).one()
    return Blob(id, row.size, row.digests)


def _merge(rows: Sequence[Any]) -> tuple[list[Extent], int]:
    """Extents of the parts one after the other, adjacent ones as one; and their length together."""
    merged: list[Extent] = []
    file, start, end, total = "", 0, 0, 0
    for _, size, part_file, part_start, _ in rows:
        if not size:
            continue
        total += size
        if part_file == file and part_start == end:
            end += size
            continue
        if file:
            merged.append(Extent(file, start, end - start))
        file, start, end = part_file, part_start, part_start + size
    if file:
        merged.append(Extent(file, start, end - start))
    return merged, total


def _placed(id: str, merged: Sequence[Extent]) -> list[dict[str, Any]]:
    offset = 0
    found: list[dict[str, Any]] = []
    for extent in merged:
        found.append(
            {
                "blob": id,
                "offset": offset,
                "length": extent.length,
                "file": extent.file,
                "start": extent.start,
            }
        )
        offset += extent.length
    return found


def _digests(conn: Connection, id: str, rows: Sequence[Any]) -> dict[str, str]:
    """What is known of the whole: everything about a single part, else the CRC-64 of the parts."""
    if len(rows) == 1:
        only = and_(parts.c.upload == id, parts.c.number == rows[0].number)
        return dict(part_of(conn.execute(select(parts).where(only)).one()).digests)
    if rows and all(row.crc64 for row in rows):
        return {"crc64": f"{crc64_concat([(int(row.crc64, 16), row.size) for row in rows]):016x}"}
    return {}
