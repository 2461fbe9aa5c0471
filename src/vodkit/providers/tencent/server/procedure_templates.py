"""The templates of procedures (tencent.md §B.7)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping

from ..wire import codes
from . import apps, presets, procedures
from . import template_fields as bounds
from . import templates as store
from .answer import ApiError
from .caller import Action, Caller, Owner
from .fields import Field, Params, needed, several, upto, within

_FIELDS = ("Name", "Comment", "MediaProcessTask")


async def _create(caller: Caller, params: Params) -> dict[str, Any]:
    name = params["Name"]

    def create(conn: Connection) -> None:
        apps.lock(conn, caller.home)
        if name in presets.PROCEDURES or procedures.row_named(conn, caller, name) is not None:
            raise ApiError(codes.PROCEDURE_EXISTS, f"there is a procedure template {name} already")
        procedures.compile(conn, caller, name, params["MediaProcessTask"] or {})
        store.add(conn, caller, store.PROCEDURE, store.given(params, _FIELDS))

    await caller.service.catalog.write(create)
    return {}


async def _reset(caller: Caller, params: Params) -> dict[str, Any]:
    def reset(conn: Connection) -> None:
        row = _mine(conn, caller, params["Name"])
        procedures.compile(conn, caller, params["Name"], params["MediaProcessTask"] or {})
        store.replace(conn, caller, row, store.given(params, _FIELDS))

    await caller.service.catalog.write(reset)
    return {}


async def _delete(caller: Caller, params: Params) -> dict[str, Any]:
    await caller.service.catalog.write(lambda conn: store.remove(conn, _mine(conn, caller, params["Name"])))
    return {}


async def _list(caller: Caller, params: Params) -> dict[str, Any]:
    names = params["Names"]
    return await store.listing(
        caller, params, store.PROCEDURE, lambda item: not names or item["Name"] in names
    )


def _mine(conn: Connection, owner: Owner, name: str) -> RowMapping:
    if name in presets.PROCEDURES:
        raise ApiError(codes.PROCEDURE_NAME, "a preset template cannot be changed")
    found = procedures.row_named(conn, owner, name)
    if found is None:
        raise ApiError(codes.PROCEDURE_UNKNOWN, f"there is no procedure template {name}")
    return found


_CHANGED = {
    "Name": needed(within(1, 20, code=codes.PROCEDURE_NAME)),
    "Comment": upto(256),
    "MediaProcessTask": Field(),
}

ACTIONS = {
    "CreateProcedureTemplate": Action(_create, _CHANGED),
    "ResetProcedureTemplate": Action(_reset, _CHANGED),
    "DeleteProcedureTemplate": Action(_delete, {"Name": needed()}),
    "DescribeProcedureTemplates": Action(_list, {"Names": several(100), **bounds.PAGE}),
}
