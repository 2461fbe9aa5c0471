"""What belongs to media beside their originals: rows, and the objects that they stand for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Row, and_, case, delete, insert, select, update

from .catalog.tables import outputs
from .nouns import MediaRecord
from .objects import ObjectTable
from .processing import OUTPUTS, Output

_COLUMNS = tuple(field.name for field in fields(Output))


class OutputTable:
    """Implements :class:`vodkit.server.processing.Outputs`.

    The objects of an output lie in a folder of their own, ``<media>/<output>/``.

    Args:
        objects: Names in spaces.
    """

    def __init__(self, objects: ObjectTable) -> None:
        self._objects = objects

    def of(self, conn: Connection, media: str) -> list[Output]:
        """See :meth:`processing.Outputs.of`."""
        return list(self.of_many(conn, [media]).get(media, []))

    def of_many(self, conn: Connection, media: Collection[str]) -> Mapping[str, list[Output]]:
        """See :meth:`processing.Outputs.of_many`."""
        found: dict[str, list[Output]] = {}
        query = select(outputs).where(outputs.c.media.in_(media))
        for row in conn.execute(query.order_by(outputs.c.created, outputs.c.id)):
            found.setdefault(row.media, []).append(_output_of(row))
        return found

    def add(self, conn: Connection, made: Iterable[Output]) -> None:
        """Record outputs whose objects are there."""
        for output in made:
            conn.execute(insert(outputs).values({name: getattr(output, name) for name in _COLUMNS}))

    def remove(self, conn: Connection, media: MediaRecord, ids: Collection[str]) -> int:
        """See :meth:`processing.Outputs.remove`."""
        which = and_(outputs.c.media == media.id, outputs.c.id.in_(ids))
        gone = conn.execute(select(outputs.c.id).where(which)).scalars().all()
        for id in gone:
            self._objects.delete_owned(
                conn, media.account, media.provider, OUTPUTS, [], output_folder(media.id, id)
            )
        conn.execute(delete(outputs).where(which))
        return len(gone)

    def choose_cover(self, conn: Connection, media: str, id: str) -> None:
        """See :meth:`processing.Outputs.choose_cover`."""
        pictures = and_(outputs.c.media == media, outputs.c.kind.in_(("cover", "snapshot")))
        kind = case((outputs.c.id == id, "cover"), else_="snapshot")
        conn.execute(update(outputs).where(pictures).values(kind=kind))

    def remove_made(self, conn: Connection, media: MediaRecord) -> int:
        """Forget what tasks have made of a media, and its objects; how many. What users brought stays."""
        made = and_(outputs.c.media == media.id, outputs.c.task != "")
        return self.remove(conn, media, conn.execute(select(outputs.c.id).where(made)).scalars().all())

    def remove_all(self, conn: Connection, provider: str, account: str, media: str) -> None:
        """Forget all outputs of a media that goes, and their objects."""
        self._objects.delete_owned(conn, account, provider, OUTPUTS, [], f"{media}/")
        conn.execute(delete(outputs).where(outputs.c.media == media))


def output_folder(media: str, output: str) -> str:
    """Prefix of the keys of an output's objects."""
    return f"{media}/{output}/"


def _output_of(row: Row[Any]) -> Output:
    return Output(**{name: getattr(row, name) for name in _COLUMNS})
