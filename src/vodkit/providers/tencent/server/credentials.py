"""Temporary credentials: minted without a table, carried whole in their own sealed token."""

from __future__ import annotations

import fnmatch
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from vodkit.server.contract import Account, Accounts, Vault

PROVIDER = "tencent"

UPLOAD_OPERATIONS = frozenset(
    {
        "PutObject",
        "InitiateMultipartUpload",
        "ListMultipartUploads",
        "ListParts",
        "UploadPart",
        "CompleteMultipartUpload",
        "AbortMultipartUpload",
        "HeadObject",
    }
)
"""What the credentials of an upload may do in the object store (tencent.md §B.1)."""

DEFAULT_LIFE = 48 * 3600
"""Seconds that upload credentials live: the official clients never renew them."""

_USE = "temporary credentials"


@dataclass(frozen=True, slots=True)
class Grant:
    """What temporary credentials allow.

    Attributes:
        actions: Patterns of ``<service>:<action>`` (``vod:*``, ``cos:PutObject``) that are allowed.
        denied: Patterns that are not, whatever ``actions`` says.
        bucket: The only bucket, or ``""`` for all of the account's.
        prefix: What every object key must begin with.
        session: File id of the upload session that they are for, or ``""``; once it is over nothing may be
            written with them.
    """

    actions: tuple[str, ...] = ("*",)
    denied: tuple[str, ...] = ()
    bucket: str = ""
    prefix: str = ""
    session: str = ""

    def allows(self, service: str, action: str) -> bool:
        """Whether an action of a service (``vod``, ``sts``, ``cos``) is allowed, wherever it goes."""
        name = f"{service}:{action}".lower()
        return _any(name, self.actions) and not _any(name, self.denied)

    def allows_object(self, bucket: str, action: str, key: str) -> bool:
        """Whether an operation of the object store may go to this key (or listing prefix) of a bucket."""
        return self.allows("cos", action) and self.bucket in ("", bucket) and key.startswith(self.prefix)


EVERYTHING = Grant()
"""What an account's permanent key allows."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Keys that somebody may sign with, and what they are good for.

    Attributes:
        account: Whose.
        key: Public id, as it stands in the request.
        secret: What signatures are made with; unknown (``""``) for an open account.
        grant: What it allows.
        expires: Seconds since the epoch, or ``None`` for a permanent key.
        open: Signatures are not checked (the service is not strict and does not know the key).
    """

    account: Account
    key: str
    secret: str = field(repr=False)
    grant: Grant = EVERYTHING
    expires: float | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class Minted:
    """Fresh temporary credentials."""

    key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    expires: int


class UnknownKey(Exception):
    """No account has this key."""


class BadToken(Exception):
    """The token is not one of ours, is over, or belongs to another key."""

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


class Parts(Protocol):
    """What credentials need of the service."""

    @property
    def vault(self) -> Vault: ...

    @property
    def accounts(self) -> Accounts: ...

    def now(self) -> float: ...


class Credentials:
    """Mints and resolves credentials of the room's accounts."""

    def __init__(self, service: Parts) -> None:
        self._service = service

    def mint(self, account: Account, life: float, grant: Grant = EVERYTHING) -> Minted:
        """Temporary credentials of an account.

        Args:
            account: On whose behalf.
            life: Seconds until they expire.
            grant: What they allow.
        """
        key = "AKID" + secrets.token_urlsafe(33).replace("-", "x").replace("_", "y")
        secret = secrets.token_urlsafe(33)
        expires = int(self._service.now() + life)
        facts = {
            "use": _USE,
            "key": key,
            "secret": secret,
            "account": account.id,
            "expires": expires,
            "actions": grant.actions,
            "denied": grant.denied,
            "bucket": grant.bucket,
            "prefix": grant.prefix,
            "session": grant.session,
        }
        return Minted(key, secret, self._service.vault.seal(json.dumps(facts).encode()), expires)

    async def resolve(self, key: str, token: str) -> Credential:
        """What a key, and the token that came with it, stand for.

        Args:
            key: Public id in the request.
            token: Session token, or ``""``.

        Raises:
            UnknownKey: no account has this key.
            BadToken: the token is not one of ours, is over, or belongs to another key.
        """
        facts = self._unsealed(token) if token else None
        if facts is not None:
            return await self._temporary(key, facts)
        account = await self._service.accounts.find(PROVIDER, key)
        if account is None:
            if token:
                raise BadToken("the session token is not one of this service")
            raise UnknownKey(key)
        if token and not account.open:
            raise BadToken("a permanent key takes no session token")
        return Credential(account, key, account.secret, open=account.open)

    async def _temporary(self, key: str, facts: Mapping[str, Any]) -> Credential:
        if facts["key"] != key:
            raise BadToken("the session token belongs to another key")
        if facts["expires"] <= self._service.now():
            raise BadToken("the temporary credentials have expired", expired=True)
        account = await self._service.accounts.get(facts["account"])
        if account is None:
            raise BadToken("the account of the temporary credentials is gone")
        grant = Grant(
            tuple(facts["actions"]),
            tuple(facts["denied"]),
            facts["bucket"],
            facts["prefix"],
            facts["session"],
        )
        return Credential(account, key, facts["secret"], grant, facts["expires"])

    def _unsealed(self, token: str) -> Mapping[str, Any] | None:
        sealed = self._service.vault.unseal(token)
        if sealed is None:
            return None
        try:
            facts: Mapping[str, Any] = json.loads(sealed)
        except ValueError:
            return None
        return facts if isinstance(facts, dict) and facts.get("use") == _USE else None


def _any(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern.lower()) for pattern in patterns)
