"""Who sent a request of the API (netease.md §3)."""

from __future__ import annotations

import functools

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from vodkit.server import logs
from vodkit.server.contract import Account, Head, Service

from .. import sign, wire
from ..errors import PROVIDER
from . import users
from .answer import ApiError
from .tables import nonces

WINDOW = 300
"""Seconds that the clock of a signer may be off: logged in compat mode, refused in strict mode."""

COMPAT, STRICT = "compat", "strict"

USERS_MAY = frozenset({"upload/init", "video/query"})
"""What an end user may call with a token of their own (netease.md §3.2)."""

_REASONS = {
    sign.Verdict.MALFORMED: "Nonce, CurTime or CheckSum is missing or malformed",
    sign.Verdict.WRONG: "CheckSum is not that of this key, Nonce and CurTime",
}


class Authenticator:
    """Authenticates requests; remembers whose clock it has complained about."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._skewed: set[str] = set()
        self._log = logs.get("netease")

    async def __call__(self, head: Head, operation: str) -> Account:
        """The account that a request is for.

        Raises:
            ApiError: 710.
        """
        headers = head.headers
        account = await self._service.accounts.find(PROVIDER, headers.get("appkey", ""))
        if account is None:
            raise ApiError(wire.AUTH_FAILED, "the AppKey is missing or unknown")
        if account.open:
            return account
        if "accid" in headers and "checksum" not in headers:
            await self._user(account, head, operation)
            return account
        verdict = sign.verify(account.secret, headers)
        if verdict is not sign.Verdict.OK:
            raise ApiError(wire.AUTH_FAILED, _REASONS[verdict])
        await self._clock(account, headers["nonce"], headers["curtime"])
        return account

    async def _user(self, account: Account, head: Head, operation: str) -> None:
        if operation not in USERS_MAY:
            raise ApiError(wire.AUTH_FAILED, "an end user's token does not allow this call; sign it")
        accid, token = head.headers["accid"], head.headers.get("token", "")
        if not await users.is_theirs(self._service, account.id, accid, token):
            raise ApiError(wire.AUTH_FAILED, "the Accid is unknown, or the Token is not theirs")

    async def _clock(self, account: Account, nonce: str, time: str) -> None:
        now = self._service.now()
        near = abs(now - int(time)) <= WINDOW
        if account.attrs.get("auth_mode") != STRICT:
            if not near and account.id not in self._skewed:
                self._skewed.add(account.id)
                self._log.warning("an application's CurTime is off", account=account.id)
            return
        if not near:
            raise ApiError(wire.AUTH_FAILED, f"CurTime is more than {WINDOW} seconds off; check the clock")
        expires = int(time) + WINDOW + 1
        use = functools.partial(_use_up, account=account.id, nonce=nonce, time=time, expires=expires)
        if not await self._service.catalog.write(use):
            raise ApiError(wire.AUTH_FAILED, "this Nonce and CurTime were used before")


def _use_up(conn: Connection, *, account: str, nonce: str, time: str, expires: float) -> bool:
    """Note a nonce; whether it was new."""
    values = {"account": account, "nonce": nonce, "time": time}
    same = [nonces.c[name] == value for name, value in values.items()]
    if conn.execute(select(nonces.c.expires).where(*same)).first() is not None:
        return False
    try:
        with conn.begin_nested():
            conn.execute(insert(nonces).values(**values, expires=expires))
    except IntegrityError:
        return False
    return True


def forget_nonces(conn: Connection, now: float) -> None:
    """Drop the nonces whose time is outside the window."""
    conn.execute(delete(nonces).where(nonces.c.expires <= now))
