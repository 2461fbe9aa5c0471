"""Telling developers of uploads and of transcoding: where to, and in which words (netease.md §4.3, §7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select

from vodkit.core.events import Event
from vodkit.server.contract import Account, Service, Vault
from vodkit.server.deliveries import rows
from vodkit.server.errors import Postponed
from vodkit.server.processing import Address, Message

from .. import sign, wire
from .answer import ApiError
from .caller import Caller, Handler, Params
from .fields import address, required_integer, required_text, text
from .tables import callbacks

STYLE = "netease"
TRANSCODE, UPLOAD = 1, 2
_KINDS = (TRANSCODE, UPLOAD, 5, 6)
_KEY = re.compile(r"[A-Za-z0-9]{1,32}")
_DELAYS = (10.0, 60.0, 300.0, 1800.0, 7200.0, 21_600.0, 86_400.0)
LINK_LIFE = sum(_DELAYS) + 6 * 3600.0
"""Seconds that links in callbacks are good for, where they end at all: more than the tries take."""
_SOON = 1.0


def addresses(conn: Connection, account: str, kind: int, own: str | None, after: str = "") -> list[Address]:
    """Where to tell of something: the file's own address, else the account's, else nowhere.

    Args:
        kind: ``UPLOAD`` or ``TRANSCODE``.
        own: What was given with the file.
        after: Id of the event that goes first, if any.
    """
    row = _row(conn, account, kind)
    url = own or (row["url"] if row is not None else "")
    return [Address(STYLE, url, {"type": kind, "after": after})] if url else []


class Callbacks:
    """The vendor's callbacks. Implements :class:`vodkit.server.processing.CallbackStyle`.

    An event's payload is what is said. Each try is signed anew, with the key that the account has then.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def message(self, conn: Connection, event: Event, address: Address, account: Account) -> Message:
        """See :meth:`vodkit.server.processing.CallbackStyle.message`."""
        self._in_turn(conn, address)
        body = wire.callback_body(event.payload, event.id)
        row = _row(conn, account.id, address.attrs["type"])
        sealed = row["sign_key"] if row is not None else ""
        key = self._service.vault.unseal(sealed) if sealed else None
        headers = {
            "Content-Type": "application/json;charset=utf-8",
            "sign": sign.callback_sign(body, key.decode() if key else wire.SIGN_KEY),
        }
        return Message(address.target, headers, body)

    def _in_turn(self, conn: Connection, address: Address) -> None:
        """An upload is told of before what is made of it (netease.md §7). Raises ``Postponed``."""
        due = rows.expected(conn, address.attrs.get("after", ""), STYLE)
        if due is not None:
            raise Postponed(max(_SOON, due - self._service.now() + _SOON))

    def accepted(self, status: int, body: bytes) -> bool:
        """Whatever the body says, a status of 2xx is enough."""
        return 200 <= status < 300

    def delay(self, attempts: int) -> float | None:
        """10 seconds at first, a day at last, seven times in all."""
        return _DELAYS[attempts - 1] if attempts <= len(_DELAYS) else None


def keys(vault: Vault, conn: Connection) -> list[str]:
    """What callbacks are signed with, where somebody has set a key."""
    sealed = conn.scalars(select(callbacks.c.sign_key).where(callbacks.c.sign_key != "").distinct())
    return [key.decode() for each in sealed if (key := vault.unseal(each)) is not None]


def _row(conn: Connection, account: str, kind: int) -> RowMapping | None:
    here = (callbacks.c.account == account, callbacks.c.type == kind)
    return conn.execute(select(callbacks).where(*here)).mappings().first()


def _set(conn: Connection, caller: Caller, kind: int, url: str, key: str | None) -> None:
    """Replace one address; its key stays unless another is given."""
    before = _row(conn, caller.account, kind)
    sealed = before["sign_key"] if before is not None else ""
    if key is not None:
        sealed = caller.service.vault.seal(key.encode())
    _forget(conn, caller.account, kind)
    conn.execute(insert(callbacks).values(account=caller.account, type=kind, url=url, sign_key=sealed))


def _forget(conn: Connection, account: str, kind: int) -> None:
    conn.execute(delete(callbacks).where(callbacks.c.account == account, callbacks.c.type == kind))


def _setter(kind: int) -> Handler:
    async def run(caller: Caller, params: Params) -> Mapping[str, Any]:
        url = _url(params)
        await caller.service.catalog.write(lambda conn: _set(conn, caller, kind, url, None))
        return {}

    return run


async def _set_url(caller: Caller, params: Params) -> Mapping[str, Any]:
    kind, url, key = _kind(params), _url(params), text(params, "signKey")
    if key is not None and not _KEY.fullmatch(key):
        raise ApiError(wire.BAD_REQUEST, "signKey must be 1 to 32 letters and digits")
    await caller.service.catalog.write(lambda conn: _set(conn, caller, kind, url, key))
    return {}


async def _get_url(caller: Caller, params: Params) -> Mapping[str, Any]:
    kind = _kind(params)
    row = await caller.service.catalog.read(lambda conn: _row(conn, caller.account, kind))
    return {"type": kind, "callbackUrl": row["url"] if row is not None else ""}


async def _delete_url(caller: Caller, params: Params) -> Mapping[str, Any]:
    kind = _kind(params)
    await caller.service.catalog.write(lambda conn: _forget(conn, caller.account, kind))
    return {}


def _kind(params: Params) -> int:
    kind = required_integer(params, "type")
    if kind not in _KINDS:
        raise ApiError(wire.BAD_REQUEST, "type must be 1 (transcode), 2 (upload), 5 (merge) or 6 (clip)")
    return kind


def _url(params: Params) -> str:
    required_text(params, "callbackUrl", most=wire.MAX_CALLBACK_URL)
    return address(params, "callbackUrl") or ""


HANDLERS: Mapping[str, Handler] = {
    "upload/setcallback": _setter(UPLOAD),
    "transcode/setcallback": _setter(TRANSCODE),
    "callback/setUrl": _set_url,
    "callback/getUrl": _get_url,
    "callback/deleteUrl": _delete_url,
}
