"""Where an account wants to be called back (netease.md §4.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from .. import wire
from .answer import ApiError
from .caller import Caller, Handler, Params
from .fields import address, required_integer, required_text, text
from .tables import callbacks

TRANSCODE, UPLOAD = 1, 2
_KINDS = (TRANSCODE, UPLOAD, 5, 6)
_KEY = re.compile(r"[A-Za-z0-9]{1,32}")


def _set(conn: Connection, account: str, kind: int, url: str, key: str | None) -> None:
    """Replace one address; its key stays unless another is given."""
    here = (callbacks.c.account == account, callbacks.c.type == kind)
    before = conn.scalar(select(callbacks.c.sign_key).where(*here))
    conn.execute(delete(callbacks).where(*here))
    chosen = key or before or wire.SIGN_KEY
    conn.execute(insert(callbacks).values(account=account, type=kind, url=url, sign_key=chosen))


def _setter(kind: int) -> Handler:
    async def run(caller: Caller, params: Params) -> Mapping[str, Any]:
        url = _url(params)
        await caller.service.catalog.write(lambda conn: _set(conn, caller.account, kind, url, None))
        return {}

    return run


async def _set_url(caller: Caller, params: Params) -> Mapping[str, Any]:
    kind, url, key = required_integer(params, "type"), _url(params), text(params, "signKey")
    if kind not in _KINDS:
        raise ApiError(wire.BAD_REQUEST, "type must be 1 (transcode), 2 (upload), 5 (merge) or 6 (clip)")
    if key is not None and not _KEY.fullmatch(key):
        raise ApiError(wire.BAD_REQUEST, "signKey must be 1 to 32 letters and digits")
    await caller.service.catalog.write(lambda conn: _set(conn, caller.account, kind, url, key))
    return {}


def _url(params: Params) -> str:
    required_text(params, "callbackUrl", most=wire.MAX_CALLBACK_URL)
    return address(params, "callbackUrl") or ""


HANDLERS: Mapping[str, Handler] = {
    "upload/setcallback": _setter(UPLOAD),
    "transcode/setcallback": _setter(TRANSCODE),
    "callback/setUrl": _set_url,
}
