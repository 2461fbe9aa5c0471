"""The one catalog of media."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    and_,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    true,
    union_all,
    update,
)

from vodkit.core.errors import NotFound

from .catalog.attrs import attrs_in
from .catalog.tables import media, plays, tasks
from .contract import MediaQuery, MediaRecord
from .errors import AlreadyThere
from .names import check_name, folded
from .objects import ObjectTable
from .outputs import OutputTable
from .processing import OPEN, OUTPUTS

_FIELDS = tuple(field.name for field in fields(MediaRecord))

_title = media.c.title_folded

_BATCH = 500
"""Rows that are read from the database at once."""


class MediaTable:
    """Implements :class:`vodkit.server.contract.MediaCatalog`.

    Args:
        objects: Where the media's bytes are named.
        outputs: What belongs to media beside them.
        now: The clock.
    """

    def __init__(self, objects: ObjectTable, outputs: OutputTable, now: Callable[[], float]) -> None:
        self._objects = objects
        self._outputs = outputs
        self._now = now

    def add(self, conn: Connection, record: MediaRecord) -> None:
        """See :meth:`contract.MediaCatalog.add`.

        Raises:
            AlreadyThere: the provider has a media of this ``remote_id``, or there is one of this ``id``.
            BadName: one of its texts cannot be stored.
        """
        same = or_(
            media.c.id == record.id,
            (media.c.provider == record.provider) & (media.c.remote_id == record.remote_id),
        )
        if conn.execute(select(media.c.id).where(same)).first():
            raise AlreadyThere(f"{record.provider} has a media {record.remote_id} already")
        conn.execute(insert(media).values(_values(record)))

    def get(
        self, conn: Connection, provider: str, remote_id: str, *, lock: bool = False
    ) -> MediaRecord | None:
        """See :meth:`contract.MediaCatalog.get`."""
        if lock:
            _lock_tasks(conn, provider, remote_id)
        named = and_(media.c.provider == provider, media.c.remote_id == remote_id)
        query = select(media).where(named, self._alive())
        row = conn.execute(query.with_for_update() if lock else query).first()
        return record_of(row) if row else None

    def by_id(self, conn: Connection, id: str, *, lock: bool = False) -> MediaRecord | None:
        """See :meth:`contract.MediaCatalog.by_id`."""
        query = select(media).where(media.c.id == id)
        row = conn.execute(query.with_for_update() if lock else query).first()
        return record_of(row) if row else None

    def holding(self, conn: Connection, provider: str, space: str, key: str) -> MediaRecord | None:
        """See :meth:`contract.MediaCatalog.holding`."""
        if space == OUTPUTS:
            made = and_(media.c.id == key.partition("/")[0], media.c.provider == provider)
            row = conn.execute(select(media).where(made)).first()
            return record_of(row) if row else None
        folders = [key[: at + 1] for at, letter in enumerate(key) if letter == "/"]
        here = select(media.c.id).where(media.c.provider == provider, media.c.space == space)
        ways = (media.c.key == key, media.c.cover_key == key, media.c.folder.in_(folders))
        found = union_all(*(here.where(way) for way in ways)).subquery()
        query = select(media).where(media.c.id.in_(select(found.c.id)))
        row = conn.execute(query.order_by(func.length(media.c.folder).desc()).limit(1)).first()
        return record_of(row) if row else None

    def list(
        self, conn: Connection, *, provider: str | None = None, account: str | None = None
    ) -> list[MediaRecord]:
        """See :meth:`contract.MediaCatalog.list`."""
        return [*self.find(conn, MediaQuery(provider, account))]

    def find(
        self,
        conn: Connection,
        query: MediaQuery,
        *,
        ascending: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> Iterator[MediaRecord]:
        """See :meth:`contract.MediaCatalog.find`."""
        order = (media.c.created, media.c.id) if ascending else (media.c.created.desc(), media.c.id.desc())
        wanted = select(media).where(self._alive(), *_conditions(query)).order_by(*order)
        rows = conn.execute(wanted.offset(offset).limit(limit), execution_options={"yield_per": _BATCH})
        with rows:
            yield from map(record_of, rows)

    def count(self, conn: Connection, query: MediaQuery, most: int) -> int:
        """See :meth:`contract.MediaCatalog.count`."""
        wanted = select(media.c.id).where(self._alive(), *_conditions(query)).limit(most).subquery()
        return conn.scalar(select(func.count()).select_from(wanted)) or 0

    def update(self, conn: Connection, record: MediaRecord) -> None:
        """See :meth:`contract.MediaCatalog.update`."""
        conn.execute(update(media).where(media.c.id == record.id).values(_values(record)))

    def renew(self, conn: Connection, record: MediaRecord) -> MediaRecord:
        """See :meth:`contract.MediaCatalog.renew`."""
        fresh = replace(record, facts={}, status="blocked" if record.status == "blocked" else "ready")
        _unwanted(conn, record.id)
        self._outputs.remove_made(conn, record)
        self.update(conn, fresh)
        return fresh

    def delete(self, conn: Connection, id: str) -> None:
        """See :meth:`contract.MediaCatalog.delete`. What is still being made of it is not wanted any more."""
        row = self._lock(conn, id)
        if row is None:
            return
        _unwanted(conn, id)
        conn.execute(delete(media).where(media.c.id == id))
        keys = [key for key in dict.fromkeys((row.key, row.cover_key)) if key]
        self._objects.delete_owned(conn, row.account, row.provider, row.space, keys, row.folder)
        self._outputs.remove_all(conn, row.provider, row.account, id)
        conn.execute(delete(plays).where(plays.c.media == id))

    def expire(
        self, conn: Connection, now: float, limit: int, told: Callable[[Connection, MediaRecord], None]
    ) -> int:
        """Delete at most ``limit`` media past their time; how many were.

        Args:
            told: Called with each of them before it goes.
        """
        count = 0
        for id in conn.execute(select(media.c.id).where(media.c.expires <= now).limit(limit)).scalars().all():
            record = self._lock(conn, id)
            # Somebody else may have deleted it meanwhile, or given it more time.
            if record is not None and record.expires is not None and record.expires <= now:
                told(conn, record)
                self.delete(conn, id)
                count += 1
        return count

    def _lock(self, conn: Connection, id: str) -> MediaRecord | None:
        """As :meth:`get` with ``lock``, by our id, and also an expired one."""
        found = self.by_id(conn, id)
        if found is None:
            return None
        _lock_tasks(conn, found.provider, found.remote_id)
        return self.by_id(conn, id, lock=True)

    def _alive(self) -> Any:
        return or_(media.c.expires.is_(None), media.c.expires > self._now())


def _lock_tasks(conn: Connection, provider: str, remote_id: str) -> None:
    """Lock what is open for a media, before the media: a worker locks its task first and the media then."""
    if conn.dialect.name == "postgresql":
        # One request at a time: otherwise another one adds a task, or the media, between the two locks.
        name = func.hashtextextended(f"{provider}/{remote_id}", 0)
        conn.execute(select(func.pg_advisory_xact_lock(name)))
    named = select(media.c.id).where(media.c.provider == provider, media.c.remote_id == remote_id)
    mine = and_(tasks.c.media.in_(named), tasks.c.state.in_(OPEN))
    conn.execute(select(tasks.c.id).where(mine).order_by(tasks.c.id).with_for_update())


def media_named(conn: Connection, id: str) -> MediaRecord:
    """The media that the provider, or the service, knows by this id.

    Raises:
        NotFound: there is none, or several providers have one.
    """
    named = or_(media.c.id == id, media.c.remote_id == id)
    found = conn.execute(select(media).where(named).limit(2)).all()
    if len(found) != 1:
        many = "more than one" if found else "no"
        raise NotFound(
            f"there is {many} media {id!r} in this folder", advice="See: vodkit media list --data DIR"
        )
    return record_of(found[0])


def _unwanted(conn: Connection, media_id: str) -> None:
    """Have what is open for a media stopped; its end says nothing about the media any more."""
    open_ = and_(tasks.c.media == media_id, tasks.c.state.in_(OPEN))
    conn.execute(update(tasks).where(open_).values(wanted=False, decides=False))


def _conditions(query: MediaQuery) -> Iterator[Any]:
    for column, value in ((media.c.provider, query.provider), (media.c.account, query.account)):
        if value is not None:
            yield column == value
    sets = (
        (media.c.remote_id, query.remote_ids),
        (media.c.kind, query.kinds),
        (media.c.status, query.statuses),
    )
    for column, wanted in sets:
        if wanted is not None:
            yield column.in_(wanted)
    if query.titles is not None:
        words = (folded(text).split() for text in query.titles)
        held = (and_(true(), *(_title.contains(word, autoescape=True) for word in some)) for some in words)
        yield or_(false(), *held)
    if query.title_prefixes is not None:
        begun = (_title.startswith(folded(text), autoescape=True) for text in query.title_prefixes)
        yield or_(false(), *begun)
    yield from attrs_in(media.c.attrs, query.attrs)
    if query.created_from is not None:
        yield media.c.created >= query.created_from
    if query.created_until is not None:
        yield media.c.created < query.created_until
    if query.expires_from is not None:
        yield or_(media.c.expires.is_(None), media.c.expires >= query.expires_from)
    if query.expires_until is not None:
        yield media.c.expires <= query.expires_until


def _values(record: MediaRecord) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in _FIELDS}
    for value in values.values():
        if isinstance(value, str):
            check_name(value)
    values["attrs"] = dict(record.attrs)
    values["facts"] = dict(record.facts)
    values["title_folded"] = folded(record.title)
    return values


def record_of(row: Row[Any]) -> MediaRecord:
    """The noun of a row."""
    return MediaRecord(**{name: getattr(row, name) for name in _FIELDS})
