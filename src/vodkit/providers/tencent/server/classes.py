"""Media classes: a tree of at most four levels for each application (tencent.md §B.7)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from ..wire import Limits, codes
from . import library
from .answer import ApiError
from .caller import Action, Caller, Owner
from .fields import ID, Params, needed, within
from .tables import classes

OTHER = "其他"
"""Name of class 0, which every media is in until it is put elsewhere."""

_TOP = -1
_MOST_CHILDREN = 500


def must_exist(conn: Connection, owner: Owner, id: int) -> None:
    """Refuse a class that the application does not have. Raises ``InvalidParameterValue.ClassId``."""
    if id and _row(conn, owner, id) is None:
        raise ApiError(codes.CLASS_ID, f"there is no class {id}")


def path_names(conn: Connection, owner: Owner, id: int) -> list[str]:
    """The names from the top of the tree down to a class; one that is gone counts as class 0."""
    names: list[str] = []
    while id > 0 and (row := _row(conn, owner, id)) is not None:
        names.insert(0, row["name"])
        id = row["parent"]
    return names or [OTHER]


def with_descendants(conn: Connection, owner: Owner, ids: list[int]) -> set[int]:
    """The classes and everything below them."""
    parents = {row["id"]: row["parent"] for row in _rows(conn, owner)}
    wanted = set(ids)
    while more := {id for id, parent in parents.items() if parent in wanted} - wanted:
        wanted |= more
    return wanted


def _mine(owner: Owner) -> tuple[Any, Any]:
    return classes.c.account == owner.account, classes.c.app == owner.home.id


def _rows(conn: Connection, owner: Owner) -> list[RowMapping]:
    return list(conn.execute(select(classes).where(*_mine(owner)).order_by(classes.c.id)).mappings())


def _row(conn: Connection, owner: Owner, id: int) -> RowMapping | None:
    return conn.execute(select(classes).where(*_mine(owner), classes.c.id == id)).mappings().first()


def _free_name(conn: Connection, owner: Owner, parent: int, name: str) -> None:
    same = select(classes.c.id).where(*_mine(owner), classes.c.parent == parent, classes.c.name == name)
    if conn.execute(same).first() is not None:
        raise ApiError(codes.CLASS_NAME_DUPLICATE, "a class of this name exists at this place")


async def _create(caller: Caller, params: Params) -> dict[str, Any]:
    parent = params["ParentId"]

    def create(conn: Connection) -> int:
        level = 0
        if parent != _TOP:
            above = _row(conn, caller, parent)
            if above is None:
                raise ApiError(codes.CLASS_NO_PARENT, f"there is no class {parent}")
            level = above["level"] + 1
        if level >= Limits.CLASS_LEVELS:
            raise ApiError(codes.CLASS_LEVEL, f"classes have at most {Limits.CLASS_LEVELS} levels")
        _free_name(conn, caller, parent, params["ClassName"])
        siblings = select(func.count()).where(*_mine(caller), classes.c.parent == parent)
        if (conn.scalar(siblings) or 0) >= _MOST_CHILDREN:
            raise ApiError(codes.CLASS_COUNT, f"a class has at most {_MOST_CHILDREN} subclasses")
        added = conn.execute(
            insert(classes).values(
                account=caller.account,
                app=caller.home.id,
                parent=parent,
                level=level,
                name=params["ClassName"],
            )
        )
        assert added.inserted_primary_key is not None
        return int(added.inserted_primary_key[0])

    return {"ClassId": await caller.service.catalog.write(create)}


async def _describe(caller: Caller, params: Params) -> dict[str, Any]:
    rows = await caller.service.catalog.read(lambda conn: _rows(conn, caller))
    return {
        "ClassInfoSet": [
            {
                "ClassId": row["id"],
                "ParentId": row["parent"],
                "Name": row["name"],
                "ClassName": row["name"],
                "Level": row["level"],
                "SubClassIdSet": [child["id"] for child in rows if child["parent"] == row["id"]],
            }
            for row in rows
        ]
    }


async def _modify(caller: Caller, params: Params) -> dict[str, Any]:

    def rename(conn: Connection) -> None:
        row = _row(conn, caller, params["ClassId"])
        if row is None:
            raise ApiError(codes.CLASS_NOT_FOUND, f"there is no class {params['ClassId']}")
        if row["name"] != params["ClassName"]:
            _free_name(conn, caller, row["parent"], params["ClassName"])
            conn.execute(update(classes).where(classes.c.id == row["id"]).values(name=params["ClassName"]))

    await caller.service.catalog.write(rename)
    return {}


async def _delete(caller: Caller, params: Params) -> dict[str, Any]:
    id = params["ClassId"]

    def remove(conn: Connection) -> None:
        if _row(conn, caller, id) is None:
            raise ApiError(codes.CLASS_NOT_FOUND, f"there is no class {id}")
        children = conn.execute(select(classes.c.id).where(*_mine(caller), classes.c.parent == id)).first()
        inside = library.mine(caller, **{"class": (id,)})
        if children or caller.service.media.count(conn, inside, 1):
            raise ApiError(codes.CLASS_NOT_EMPTY, "the class still holds media or subclasses")
        conn.execute(delete(classes).where(classes.c.id == id))

    await caller.service.catalog.write(remove)
    return {}


_NAME = needed(within(1, Limits.CLASS_NAME))

ACTIONS = {
    "CreateClass": Action(_create, {"ParentId": needed(within(_TOP, ID.high or 0)), "ClassName": _NAME}),
    "DescribeAllClass": Action(_describe),
    "ModifyClass": Action(_modify, {"ClassId": needed(ID), "ClassName": _NAME}),
    "DeleteClass": Action(_delete, {"ClassId": needed(ID)}),
}
