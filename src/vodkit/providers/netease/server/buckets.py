"""The bucket of an account, and the key pair that signs its upload tokens (netease.md §6.6)."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from vodkit.server.contract import Service

from .. import sign
from .answer import NodeError
from .tables import buckets

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_ID, _KEY = "netease-nos-access-key", "netease-nos-secret-key"


def found(conn: Connection, account: str) -> str | None:
    """The bucket of an account, or ``None`` while it has none."""
    return conn.scalar(select(buckets.c.bucket).where(buckets.c.account == account))


def owner(conn: Connection, bucket: str) -> str | None:
    """The account that a bucket belongs to, or ``None``."""
    return conn.scalar(select(buckets.c.account).where(buckets.c.bucket == bucket))


def found_or_made(conn: Connection, account: str) -> str:
    """The bucket of an account."""
    bucket = found(conn, account)
    if bucket is not None:
        return bucket
    bucket = "vod" + "".join(secrets.choice(_LETTERS) for _ in range(8))
    try:
        with conn.begin_nested():
            conn.execute(insert(buckets).values(account=account, bucket=bucket))
    except IntegrityError:
        # Another call of the same account was first.
        return found_or_made(conn, account)
    return bucket


def issue(service: Service, bucket: str, name: str, expires: float) -> str:
    """The upload token of one object. Both keys follow from the bucket's name and the service's own."""
    vault = service.vault
    return sign.token(vault.sign(_ID, bucket), vault.sign(_KEY, bucket), bucket, name, int(expires))


def check(service: Service, text: str, bucket: str, name: str) -> None:
    """Refuse a token that does not allow uploading to this object.

    Raises:
        NodeError: 403.
    """
    token = sign.parse_token(text)
    if token is None or token.access_key != service.vault.sign(_ID, bucket):
        raise NodeError(403, "AccessDenied", "the x-nos-token header is missing or none of this bucket")
    if not sign.verify_token(token, service.vault.sign(_KEY, bucket)):
        raise NodeError(403, "AccessDenied", "the token's signature is wrong")
    if (token.bucket, token.object) != (bucket, name):
        raise NodeError(403, "AccessDenied", "the token is for another object")
    if token.expires <= service.now():
        raise NodeError(403, "TokenExpired", "the token has expired; begin a new upload")
