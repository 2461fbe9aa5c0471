"""Who may sign: accounts in the catalog, their secrets sealed."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from vodkit.core import registry
from vodkit.core.errors import ConfigError

from . import accounts_file
from .accounts_file import Entry
from .catalog import SqlCatalog
from .catalog.tables import accounts as table
from .contract import Account
from .procedures import change_settings
from .vault import Vault, sync_folder, write_private

CACHE_SECONDS = 5.0
"""How long a change made by another process (``vodkit accounts``) may stay unnoticed."""

_CACHE_ENTRIES = 10_000
_LONGEST_KEY = 512


class Accounts:
    """Implements :class:`vodkit.server.contract.Accounts`.

    Args:
        strict: Only accounts that somebody added; otherwise unknown keys become open accounts.
    """

    def __init__(self, catalog: SqlCatalog, vault: Vault, *, strict: bool) -> None:
        self._catalog = catalog
        self._vault = vault
        self._strict = strict
        self._cache: dict[tuple[str, str], tuple[float, Account]] = {}

    async def find(self, provider: str, key: str) -> Account | None:
        """The account of a public key, or ``None``; see the contract."""
        now = time.monotonic()
        until, account = self._cache.get((provider, key), (0.0, None))
        if until > now:
            return account
        if not key or len(key) > _LONGEST_KEY or not key.isprintable():
            return None
        row = await self._catalog.read(lambda conn: _by_key(conn, provider, key))
        if row is None and not self._strict:
            row = await self._catalog.write(lambda conn: self._opened(conn, provider, key))
        if row is None or not self._counts(row):
            self._cache.pop((provider, key), None)
            return None
        account = self._account(row)
        if len(self._cache) >= _CACHE_ENTRIES:
            self._cache.clear()
        self._cache[provider, key] = (now + CACHE_SECONDS, account)
        return account

    async def get(self, id: str) -> Account | None:
        """The account of an id of ours."""
        return await self._catalog.read(lambda conn: self.known(conn, id))

    def known(self, conn: Connection, id: str) -> Account | None:
        """See :meth:`contract.Accounts.known`."""
        row = conn.execute(select(table).where(table.c.id == id)).first()
        return self._account(row) if row is not None and self._counts(row) else None

    async def of(self, provider: str) -> Sequence[Account]:
        """All accounts of a room, oldest first."""
        return await self._catalog.read(lambda conn: self.all(conn, provider))

    def all(self, conn: Connection, provider: str) -> list[Account]:
        """:meth:`of`, within a transaction."""
        return [self._account(row) for row in _all(conn, provider) if self._counts(row)]

    def store(self, conn: Connection, entries: Iterable[Entry]) -> None:
        """Add accounts; those whose key is known get the new secret and facts, and count again. What they may
        changes as far as the entries say."""
        for entry in entries:
            values = {**self._columns(entry), "open": False, "disabled": False}
            row = _by_key(conn, entry.provider, entry.key)
            fresh = _fresh(entry.provider, entry.key)
            if row is None:
                conn.execute(insert(table).values(**fresh, **values))
            else:
                conn.execute(update(table).where(table.c.id == row.id).values(**values))
            if entry.allowances:
                change_settings(conn, row.id if row else fresh["id"], **entry.allowances)

    def _opened(self, conn: Connection, provider: str, key: str) -> Row[Any] | None:
        if _by_key(conn, provider, key) is None:
            usual = accounts_file.defaults(registry.descriptor(provider))
            values = {**self._columns(Entry(provider, key, "", usual)), "open": True, "disabled": False}
            conn.execute(insert(table).values(**_fresh(provider, key), **values))
        return _by_key(conn, provider, key)

    def _columns(self, entry: Entry) -> dict[str, Any]:
        """The secret and the secret facts sealed together, the others in clear."""
        hidden = {s.name for s in registry.descriptor(entry.provider).account if s.secret}
        sealed = {name: value for name, value in entry.attrs.items() if name in hidden}
        clear = {name: value for name, value in entry.attrs.items() if name not in hidden}
        payload = json.dumps({"secret": entry.secret, "attrs": sealed}).encode()
        return {"secret_sealed": self._vault.seal(payload), "attrs": clear}

    def _counts(self, row: Row[Any]) -> bool:
        return not row.disabled and not (row.open and self._strict)

    def _account(self, row: Row[Any]) -> Account:
        payload = self._vault.unseal(row.secret_sealed)
        if payload is None:
            raise ConfigError(
                f"the secret of the {row.provider} account {row.key!r} was sealed with other keys",
                advice="Restore the data folder's file 'keys' from the same backup as the database",
            )
        sealed = json.loads(payload)
        attrs = {**row.attrs, **sealed["attrs"]}
        return Account(row.id, row.provider, row.key, sealed["secret"], attrs, row.open)


def id_of(conn: Connection, provider: str, key: str) -> str | None:
    """Our id of an account; ``None`` if there is none of this key."""
    row = _by_key(conn, provider, key)
    return row.id if row else None


def disable(conn: Connection, provider: str, key: str) -> bool:
    """Let an account sign no more, until it is added again; whether there is one."""
    place = (table.c.provider == provider) & (table.c.key == key)
    return conn.execute(update(table).where(place).values(disabled=True)).rowcount > 0


def listed(conn: Connection, provider: str | None = None) -> list[dict[str, Any]]:
    """All accounts without their secrets, as JSON-ready data."""
    names = ("provider", "key", "id", "attrs", "open", "disabled", "created")
    return [{name: getattr(row, name) for name in names} for row in _all(conn, provider)]


def entries_at_start(data: Path, given: str) -> list[Entry]:
    """The accounts to store when the service starts.

    Those of the file that was given; without one, those of the data folder's own file, where every room that
    has none yet gets an account with fresh keys.
    """
    if given:
        return accounts_file.load(Path(given))
    path = data / "accounts.toml"
    entries = accounts_file.load(path) if path.exists() else []
    served = {entry.provider for entry in entries}
    descriptors = [registry.descriptor(name) for name in registry.names() if name not in served]
    made = [accounts_file.generate(descriptor) for descriptor in descriptors if descriptor.server]
    if made:
        _append(path, accounts_file.format_entries(made))
    return [*entries, *made]


def _append(path: Path, text: str) -> None:
    """Add text to a file that its owner alone may read, all or nothing."""
    before = path.read_text(encoding="utf-8") + "\n" if path.exists() else ""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    write_private(fresh, before + text)
    fresh.replace(path)
    sync_folder(path.parent)


def _fresh(provider: str, key: str) -> dict[str, Any]:
    return {"id": f"acc_{secrets.token_hex(8)}", "provider": provider, "key": key, "created": time.time()}


def _by_key(conn: Connection, provider: str, key: str) -> Row[Any] | None:
    return conn.execute(select(table).where(table.c.provider == provider, table.c.key == key)).first()


def _all(conn: Connection, provider: str | None) -> Sequence[Row[Any]]:
    query = select(table).order_by(table.c.provider, table.c.created)
    return conn.execute(query if provider is None else query.where(table.c.provider == provider)).all()
