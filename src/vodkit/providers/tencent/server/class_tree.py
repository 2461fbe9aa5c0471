"""The tree of an application's classes, read (tencent.md §B.7)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping, select

from ..wire import codes
from .answer import ApiError
from .caller import Owner
from .tables import classes

OTHER = "其他"
"""Name of class 0, which every media is in until it is put elsewhere."""


def must_exist(conn: Connection, owner: Owner, id: int) -> None:
    """Refuse a class that the application does not have. Raises ``InvalidParameterValue.ClassId``."""
    if id and row(conn, owner, id) is None:
        raise ApiError(codes.CLASS_ID, f"there is no class {id}")


def path_names(conn: Connection, owner: Owner, id: int) -> list[str]:
    """The names from the top of the tree down to a class; one that is gone counts as class 0."""
    names: list[str] = []
    while id > 0 and (found := row(conn, owner, id)) is not None:
        names.insert(0, found["name"])
        id = found["parent"]
    return names or [OTHER]


def with_descendants(conn: Connection, owner: Owner, ids: list[int]) -> set[int]:
    """The classes and everything below them."""
    parents = {each["id"]: each["parent"] for each in rows(conn, owner)}
    wanted = set(ids)
    while more := {id for id, parent in parents.items() if parent in wanted} - wanted:
        wanted |= more
    return wanted


def mine(owner: Owner) -> tuple[Any, Any]:
    """The conditions for the application's own classes."""
    return classes.c.account == owner.account, classes.c.app == owner.home.id


def rows(conn: Connection, owner: Owner) -> list[RowMapping]:
    """All classes of the application."""
    return list(conn.execute(select(classes).where(*mine(owner)).order_by(classes.c.id)).mappings())


def row(conn: Connection, owner: Owner, id: int) -> RowMapping | None:
    """One class of the application."""
    return conn.execute(select(classes).where(*mine(owner), classes.c.id == id)).mappings().first()
