"""Bringing a database up to date, at every start.

The shared tables have their migrations here in ``migrations/versions``. A room that needs tables of its own
says so on its server class::

    TABLES: ClassVar[MetaData]       its tables
    MIGRATIONS: ClassVar[str]        folder with its Alembic revisions

The first revision of a room carries the room's name as its branch label and depends on ``base``, the label
of the shared ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData

from vodkit.core import registry

from .tables import METADATA

_FOLDER = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class RoomTables:
    """What a room adds to the database.

    Attributes:
        name: The room.
        tables: Its tables.
        migrations: Folder of its revisions.
    """

    name: str
    tables: MetaData
    migrations: Path


def rooms() -> list[RoomTables]:
    """The tables of every room whose server declares some."""
    found = []
    for name in registry.names():
        reference = registry.descriptor(name).server
        if reference is None:
            continue
        server = registry.load(reference)
        tables = getattr(server, "TABLES", None)
        if isinstance(tables, MetaData):
            found.append(RoomTables(name, tables, Path(server.MIGRATIONS)))
    return found


def metadata(rooms: Sequence[RoomTables]) -> list[MetaData]:
    """All tables there should be."""
    return [METADATA, *(room.tables for room in rooms)]


def upgrade(conn: Connection, rooms: Sequence[RoomTables]) -> None:
    """Bring the database to the newest revision of every branch, within the transaction of ``conn``."""
    folders = [_FOLDER / "versions", *(room.migrations for room in rooms)]
    config = Config()
    config.set_main_option("script_location", _literal(_FOLDER))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(_literal(folder) for folder in folders))
    config.attributes["connection"] = conn
    config.attributes["metadata"] = metadata(rooms)
    command.upgrade(config, "heads")


def _literal(path: Path) -> str:
    """A path as the configuration parser reads it back unchanged."""
    return str(path).replace("%", "%%")
