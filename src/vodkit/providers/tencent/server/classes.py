"""Media classes: a tree of at most four levels for each application (tencent.md §B.7)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from ..wire import Limits, codes
from . import class_tree, library
from .answer import ApiError
from .caller import Action, Caller, Owner
from .fields import ID, Params, needed, within
from .tables import classes

_TOP = -1
_MOST_CHILDREN = 500


def _free_name(conn: Connection, owner: Owner, parent: int, name: str) -> None:
    same = select(classes.c.id).where(
        *class_tree.mine(owner), classes.c.parent == parent, classes.c.name == name
    )
    if conn.execute(same).first() is not None:
        raise ApiError(codes.CLASS_NAME_DUPLICATE, "a class of this name exists at this place")


async def _create(caller: Caller, params: Params) -> dict[str, Any]:
    parent = params["ParentId"]

    def create(conn: Connection) -> int:
        level = 0
        if parent != _TOP:
            above = class_tree.row(conn, caller, parent)
            if above is None:
                raise ApiError(codes.CLASS_NO_PARENT, f"there is no class {parent}")
            level = above["level"] + 1
        if level >= Limits.CLASS_LEVELS:
            raise ApiError(codes.CLASS_LEVEL, f"classes have at most {Limits.CLASS_LEVELS} levels")
        _free_name(conn, caller, parent, params["ClassName"])
        siblings = select(func.count()).where(*class_tree.mine(caller), classes.c.parent == parent)
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
    rows = await caller.service.catalog.read(lambda conn: class_tree.rows(conn, caller))
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
        row = class_tree.row(conn, caller, params["ClassId"])
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
        if class_tree.row(conn, caller, id) is None:
            raise ApiError(codes.CLASS_NOT_FOUND, f"there is no class {id}")
        children = conn.execute(
            select(classes.c.id).where(*class_tree.mine(caller), classes.c.parent == id)
        ).first()
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
