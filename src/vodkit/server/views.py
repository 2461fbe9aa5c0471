"""How often media are watched: counted in memory, kept by day.

A view is one viewer (an address with its player's name) who begins a media; whoever begins it again within
:data:`SAME_VIEW` seconds is still the same view. Who the viewers were is never stored.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select, update

from . import logs
from .catalog import SqlCatalog
from .catalog.tables import media as media_rows
from .catalog.tables import plays

SAME_VIEW = 1800.0
"""Seconds."""

FLUSH = 5.0
"""Seconds that a view waits in memory for others, to be written with them."""

_MOST_VIEWERS = 100_000


class PlayTable:
    """Implements :class:`vodkit.server.contract.Plays`."""

    def total(self, conn: Connection, media: Collection[str]) -> Mapping[str, int]:
        """See :meth:`contract.Plays.total`."""
        query = select(plays.c.media, func.sum(plays.c.count)).where(plays.c.media.in_(media))
        return {id: int(count) for id, count in conn.execute(query.group_by(plays.c.media))}

    def by_day(
        self, conn: Connection, media: Collection[str], first: str = "", last: str = ""
    ) -> Mapping[str, Mapping[str, int]]:
        """See :meth:`contract.Plays.by_day`."""
        query = select(plays.c.media, plays.c.day, plays.c.count).where(plays.c.media.in_(media))
        query = query.where(plays.c.day >= first) if first else query
        query = query.where(plays.c.day <= last) if last else query
        found: dict[str, dict[str, int]] = {}
        for id, day, count in conn.execute(query.order_by(plays.c.media, plays.c.day)):
            found.setdefault(id, {})[day] = count
        return found

    def add(self, conn: Connection, counts: Mapping[tuple[str, str], int]) -> None:
        """Add views to days; those of media that are gone are dropped.

        Args:
            counts: Views by media and day.
        """
        ids = {id for id, _ in counts}
        there = set(conn.execute(select(media_rows.c.id).where(media_rows.c.id.in_(ids))).scalars())
        for (id, day), count in counts.items():
            if id not in there:
                continue
            here = (plays.c.media == id) & (plays.c.day == day)
            if not conn.execute(update(plays).where(here).values(count=plays.c.count + count)).rowcount:
                conn.execute(insert(plays).values(media=id, day=day, count=count))


class Views:
    """Counts views.

    Args:
        catalog: Where they are kept.
        table: Rows.
        now: The clock.
    """

    def __init__(self, catalog: SqlCatalog, table: PlayTable, now: Callable[[], float]) -> None:
        self._catalog = catalog
        self._table = table
        self._now = now
        self._salt = secrets.token_bytes(16)
        self._seen: OrderedDict[bytes, float] = OrderedDict()
        self._waiting: Counter[tuple[str, str]] = Counter()
        self._flusher: asyncio.Task[None] | None = None
        self._log = logs.get("views")

    def begun(self, media: str, address: str, player: str) -> None:
        """Somebody begins to watch a media.

        Args:
            media: Our id.
            address, player: The viewer's, and what its ``User-Agent`` says; a salted digest of both is kept,
                in memory.
        """
        now = self._now()
        text = "\0".join((media, address, player)).encode("utf-8", "replace")
        viewer = hashlib.blake2b(text, digest_size=16, key=self._salt).digest()
        while self._seen and (
            len(self._seen) >= _MOST_VIEWERS or next(iter(self._seen.values())) <= now - SAME_VIEW
        ):
            self._seen.popitem(last=False)
        if viewer in self._seen:
            return
        self._seen[viewer] = now
        self._waiting[media, datetime.fromtimestamp(now, UTC).date().isoformat()] += 1
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush_later())

    async def flush(self) -> None:
        """Write what is counted."""
        counts, self._waiting = self._waiting, Counter()
        if not counts:
            return
        try:
            await self._catalog.write(lambda conn: self._table.add(conn, counts))
        except Exception:
            self._waiting.update(counts)
            raise

    async def close(self) -> None:
        """Write what is counted, for the last time."""
        if self._flusher is not None:
            self._flusher.cancel()
            await asyncio.gather(self._flusher, return_exceptions=True)
        await self.flush()

    async def _flush_later(self) -> None:
        while self._waiting:
            await asyncio.sleep(FLUSH)
            try:
                await self.flush()
            except Exception:
                self._log.exception("views could not be written; they wait for the next try")
        self._flusher = None
