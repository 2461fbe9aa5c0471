"""Bringing a database up to date, at every start.

The shared tables have their migrations here in ``migrations/versions``. A room that needs tables of its own
says so on its server class::

    TABLES: ClassVar[MetaData]       its tables
    MIGRATIONS: ClassVar[str]        folder with its Alembic revisions

The first revision of a room carries the room's name as its branch label and depends on ``base``, the label
of the shared ones.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, column, inspect, select, table

from .tables import METADATA

_FOLDER = Path(__file__).parent / "migrations"
_VERSIONS = table("alembic_version", column("version_num"))


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


def is_current(conn: Connection, rooms: Sequence[RoomTables]) -> bool:
    """Whether the database is at the newest revision of every branch."""
    return _stored(conn) == _newest(_folders(rooms))


def upgrade(conn: Connection, rooms: Sequence[RoomTables]) -> None:
    """Bring the database to the newest revision of every branch, within the transaction of ``conn``.

    Alembic takes longer to import than everything else at a start: it is, only when something is due.
    """
    if not is_current(conn, rooms):
        _run(conn, rooms)


def _folders(rooms: Sequence[RoomTables]) -> list[Path]:
    return [_FOLDER / "versions", *(room.migrations for room in rooms)]


def _stored(conn: Connection) -> set[str]:
    """The revisions that the database says it is at."""
    if not inspect(conn).has_table(_VERSIONS.name):
        return set()
    return set(conn.scalars(select(_VERSIONS.c.version_num)))


def _newest(folders: Sequence[Path]) -> set[str]:
    """What a database says that is up to date: every revision that no other builds or depends on.

    A label that another branch depends on stands for the revision that carries it, so that whatever comes
    after that one counts as due.
    """
    found = [_declared(path) for folder in folders for path in folder.glob("*.py")]
    labels = {
        label: facts.get("revision") for facts in found for label in _several(facts.get("branch_labels"))
    }
    passed = {
        labels.get(name, name)
        for facts in found
        for name in (*_several(facts.get("down_revision")), *_several(facts.get("depends_on")))
    }
    return {facts["revision"] for facts in found if "revision" in facts} - passed


def _declared(path: Path) -> dict[str, Any]:
    """The names that a revision's file assigns plain values to, without running it."""
    facts: dict[str, Any] = {}
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            with contextlib.suppress(ValueError):
                facts[statement.targets[0].id] = ast.literal_eval(statement.value)
    return facts


def _several(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _run(conn: Connection, rooms: Sequence[RoomTables]) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _literal(_FOLDER))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(_literal(folder) for folder in _folders(rooms)))
    config.attributes["connection"] = conn
    config.attributes["metadata"] = [METADATA, *(room.tables for room in rooms)]
    command.upgrade(config, "heads")


def _literal(path: Path) -> str:
    """A path as the configuration parser reads it back unchanged."""
    return str(path).replace("%", "%%")
