"""Spaces: who has them, and those that accounts have from the start (ucloud.md §1, §7.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from vodkit.server.catalog.tables import objects, spaces
from vodkit.server.contract import Account, Service

from .. import wire
from ..errors import PROVIDER
from .tables import given_spaces

PUBLIC, PRIVATE = "public", "private"


@dataclass(frozen=True, slots=True)
class Space:
    """A bucket.

    Attributes:
        name: Unique among all accounts.
        account: Id of the owner.
        access: ``public`` or ``private``.
        region: Where it was wanted.
        attrs: ``biz``, ``domains``, ``tag``, ``modified``.
        created: Seconds since the epoch.
    """

    name: str
    account: str
    access: str
    region: str
    attrs: Mapping[str, Any]
    created: float

    @property
    def public(self) -> bool:
        """Whether everybody may read what is in it."""
        return self.access == PUBLIC

    @property
    def id(self) -> str:
        """What the vendor calls BucketId."""
        return "ufile-" + hashlib.sha256(self.name.encode()).hexdigest()[:8]


async def find(service: Service, name: str) -> Space | None:
    """A space; one that an account was set up with is made the first time it is asked for."""
    found = await service.catalog.read(lambda conn: get(conn, name))
    if found is not None or not wire.is_bucket(name):
        return found
    for account in await service.accounts.of(PROVIDER):
        if name in declared(account):
            return await service.catalog.write(partial(_given, service, account, name))
    return None


def _given(service: Service, account: Account, name: str, conn: Connection) -> Space | None:
    give(conn, service, account, [name])
    return get(conn, name)


async def of_domain(service: Service, host: str) -> Space | None:
    """The space that a domain of somebody's own stands for."""

    def look(conn: Connection) -> Space | None:
        rows = conn.execute(select(spaces).where(spaces.c.provider == PROVIDER).order_by(spaces.c.created))
        return next((_space(row) for row in rows if host in row.attrs.get("domains", ())), None)

    return await service.catalog.read(look)


def declared(account: Account) -> dict[str, str]:
    """The spaces that an account was set up with, and their access."""
    given = {
        PRIVATE: account.attrs.get("spaces") or (),
        PUBLIC: account.attrs.get("public_spaces") or (),
    }
    return {name: access for access, names in given.items() for name in names if wire.is_bucket(name)}


def give(conn: Connection, service: Service, account: Account, names: Sequence[str]) -> None:
    """Make spaces that an account was set up with, unless they were made before or are somebody else's."""
    for name in names:
        if conn.execute(select(given_spaces).where(given_spaces.c.name == name)).first() is not None:
            continue
        conn.execute(insert(given_spaces).values(name=name, account=account.id))
        if get(conn, name) is None:
            create(conn, service, account, name, access=declared(account)[name])


def create(
    conn: Connection,
    service: Service,
    account: Account,
    name: str,
    *,
    access: str = PRIVATE,
    region: str = "",
    attrs: Mapping[str, Any] | None = None,
) -> Space:
    """A new space; the caller has made sure that its name is free."""
    now = service.now()
    space = Space(
        name=name,
        account=account.id,
        access=access,
        region=region or account.attrs.get("region") or "cn-bj",
        attrs={"biz": "vod", "domains": [], "tag": "Default", "modified": now, **(attrs or {})},
        created=now,
    )
    conn.execute(insert(spaces).values(provider=PROVIDER, **asdict(space)))
    return space


def get(conn: Connection, name: str) -> Space | None:
    """One space."""
    row = conn.execute(select(spaces).where(_named(name))).first()
    return _space(row) if row else None


def owned(conn: Connection, account: str) -> list[Space]:
    """An account's spaces, oldest first."""
    mine = and_(spaces.c.provider == PROVIDER, spaces.c.account == account)
    return [
        _space(row)
        for row in conn.execute(select(spaces).where(mine).order_by(spaces.c.created, spaces.c.name))
    ]


def change(conn: Connection, space: Space, access: str, now: float) -> None:
    """Make a space public or private."""
    attrs = {**space.attrs, "modified": now}
    conn.execute(update(spaces).where(_named(space.name)).values(access=access, attrs=attrs))


def is_empty(conn: Connection, name: str) -> bool:
    """Whether a space holds no object."""
    here = and_(objects.c.provider == PROVIDER, objects.c.space == name)
    return conn.execute(select(objects.c.key).where(here).limit(1)).first() is None


def remove(conn: Connection, service: Service, name: str) -> None:
    """Forget an empty space and the uploads that are open in it."""
    while found := service.uploads.find(conn, PROVIDER, name):
        for upload in found:
            service.uploads.abort(conn, upload.id)
    conn.execute(delete(spaces).where(_named(name)))


def _named(name: str) -> Any:
    return and_(spaces.c.provider == PROVIDER, spaces.c.name == name)


def _space(row: Row[Any]) -> Space:
    return Space(row.name, row.account, row.access, row.region, row.attrs, row.created)
