"""The uploads of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, delete, insert, select, update

from ..blobs import MIB, BlobStore, Extent, Ground, Sink
from ..blobs import rows as blob_rows
from ..catalog import SqlCatalog, after_commit
from ..catalog.tables import parts, uploads
from ..contract import Blob, Incoming, StoredPart, Upload
from ..errors import DigestMismatch, TooLarge, Truncated, UploadGone
from ..names import check_name, new_id
from . import rows
from .digests import Digester

T = TypeVar("T")

_MOST_PIECES = 512
"""Pieces in one gathered write; the system takes 1,024."""


@dataclass(slots=True)
class _Open:
    """What this process knows of an open upload while parts arrive.

    ``slot_size`` is the length of the first part that came: part ``slot_first + n`` is at home at
    ``n * slot_size``.
    """

    ground: Ground | None = None
    slot_first: int = 0
    slot_size: int | None = None
    loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def home(self, number: int, offset: int | None, length: int | None) -> int | None:
        """Where in the whole a part belongs; ``None`` for a part that has no home."""
        if offset is not None:
            return offset
        if self.slot_size is None and length:
            self.slot_first, self.slot_size = min(number, 1), length
        if self.slot_size is None or length is None or length > self.slot_size or number < self.slot_first:
            return None
        return (number - self.slot_first) * self.slot_size


class Uploads:
    """Implements :class:`vodkit.server.contract.Uploads`.

    Args:
        catalog: The database.
        store: Where bytes go.
        lifetime: Seconds that an unfinished upload is kept.
        now: The clock.
    """

    def __init__(
        self, catalog: SqlCatalog, store: BlobStore, lifetime: float, now: Callable[[], float]
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._lifetime = lifetime
        self._now = now
        self._open: dict[str, _Open] = {}
        self._digesters = ThreadPoolExecutor(2, "vodkit-digest")
        self._tasks: set[asyncio.Task[Any]] = set()

    def create(
        self,
        conn: Connection,
        *,
        account: str,
        provider: str,
        space: str,
        key: str,
        content_type: str = "",
        attrs: Mapping[str, Any] | None = None,
        lifetime: float | None = None,
    ) -> Upload:
        """See :meth:`contract.Uploads.create`.

        Raises:
            BadName: the space or the key cannot be stored.
        """
        now = self._now()
        upload = Upload(
            id=new_id(),
            account=account,
            provider=provider,
            space=check_name(space),
            key=check_name(key),
            state="open",
            content_type=check_name(content_type),
            attrs=dict(attrs or {}),
            created=now,
            expires=now + (self._lifetime if lifetime is None else lifetime),
        )
        names = [column.name for column in uploads.c if hasattr(upload, column.name)]
        conn.execute(insert(uploads).values({name: getattr(upload, name) for name in names}))
        return upload

    def get(self, conn: Connection, id: str) -> Upload | None:
        """See :meth:`contract.Uploads.get`."""
        query = select(uploads).where(uploads.c.id == id, uploads.c.expires > self._now())
        row = conn.execute(query).first()
        return rows.upload_of(row) if row else None

    def find(
        self,
        conn: Connection,
        provider: str,
        space: str,
        prefix: str = "",
        *,
        after: tuple[str, str] = ("", ""),
        limit: int = 1000,
    ) -> list[Upload]:
        """See :meth:`contract.Uploads.find`."""
        query = rows.open_in(provider, space, prefix, after, limit, self._now())
        return [rows.upload_of(row) for row in conn.execute(query)]

    def parts(
        self, conn: Connection, id: str, *, after: int = -1, limit: int | None = None
    ) -> list[StoredPart]:
        """See :meth:`contract.Uploads.parts`."""
        query = select(parts).where(parts.c.upload == id, parts.c.number > after).order_by(parts.c.number)
        return [rows.part_of(row) for row in conn.execute(query.limit(limit))]

    def touch(
        self,
        conn: Connection,
        id: str,
        *,
        attrs: Mapping[str, Any] | None = None,
        expires: float | None = None,
    ) -> None:
        """See :meth:`contract.Uploads.touch`.

        Raises:
            UploadGone: it is not open.
        """
        rows.lock_open(conn, id, self._now())
        given = {"attrs": None if attrs is None else dict(attrs), "expires": expires}
        values = {name: value for name, value in given.items() if value is not None}
        if values:
            conn.execute(update(uploads).where(uploads.c.id == id).values(values))

    async def receive(
        self,
        upload: Upload,
        number: int,
        body: Incoming,
        *,
        offset: int | None = None,
        digests: Iterable[str] = (),
        expect: Mapping[str, str] | None = None,
        limit: int | None = None,
        then: Callable[[Connection, StoredPart], T] | None = None,
    ) -> T | StoredPart:
        """See :meth:`contract.Uploads.receive`."""
        expect = expect or {}
        if limit is not None and body.length is not None and body.length > limit:
            raise TooLarge(f"{body.length} bytes, where at most {limit} are taken")
        here = await self._opened(upload.id)
        assert here.ground is not None
        sink = here.ground.sink(here.home(number, offset, body.length), body.length)
        try:
            digester = Digester(sorted({*digests, *expect}), self._digesters)
            size = await _pour(body, sink, digester, limit)
            found = await digester.finish()
            for name, wanted in expect.items():
                if found[name] != wanted.lower():
                    raise DigestMismatch(name, wanted, found[name])
            place = await sink.finish()
        except BaseException:
            await self._finish(sink.discard())
            raise
        part = StoredPart(number, size, found, self._now())
        return await self._finish(self._commit(upload.id, here, part, place, sink, then))

    def complete(self, conn: Connection, id: str, numbers: Sequence[int] | None = None) -> Blob:
        """See :meth:`contract.Uploads.complete`.

        Raises:
            UploadGone: it is not open.
            PartMissing: one of ``numbers`` was not received.
            PartsInvalid: one of them comes twice.
        """
        now = self._now()
        rows.lock_open(conn, id, now)
        extents = rows.make_blob(conn, id, numbers, now)
        after_commit(conn, lambda: self._let_go(id, extents))
        return rows.blob_of(conn, id)

    def abort(self, conn: Connection, id: str) -> None:
        """See :meth:`contract.Uploads.abort`.

        Raises:
            UploadGone: it is not open.
        """
        rows.lock_open(conn, id, self._now())
        self._drop(conn, id)

    def expire(self, conn: Connection, now: float, limit: int) -> tuple[int, int]:
        """Drop open uploads that were abandoned, and forget ended ones; at most ``limit`` of each.

        Returns:
            How many were dropped, and how many forgotten.
        """
        due = select(uploads.c.id).where(uploads.c.expires <= now).limit(limit)
        abandoned = conn.execute(due.where(uploads.c.state == "open").with_for_update()).scalars().all()
        for id in abandoned:
            self._drop(conn, id)
        ended = conn.execute(due.where(uploads.c.state != "open")).scalars().all()
        conn.execute(delete(uploads).where(uploads.c.id.in_(ended)))
        return len(abandoned), len(ended)

    async def close(self) -> None:
        """Wait for the commits and clean-ups that are under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._digesters.shutdown()

    def _drop(self, conn: Connection, id: str) -> None:
        conn.execute(delete(parts).where(parts.c.upload == id))
        conn.execute(update(uploads).where(uploads.c.id == id).values(state="aborted"))
        after_commit(conn, lambda: self._let_go(id, ()))

    def _let_go(self, id: str, extents: Sequence[Extent]) -> None:
        """What follows the end of an upload. A part that still arrives finds out at its own commit."""
        self._open.pop(id, None)
        self._store.keep(id, extents)

    async def _opened(self, id: str) -> _Open:
        """What is known of an upload, read from the database the first time.

        Everybody who comes for an upload meets in one entry, made before anything is read: places can only
        be given out by one who knows of all others.
        """
        here = self._open.setdefault(id, _Open())
        async with here.loading:
            if here.ground is None:
                row, taken = await self._catalog.read(lambda conn: _standing(conn, id))
                if row is None or row.state != "open" or row.expires <= self._now():
                    self._open.pop(id, None)
                    raise UploadGone(f"the upload {id} is not open")
                here.ground = self._store.ground(id, taken)
                if row.slot_size is not None:
                    here.slot_first, here.slot_size = row.slot_first, row.slot_size
        return here

    async def _commit(
        self,
        id: str,
        here: _Open,
        part: StoredPart,
        place: Extent,
        sink: Sink,
        then: Callable[[Connection, StoredPart], T] | None,
    ) -> T | StoredPart:
        """Write the part's row. When that fails, its bytes go, unless the row is there all the same."""
        ground = here.ground
        assert ground is not None

        def work(conn: Connection) -> T | StoredPart:
            row = rows.lock_open(conn, id, self._now())
            if row.slot_size is None and here.slot_size is not None:
                slots = {"slot_first": here.slot_first, "slot_size": here.slot_size}
                conn.execute(update(uploads).where(uploads.c.id == id).values(slots))
            old = rows.put_part(conn, id, part, place)
            if old is not None:
                after_commit(conn, lambda: ground.release(old))
            return then(conn, part) if then else part

        try:
            return await self._catalog.write(work)
        except Exception:
            row, owned = await self._catalog.read(lambda conn: _standing(conn, id))
            if not any(place in extent for extent in owned):
                await sink.discard()
            if row is None or row.state != "open":
                await asyncio.get_running_loop().run_in_executor(None, self._store.keep, id, owned)
            raise

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Do ``work`` to its end even if the request that wants it is cancelled."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)


def _standing(conn: Connection, id: str) -> tuple[Row[Any] | None, list[Extent]]:
    """The row of an upload and the bytes that belong to it or to its blob."""
    row = conn.execute(select(uploads).where(uploads.c.id == id)).first()
    return row, blob_rows.owned(conn, [id]).get(id, [])


async def _pour(body: Incoming, sink: Sink, digester: Digester, limit: int | None) -> int:
    """Take a body in batches of 1 MiB; its size.

    Raises:
        Truncated, TooLarge, StorageFull: see :meth:`Uploads.receive`.
    """
    size = 0
    batch: list[bytes] = []
    held = 0

    async def hand_over() -> None:
        await sink.write(batch)
        await digester.update(batch)

    async for piece in body:
        if not piece:
            continue
        size += len(piece)
        held += len(piece)
        if limit is not None and size > limit:
            raise TooLarge(f"more than {limit} bytes")
        batch.append(piece)
        if held >= MIB or len(batch) >= _MOST_PIECES:
            await hand_over()
            batch, held = [], 0
    if body.length is not None and size < body.length:
        raise Truncated(f"{size} bytes of {body.length}")
    if batch:
        await hand_over()
    return size
