"""End users with tokens of their own (netease.md §3.2)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from vodkit.server.contract import Service

from .. import wire
from .answer import ApiError
from .caller import Caller, Handler, Params
from .fields import integer, required_integer, required_text, text
from .tables import users

_MADE_HERE, _GIVEN = 1, 2
_MOST = 128


async def is_theirs(service: Service, account: str, accid: str, token: str) -> bool:
    """Whether a token is that of an end user who may upload."""
    row = await service.catalog.read(lambda conn: _row(conn, account, accid))
    known = service.vault.unseal(row["token_sealed"]) if row is not None else None
    right = known is not None and hmac.compare_digest(known, token.encode())
    return right and row is not None and not row["disabled"]


def _row(conn: Connection, account: str, accid: str) -> RowMapping | None:
    here = (users.c.account == account, users.c.accid == accid)
    return conn.execute(select(users).where(*here)).mappings().first()


def _token(params: Params) -> str:
    kind = required_integer(params, "type")
    if kind == _MADE_HERE:
        return secrets.token_hex(16)
    if kind != _GIVEN:
        raise ApiError(wire.BAD_REQUEST, "type must be 1 (the service makes the token) or 2 (it is given)")
    return required_text(params, "token", most=_MOST)


async def _create(caller: Caller, params: Params) -> Mapping[str, Any]:
    accid, name = required_text(params, "accid", most=_MOST), text(params, "name") or ""
    token, props = _token(params), text(params, "props") or ""

    def create(conn: Connection) -> None:
        if _row(conn, caller.account, accid) is not None:
            raise ApiError(wire.BAD_REQUEST, f"there is a user {accid!r} already")
        sealed = caller.service.vault.seal(token.encode())
        conn.execute(
            insert(users).values(
                account=caller.account,
                accid=accid,
                name=name,
                props=props,
                token_sealed=sealed,
                disabled=False,
            )
        )

    await caller.service.catalog.write(create)
    return {"accid": accid, "name": name, "token": token}


async def _update(caller: Caller, params: Params) -> Mapping[str, Any]:
    accid = required_text(params, "accid", most=_MOST)
    values: dict[str, Any] = {
        column: value for column in ("name", "props") if (value := text(params, column)) is not None
    }
    token = _token(params) if integer(params, "type") is not None else None
    if token is not None:
        values["token_sealed"] = caller.service.vault.seal(token.encode())
    await _change(caller, accid, values)
    return {"accid": accid} if token is None else {"accid": accid, "token": token}


async def _delete(caller: Caller, params: Params) -> Mapping[str, Any]:
    accid = required_text(params, "accid", most=_MOST)

    def remove(conn: Connection) -> None:
        _existing(conn, caller, accid)
        conn.execute(delete(users).where(users.c.account == caller.account, users.c.accid == accid))

    await caller.service.catalog.write(remove)
    return {}


async def _disable(caller: Caller, params: Params) -> Mapping[str, Any]:
    await _change(caller, required_text(params, "accid", most=_MOST), {"disabled": True})
    return {}


async def _change(caller: Caller, accid: str, values: Mapping[str, Any]) -> None:
    def change(conn: Connection) -> None:
        _existing(conn, caller, accid)
        if values:
            mine = (users.c.account == caller.account, users.c.accid == accid)
            conn.execute(update(users).where(*mine).values(**values))

    await caller.service.catalog.write(change)


def _existing(conn: Connection, caller: Caller, accid: str) -> None:
    if _row(conn, caller.account, accid) is None:
        raise ApiError(wire.NOT_FOUND, f"there is no user {accid!r}")


HANDLERS: Mapping[str, Handler] = {
    "thirdpart/user/create": _create,
    "thirdpart/user/update": _update,
    "thirdpart/user/userDelete": _delete,
    "thirdpart/user/userDisable": _disable,
}
