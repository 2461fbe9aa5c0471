"""Tokens: key pairs that an account has limited (ucloud.md §2.1, §7.2)."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from vodkit.server.contract import Service

from .tables import tokens

PREFIX = "TOKEN_"
OPERATIONS = frozenset(f"TOKEN_ALLOW_{word}" for word in ("READ", "WRITE", "DELETE", "LIST", "IOP", "NONE"))
DENY_UPDATE = "TOKEN_DENY_UPDATE"


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Attributes:
        id: What management calls name it by.
        account: Id of the account that made it.
        name: For people.
        public_key, private_key: The key pair.
        rules: ``ops``, ``prefixes``, ``buckets``, ``black`` and ``white``: lists of text.
        expires, created: Seconds since the epoch.
    """

    id: str
    account: str
    name: str
    public_key: str
    private_key: str = field(repr=False)
    rules: Mapping[str, Sequence[str]]
    expires: float
    created: float

    def allows(self, operation: str, bucket: str, key: str, client: str, now: float) -> bool:
        """Whether a request may go on: ``READ``, ``WRITE``, ``DELETE``, ``LIST`` or ``IOP``."""
        rules = self.rules
        if now >= self.expires or f"TOKEN_ALLOW_{operation}" not in rules["ops"]:
            return False
        if "*" not in rules["buckets"] and bucket not in rules["buckets"]:
            return False
        if "*" not in rules["prefixes"] and not key.startswith(tuple(rules["prefixes"])):
            return False
        if _within(client, rules["black"]):
            return False
        return not rules["white"] or _within(client, rules["white"])

    @property
    def keeps(self) -> bool:
        """Whether it may not replace what is there."""
        return DENY_UPDATE in self.rules["ops"]


def create(
    conn: Connection, service: Service, account: str, name: str, rules: Mapping[str, Any], expires: float
) -> Token:
    """A new token."""
    token = Token(
        id=str(uuid.uuid4()),
        account=account,
        name=name,
        public_key=f"{PREFIX}{uuid.uuid4()}",
        private_key=str(uuid.uuid4()),
        rules=rules,
        expires=expires,
        created=service.now(),
    )
    conn.execute(
        insert(tokens).values(
            id=token.id,
            account=account,
            name=name,
            public_key=token.public_key,
            private_sealed=service.vault.seal(token.private_key.encode()),
            rules=dict(rules),
            expires=expires,
            created=token.created,
        )
    )
    return token


def of_key(conn: Connection, service: Service, public_key: str) -> Token | None:
    """The token with this public key."""
    row = conn.execute(select(tokens).where(tokens.c.public_key == public_key)).first()
    return _token(service, row) if row else None


def owned(conn: Connection, service: Service, account: str, id: str = "") -> list[Token]:
    """An account's tokens, oldest first; or the one of this id."""
    query = select(tokens).where(tokens.c.account == account).order_by(tokens.c.created)
    if id:
        query = query.where(tokens.c.id == id)
    return [_token(service, row) for row in conn.execute(query)]


def change(conn: Connection, account: str, id: str, values: Mapping[str, Any]) -> None:
    """Change name, rules or expiry."""
    if values:
        conn.execute(update(tokens).where(_mine(account, id)).values(**values))


def remove(conn: Connection, account: str, id: str) -> None:
    """Forget a token."""
    conn.execute(delete(tokens).where(_mine(account, id)))


def _mine(account: str, id: str) -> Any:
    return and_(tokens.c.account == account, tokens.c.id == id)


def _token(service: Service, row: Row[Any]) -> Token:
    secret = service.vault.unseal(row.private_sealed)
    if secret is None:
        raise RuntimeError("a token was sealed with other keys")
    return Token(
        row.id, row.account, row.name, row.public_key, secret.decode(), row.rules, row.expires, row.created
    )


def _within(client: str, networks: Sequence[str]) -> bool:
    try:
        address = ipaddress.ip_address(client)
        return any(address in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False
