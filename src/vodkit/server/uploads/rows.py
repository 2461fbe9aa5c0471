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
    return _open(id, conn.execute(select(uploads).where(uploads.c.id == id).with_for_update()).first(), now)


def check_open(conn: Connection, id: str, now: float) -> None:
    """Raises :class:`UploadGone`: an upload is not open."""
    _open(id, conn.execute(select(uploads).where(uploads.c.id == id)).first(), now)


def _open(id: str, row: Row[Any] | None, now: float) -> Row[Any]:
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


def chosen(conn: Connection, id: str, numbers: Sequence[int] | None) -> Sequence[Any]:
    """Rows ``(number, size, file, start, crc64)`` of all parts, or of these in this order.

    Raises:
        PartMissing: one of ``numbers`` was not received.
        PartsInvalid: one of them comes twice.
    """
    columns = (parts.c.number, parts.c.size, parts.c.file, parts.c.start, parts.c.crc64)
    rows = conn.execute(select(*columns).where(parts.c.upload == id).order_by(parts.c.number)).all()
    if numbers is None:
        return rows
    if len(set(numbers)) != len(numbers):
        raise PartsInvalid("a part is listed twice")
    by_number = {row[0]: row for row in rows}
    for number in numbers:
        if number not in by_number:
            raise PartMissing(number)
    return [by_number[number] for number in numbers]


def make_blob(conn: Connection, id: str, blob: Blob, merged: Sequence[Extent], now: float) -> None:
    """Write a blob in place of an upload's parts."""
    conn.execute(insert(blobs).values(id=blob.id, size=blob.size, digests=dict(blob.digests), created=now))
    if merged:
        conn.execute(insert(extents), _placed(blob.id, merged))
    conn.execute(delete(parts).where(parts.c.upload == id))
    conn.execute(update(uploads).where(uploads.c.id == id).values(state="completed", blob=blob.id))


def merge(rows: Sequence[Any]) -> list[Extent]:
    """Extents of the parts one after the other, adjacent ones as one."""
    merged: list[Extent] = []
    file, start, end = "", 0, 0
    for _, size, part_file, part_start, _ in rows:
        if not size:
            continue
        if part_file == file and part_start == end:
            end += size
            continue
        if file:
            merged.append(Extent(file, start, end - start))
        file, start, end = part_file, part_start, part_start + size
    if file:
        merged.append(Extent(file, start, end - start))
    return merged


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


def digests_of(conn: Connection, id: str, rows: Sequence[Any]) -> dict[str, str]:
    """What is known of the whole: everything about a single part, else the CRC-64 of the parts."""
    if len(rows) == 1:
        only = and_(parts.c.upload == id, parts.c.number == rows[0][0])
        return dict(part_of(conn.execute(select(parts).where(only)).one()).digests)
    known = [(int(crc64, 16), size) for _, size, _, _, crc64 in rows if crc64]
    return {"crc64": f"{crc64_concat(known):016x}"} if rows and len(known) == len(rows) else {}
