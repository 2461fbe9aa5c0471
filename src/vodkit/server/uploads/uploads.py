"""The uploads of the service."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, delete, insert, select, update

from ..blobs import BlobStore, Extent, Sink
from ..blobs import rows as blob_rows
from ..catalog import SqlCatalog, after_commit
from ..catalog.tables import parts, uploads
from ..contract import Blob, Incoming, StoredPart, Upload
from ..errors import DigestMismatch, TooLarge, UploadGone
from ..names import check_name, new_id
from ..quota import QuotaGuard
from . import rows
from .digests import Digester
from .follow import Md5Follower
from .receiving import Receiving, pour

T = TypeVar("T")


class Uploads:
    """Implements :class:`vodkit.server.contract.Uploads`.

    Args:
        catalog: The database.
        store: Where bytes go.
        quota: How much accounts may store.
        lifetime: Seconds that an unfinished upload is kept.
        now: The clock.
    """

    def __init__(
        self,
        catalog: SqlCatalog,
        store: BlobStore,
        quota: QuotaGuard,
        lifetime: float,
        now: Callable[[], float],
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._quota = quota
        self._lifetime = lifetime
        self._now = now
        self._open: dict[str, Receiving] = {}
        self._digesters = ThreadPoolExecutor(2, "vodkit-digest")
        self._tasks: set[asyncio.Task[Any]] = set()
        self._following: set[asyncio.Task[Any]] = set()

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
        with self._quota.hold(upload.account, upload.id, number) as hold:
            await hold.reach(body.length or 0)
            here = await self._opened(upload.id)
            assert here.ground is not None
            sink = here.ground.sink(here.home(number, offset, body.length), body.length)
            try:
                digester = Digester(sorted({*digests, *expect}), self._digesters)
                size = await pour(body, sink, digester, hold, limit)
                found = await digester.finish()
                for name, wanted in expect.items():
                    if found[name] != wanted.lower():
                        raise DigestMismatch(name, wanted, found[name])
                place = await sink.finish()
            except BaseException:
                await self._finish(sink.discard())
                raise
            part = StoredPart(number, size, found, self._now())
            hold.commit()
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
        some = rows.chosen(conn, id, numbers)
        extents = rows.merge(some)
        digests = rows.digests_of(conn, id, some)
        here = self._open.get(id)
        md5 = here.follower.known(extents) if here and here.follower else None
        if md5 is not None:
            digests["md5"] = md5
        blob = Blob(id, sum(extent.length for extent in extents), digests)
        rows.make_blob(conn, id, blob, extents, now)
        after_commit(conn, lambda: self._let_go(id, extents))
        return blob

    async def follow_md5(self, upload: Upload) -> None:
        """See :meth:`contract.Uploads.follow_md5`."""
        await self._followed(upload.id)

    async def whole_md5(self, upload: Upload, numbers: Sequence[int] | None = None) -> str:
        """See :meth:`contract.Uploads.whole_md5`."""
        follower = await self._followed(upload.id)

        def places(conn: Connection) -> list[Extent]:
            # One that was completed in the meantime has no parts any more, and nothing is no MD5 of it.
            rows.check_open(conn, upload.id, self._now())
            return rows.merge(rows.chosen(conn, upload.id, numbers))

        while True:
            extents = await self._catalog.read(places)
            found = await follower.md5(extents)
            if found is not None:
                return found

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
        """Wait for the commits and clean-ups that are under way; leave off hashing ahead."""
        for task in self._following:
            task.cancel()
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

    async def _opened(self, id: str) -> Receiving:
        """What is known of an upload, read from the database the first time.

        Everybody who comes for an upload meets in one entry, made before anything is read: places can only
        be given out by one who knows of all others.
        """
        here = self._open.setdefault(id, Receiving())
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
        here: Receiving,
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
                if here.follower is not None:
                    here.follower.replace(old)
                after_commit(conn, lambda: ground.release(old))
            return then(conn, part) if then else part

        try:
            result = await self._catalog.write(work)
        except Exception:
            row, owned = await self._catalog.read(lambda conn: _standing(conn, id))
            if not any(place in extent for extent in owned):
                await sink.discard()
            if row is None or row.state != "open":
                await asyncio.get_running_loop().run_in_executor(None, self._store.keep, id, owned)
            raise
        if here.follower is not None:
            self._follow(here.follower, [place])
        return result

    async def _followed(self, id: str) -> Md5Follower:
        """The follower of an upload, made the first time and told of the parts that are there."""
        here = await self._opened(id)
        if here.follower is None:
            here.follower = follower = Md5Follower(id, self._store, self._digesters)
            round = -1
            while round != follower.round:
                round = follower.round
                _, there = await self._catalog.read(lambda conn: _standing(conn, id))
            self._follow(follower, there)
        return here.follower

    def _follow(self, follower: Md5Follower, places: Sequence[Extent]) -> None:
        """Hash ahead in the background; what goes wrong there shows when the MD5 is asked for."""

        async def run() -> None:
            with contextlib.suppress(Exception):
                await follower.add(places)

        task = asyncio.ensure_future(run())
        self._following.add(task)
        task.add_done_callback(self._following.discard)

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
