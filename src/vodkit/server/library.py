"""What ``vodkit media list --data`` shows: everything that a service holds, whoever uploaded it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Row, select, update

from vodkit.core.media import Media

from .blobs import MIB, Extent
from .blobs import rows as blob_rows
from .blobs.local import path_of
from .catalog.tables import blobs, media, objects
from .contract import Settings
from .service import Tools, tools


def list_media(settings: Settings, limit: int) -> list[Media]:
    """The newest media of a data folder, of all providers, with the MD5 of each original.

    No wire asks for the MD5 of every original, so the service does not compute it while bytes arrive; here
    it is read from disk once, and kept.

    Raises:
        ConfigError: there is no service's data in the folder.
    """
    with tools(settings) as parts:
        rows = parts.catalog.read_now(lambda conn: _newest(conn, limit))
        return [_media(row, _md5(parts, row)) for row in rows]


def _newest(conn: Connection, limit: int) -> Sequence[Row[tuple[object, ...]]]:
    original = (
        (objects.c.provider == media.c.provider)
        & (objects.c.space == media.c.space)
        & (objects.c.key == media.c.key)
    )
    query = (
        select(media, blobs.c.id.label("blob"), blobs.c.digests)
        .outerjoin(objects, original)
        .outerjoin(blobs, blobs.c.id == objects.c.blob)
    )
    return conn.execute(query.order_by(media.c.created.desc()).limit(limit)).all()


def _media(row: Row[tuple[object, ...]], md5: str) -> Media:
    return Media(
        provider=row.provider,
        id=row.remote_id,
        title=row.title,
        size=row.size,
        md5=md5,
        kind=row.kind,
        status=row.status,
        created=datetime.fromtimestamp(row.created, UTC),
        expires=None if row.expires is None else datetime.fromtimestamp(row.expires, UTC),
        space=row.space,
    )


def _md5(parts: Tools, row: Row[tuple[object, ...]]) -> str:
    if row.blob is None:
        return ""
    if "md5" in row.digests:
        return str(row.digests["md5"])
    blob = row.blob
    extents = parts.catalog.read_now(lambda conn: blob_rows.extents_of(conn, blob))
    digest = hashlib.md5(usedforsecurity=False)
    try:
        for piece in _read(Path(parts.settings.data) / "blobs", extents):
            digest.update(piece)
    except FileNotFoundError:
        # Deleted between the listing and now.
        return ""
    digests = {**row.digests, "md5": digest.hexdigest()}
    parts.catalog.write_now(
        lambda conn: conn.execute(update(blobs).where(blobs.c.id == blob).values(digests=digests))
    )
    return digest.hexdigest()


def _read(folder: Path, extents: Sequence[Extent]) -> Iterator[bytes]:
    for extent in extents:
        with path_of(folder, extent.file).open("rb") as file:
            file.seek(extent.start)
            left = extent.length
            while left and (piece := file.read(min(MIB, left))):
                left -= len(piece)
                yield piece
