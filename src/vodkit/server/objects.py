"""Names in spaces, and the bytes they hold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from .blobs import BlobStore
from .blobs import rows as blob_rows
from .catalog import SqlCatalog
from .catalog.tables import blobs, objects
from .contract import Blob, Scope, Send, StoredObject
from .errors import BlobGone
from .names import check_name, prefix_end
from .reply import respond

_COLUMNS = (*objects.c, blobs.c.size, blobs.c.digests)


class ObjectTable:
    """Implements :class:`vodkit.server.contract.Objects`.

    Args:
        catalog: The database.
        store: Where bytes are.
        now: The clock.
    """

    def __init__(self, catalog: SqlCatalog, store: BlobStore, now: Callable[[], float]) -> None:
        self._catalog = catalog
        self._store = store
        self._now = now

    def put(
        self,
        conn: Connection,
        *,
        account: str,
        provider: str,
        space: str,
        key: str,
        blob: Blob,
        content_type: str,
        etag: str,
        attrs: Mapping[str, Any] | None = None,
    ) -> StoredObject:
        """See :meth:`contract.Objects.put`.

        Raises:
            BadName: the space or the key cannot be stored.
            BlobGone: the blob was let go in the meantime.
        """
        if blob_rows.get(conn, blob.id) is None:
            raise BlobGone(f"the blob {blob.id} is not there")
        here = _named(provider, check_name(space), check_name(key))
        old = conn.execute(select(objects.c.blob).where(here).with_for_update()).scalar()
        values: dict[str, Any] = {
            "account": account,
            "blob": blob.id,
            "content_type": check_name(content_type),
            "etag": etag,
            "attrs": dict(attrs or {}),
            "created": self._now(),
        }
        if old is None:
            conn.execute(insert(objects).values(provider=provider, space=space, key=key, **values))
        else:
            conn.execute(update(objects).where(here).values(values))
            blob_rows.let_go(conn, self._store, old)
        return StoredObject(provider=provider, space=space, key=key, **{**values, "blob": blob})

    def get(self, conn: Connection, provider: str, space: str, key: str) -> StoredObject | None:
        """See :meth:`contract.Objects.get`."""
        row = conn.execute(select(*_COLUMNS).join(blobs).where(_named(provider, space, key))).first()
        return _object_of(row) if row else None

    def list(
        self,
        conn: Connection,
        provider: str,
        space: str,
        prefix: str = "",
        *,
        after: str = "",
        limit: int = 1000,
    ) -> list[StoredObject]:
        """See :meth:`contract.Objects.list`."""
        query = select(*_COLUMNS).join(blobs).where(_under(provider, space, prefix), objects.c.key > after)
        return [_object_of(row) for row in conn.execute(query.order_by(objects.c.key).limit(limit))]

    def delete(self, conn: Connection, provider: str, space: str, key: str) -> bool:
        """See :meth:`contract.Objects.delete`."""
        return bool(self._forget(conn, _named(provider, space, key)))

    def delete_owned(
        self, conn: Connection, account: str, provider: str, space: str, keys: Sequence[str], folder: str
    ) -> int:
        """Forget an account's objects of these names, and those under ``folder`` if it is not ``""``."""
        mine = objects.c.account == account
        count = sum(self._forget(conn, and_(_named(provider, space, key), mine)) for key in keys)
        if folder:
            count += self._forget(conn, and_(_under(provider, space, folder), mine))
        return count

    async def stream(self, blob: Blob, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """See :meth:`contract.Objects.stream`.

        Raises:
            BlobGone: the bytes are not there any more.
        """
        most = max(0, blob.size - start)
        length = most if length is None else min(length, most)
        if length:
            whole = await self._catalog.read(lambda conn: blob_rows.extents_of(conn, blob.id))
            if not whole:
                raise BlobGone(f"the blob {blob.id} is not there")
            async for piece in self._store.stream(blob_rows.slice_of(whole, start, length)):
                yield piece

    async def respond(
        self,
        scope: Scope,
        send: Send,
        found: StoredObject,
        headers: Mapping[str, str] | None = None,
        *,
        content_range_on_416: bool = True,
    ) -> None:
        """See :meth:`contract.Objects.respond`.

        Raises:
            BlobGone: the bytes are not there any more; nothing was answered yet.
        """
        await respond(self.stream, scope, send, found, headers, content_range_on_416=content_range_on_416)

    def _forget(self, conn: Connection, which: Any) -> int:
        rows = conn.execute(
            select(objects.c.provider, objects.c.space, objects.c.key, objects.c.blob)
            .where(which)
            .with_for_update()
        ).all()
        for provider, space, key, blob in rows:
            conn.execute(delete(objects).where(_named(provider, space, key)))
            blob_rows.let_go(conn, self._store, blob)
        return len(rows)


def _named(provider: str, space: str, key: str) -> Any:
    return and_(objects.c.provider == provider, objects.c.space == space, objects.c.key == key)


def _under(provider: str, space: str, prefix: str) -> Any:
    found = and_(objects.c.provider == provider, objects.c.space == space, objects.c.key >= prefix)
    end = prefix_end(prefix)
    return found if end is None else and_(found, objects.c.key < end)


def _object_of(row: Row[Any]) -> StoredObject:
    return StoredObject(
        provider=row.provider,
        space=row.space,
        key=row.key,
        account=row.account,
        blob=Blob(row.blob, row.size, row.digests),
        content_type=row.content_type,
        etag=row.etag,
        attrs=row.attrs,
        created=row.created,
    )
