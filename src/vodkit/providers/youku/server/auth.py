"""Who calls: tokens, their grants and their life (youku.md §3)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, insert, or_, select, update

from vodkit.server.contract import Account, Service

from .. import sign
from ..wire import Codes
from .call import PROVIDER, Action, Call, Refused, missing
from .tables import tokens

CODE_LIFE: Final = 600.0
REFRESH_LIFE: Final = 180 * 86400.0
GRACE: Final = 60.0
"""Seconds in which a refresh token may be exchanged again, for a client that lost the answer."""
_KEPT: Final = 86400.0
"""Seconds that a token past its life is still known as such, and not as one that never was."""


async def application(call: Call) -> Account:
    """The application that calls. Raises 1012, 1005."""
    key = call.need("client_id", limit=512)
    if not call.service.settings.strict:
        # The vendor's documents show the id in quotes; people copy them.
        key = key.strip("'\"")
    account = await call.service.accounts.find(PROVIDER, key)
    if account is None:
        raise Refused(Codes.CLIENT_ID)
    return account


async def user(call: Call, account: Account) -> None:
    """Demand an access token of the application's user. Raises 1008, 1009."""
    status = int(account.attrs.get("token_error_status") or 400)
    token = call.text("access_token", limit=512)
    if not token:
        raise Refused(Codes.TOKEN, status=status)
    if any(sign.same(token, known) for known in account.attrs.get("access_tokens") or ()):
        return
    print_ = sign.fingerprint(token)
    row = await call.service.catalog.read(lambda conn: _row(conn, print_, "access"))
    if row is None or row["account"] != account.id:
        if account.open and row is None:
            return
        raise Refused(Codes.TOKEN, status=status)
    if row["expires"] <= call.now:
        raise Refused(Codes.TOKEN_EXPIRED, status=status)


def user_password_matches(account: Account, name: str, password: str) -> bool:
    """Whether somebody is the application's user; anybody is where accounts are open."""
    if account.open:
        return True
    right = account.attrs.get("user_password") or account.secret
    known = sign.same(name, str(account.attrs.get("user_name") or ""))
    return sign.password_matches(password, right) and known


async def new_code(service: Service, account: Account, redirect_uri: str) -> str:
    """A code that can be exchanged once, soon."""
    code = sign.new_token()
    values = _values("code", account, secrets.token_hex(16), service.now() + CODE_LIFE, redirect_uri)
    row = {"fingerprint": sign.fingerprint(code), **values}
    await service.catalog.write(lambda conn: conn.execute(insert(tokens).values(row)))
    return code


async def _token(call: Call) -> Mapping[str, Any]:
    account = await application(call)
    grant = call.need("grant_type")
    secret = call.text("client_secret")
    if secret and not account.open and not sign.same(secret, account.secret):
        raise _no("Client id or secret invalid", Codes.CLIENT_ID)
    match grant:
        case "authorization_code":
            _need_secret(secret)
            return await _by_code(call, account)
        case "refresh_token":
            return await _by_refresh(call, account)
        case "password" if account.attrs.get("password_grant"):
            _need_secret(secret)
            if not user_password_matches(account, call.need("username"), call.need("password")):
                raise _no("User name or password invalid")
            return await _issue(call, account, secrets.token_hex(16))
        case "client_credentials":
            _need_secret(secret)
            return await _issue(call, account, secrets.token_hex(16), refresh=False)
    raise _no("This grant is not offered", Codes.INVALID)


def _need_secret(secret: str) -> None:
    if not secret:
        raise missing("client_secret")


def _no(text: str, code: int = Codes.TOKEN) -> Refused:
    return Refused(code, text, type="OAuth2Exception")


async def _by_code(call: Call, account: Account) -> Mapping[str, Any]:
    print_, address = sign.fingerprint(call.need("code")), call.need("redirect_uri")

    def take(conn: Connection) -> str | None:
        row = _row(conn, print_, "code", lock=True)
        if row is None or row["account"] != account.id or row["expires"] <= call.now:
            return None
        conn.execute(delete(tokens).where(tokens.c.fingerprint == print_))
        return str(row["family"]) if row["redirect_uri"] == address else None

    family = await call.service.catalog.write(take)
    if family is None:
        raise _no("The authorization code is unknown, used, expired, or of another address")
    return await _issue(call, account, family)


async def _by_refresh(call: Call, account: Account) -> Mapping[str, Any]:
    print_ = sign.fingerprint(call.need("refresh_token"))

    def take(conn: Connection) -> str | None:
        row = _row(conn, print_, "refresh", lock=True)
        if row is None or row["account"] != account.id or row["expires"] <= call.now:
            return None
        if row["used"] is None:
            conn.execute(update(tokens).where(tokens.c.fingerprint == print_).values(used=call.now))
        elif row["used"] + GRACE < call.now:
            # Whoever shows a token that was replaced long ago may have stolen it: nobody keeps any.
            conn.execute(delete(tokens).where(tokens.c.family == row["family"]))
            return None
        return str(row["family"])

    family = await call.service.catalog.write(take)
    if family is None:
        raise _no("The refresh token is unknown, used, or expired")
    return await _issue(call, account, family)


async def _issue(call: Call, account: Account, family: str, *, refresh: bool = True) -> Mapping[str, Any]:
    life = int(account.attrs.get("token_life") or 2_592_000)
    access, renewal = sign.new_token(), sign.new_token() if refresh else ""
    rows = [{"fingerprint": sign.fingerprint(access), **_values("access", account, family, call.now + life)}]
    if renewal:
        values = _values("refresh", account, family, call.now + REFRESH_LIFE)
        rows.append({"fingerprint": sign.fingerprint(renewal), **values})
    await call.service.catalog.write(lambda conn: conn.execute(insert(tokens), rows))
    answer = {"access_token": access, "expires_in": life, "token_type": "bearer"}
    return {**answer, "refresh_token": renewal} if renewal else answer


def _values(
    kind: str, account: Account, family: str, expires: float, redirect_uri: str = ""
) -> dict[str, Any]:
    return {
        "kind": kind,
        "account": account.id,
        "family": family,
        "redirect_uri": redirect_uri,
        "expires": expires,
        "used": None,
    }


def _row(conn: Connection, print_: str, kind: str, *, lock: bool = False) -> RowMapping | None:
    query = select(tokens).where(tokens.c.fingerprint == print_, tokens.c.kind == kind)
    return conn.execute(query.with_for_update() if lock else query).mappings().first()


async def sweep(service: Service, now: float) -> int:
    """Forget tokens that are over; how many."""

    def forget(conn: Connection) -> int:
        codes = (tokens.c.kind == "code") & (tokens.c.expires <= now)
        gone = conn.execute(delete(tokens).where(or_(codes, tokens.c.expires <= now - _KEPT)))
        return gone.rowcount

    return await service.catalog.write(forget)


ACTIONS = {"oauth2/token": Action(_token, ("POST",), login="none")}
