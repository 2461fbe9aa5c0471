"""How much accounts store, and how much they may."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select, true

from .catalog import SqlCatalog
from .catalog.tables import blobs, objects, parts, uploads
from .errors import QuotaExceeded
from .procedures import settings_of
from .processing import Usage

CACHE_SECONDS = 1.0
"""How long a sum of what an account stores is good for, at least. What this process itself takes in the
meantime is counted exactly; what others take, a deletion, or a new quota is noticed after that time."""

_CHEAP = 0.2
_SHARE = 10
"""A sum that took longer than ``_CHEAP`` seconds is good for this many times as long, so that accounts with
very many objects do not keep the database busy; any other is made anew before somebody is refused."""

_ENTRIES = 10_000
_PAUSE = 0.02
_PAUSES = 500
"""Pauses until a sum without doubt that a body waits for, before it is refused all the same."""


def usage_of(conn: Connection, account: str) -> Usage:
    """What an account stores now, by its rows: one statement, so that what moves meanwhile counts once."""
    stored = select(
        func.count().label("count"), func.coalesce(func.sum(blobs.c.size), 0).label("size")
    ).select_from(objects.join(blobs, blobs.c.id == objects.c.blob))
    coming = select(func.coalesce(func.sum(parts.c.size), 0).label("coming")).select_from(
        uploads.join(parts, parts.c.upload == uploads.c.id)
    )
    mine = (uploads.c.account == account, uploads.c.state == "open")
    held, expected = stored.where(objects.c.account == account).subquery(), coming.where(*mine).subquery()
    both = select(held, expected).select_from(held.join(expected, true()))
    count, size, parts_size = conn.execute(both).one()
    return Usage(
        objects=int(count),
        stored=int(size),
        coming=int(parts_size),
        quota=settings_of(conn, account).quota,
    )


@dataclass(slots=True)
class _Standing:
    """What this process knows of an account.

    ``taken`` is the sum of its rows at ``asked``, not to be made again for ``good_for`` seconds; ``landed``
    are bytes committed by this process since, ``held`` those that are promised to bodies under way, and
    ``committing`` counts the bodies whose rows may be in the next sum although their bytes are still held.
    A sum is ``exact`` if nothing was committed while it was made: else some bytes may count twice. These are
    read and changed together, under the guard's lock.
    """

    quota: int | None = None
    taken: int = 0
    asked: float = float("-inf")
    good_for: float = 0.0
    landed: int = 0
    held: int = 0
    committing: int = 0
    exact: bool = False
    asking: threading.Lock = field(default_factory=threading.Lock)

    @property
    def used(self) -> int:
        return self.taken + self.landed + self.held

    @property
    def age(self) -> float:
        return time.monotonic() - self.asked

    def allows(self, needed: int) -> bool:
        """Whether, as far as is known, this many bytes more are within the quota."""
        known = self.age < max(CACHE_SECONDS, self.good_for)
        return known and (self.quota is None or self.used + needed <= self.quota)


class QuotaGuard:
    """Implements :class:`vodkit.server.processing.Quota`.

    Args:
        catalog: The database.
    """

    def __init__(self, catalog: SqlCatalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._known: dict[str, _Standing] = {}

    def usage(self, conn: Connection, account: str) -> Usage:
        """See :meth:`processing.Quota.usage`."""
        return usage_of(conn, account)

    def check(self, conn: Connection, account: str, needed: int) -> None:
        """See :meth:`processing.Quota.check`."""
        standing = self._standing(account)
        with self._lock:
            if standing.allows(needed):
                return
        self._ask(conn, account, standing)
        with self._lock:
            # What landed after an exact sum is not in it; after any other it may be.
            stored = standing.taken + (standing.landed if standing.exact else 0)
            if standing.quota is not None and stored + needed > standing.quota:
                raise QuotaExceeded(standing.quota, stored, needed)

    def hold(self, account: str, upload: str, number: int) -> Hold:
        """Room for the body of a part of an upload, none yet."""
        return Hold(self, self._standing(account), account, upload, number)

    async def take(self, hold: Hold, more: int) -> None:
        """Promise ``more`` bytes to a body.

        Raises:
            QuotaExceeded: they are not within the quota.
        """
        standing = hold.standing
        for left in reversed(range(_PAUSES)):
            with self._lock:
                if standing.allows(more):
                    self._promise(hold, more)
                    return
            replaced = await self._catalog.read(lambda conn: self._look(conn, hold))
            with self._lock:
                if standing.quota is None or standing.used + more - replaced <= standing.quota:
                    self._promise(hold, more)
                    return
                if standing.exact or not left:
                    raise QuotaExceeded(standing.quota, standing.used, more)
            await asyncio.sleep(_PAUSE)

    @staticmethod
    def _promise(hold: Hold, more: int) -> None:
        hold.standing.held += more
        hold.size += more

    def settle(self, hold: Hold, *, landed: bool) -> None:
        """A body is over: its bytes are in the rows now, or they are not wanted any more."""
        standing = hold.standing
        with self._lock:
            standing.held -= hold.size
            standing.landed += hold.size if landed else 0
            standing.committing -= hold.committing
        hold.size, hold.committing = 0, False

    def commit(self, hold: Hold) -> None:
        """The row of a body is about to be written."""
        with self._lock:
            hold.standing.committing += 1
        hold.committing = True

    def _look(self, conn: Connection, hold: Hold) -> int:
        """Ask anew; the size of the part that a body comes in place of."""
        self._ask(conn, hold.account, hold.standing)
        here = parts.c.upload == hold.upload, parts.c.number == hold.number
        return int(conn.scalar(select(parts.c.size).where(*here)) or 0)

    def _ask(self, conn: Connection, account: str, standing: _Standing) -> None:
        """Sum up what an account stores, unless that was done a moment ago."""
        # One at a time: an older sum must not come after a newer one, nor the same bytes be taken off twice.
        with standing.asking:
            if standing.age < standing.good_for:
                return
            with self._lock:
                before, busy, begun = standing.landed, standing.committing, time.monotonic()
            quota = settings_of(conn, account).quota
            usage = usage_of(conn, account) if quota is not None else None
            with self._lock:
                standing.quota = quota
                standing.taken = usage.used if usage else 0
                standing.landed -= before
                standing.asked = time.monotonic()
                cost = standing.asked - begun
                # What was committed meanwhile may be in the sum and beside it.
                standing.exact = not (busy or standing.committing or standing.landed)
                standing.good_for = _SHARE * cost if standing.exact and cost > _CHEAP else 0.0

    def _standing(self, account: str) -> _Standing:
        found = self._known.get(account)
        if found is None:
            with self._lock:
                if len(self._known) >= _ENTRIES:
                    self._known = {id: known for id, known in self._known.items() if known.held}
                found = self._known.setdefault(account, _Standing())
        return found


class Hold:
    """Room that is promised to one body while it comes; a context manager, which gives back what is left.

    Attributes:
        standing: What is known of the account.
        account: Whose quota it is.
        upload, number: The part that the body is for.
        size: Bytes promised so far.
        committing: Whether its row is being written.
    """

    def __init__(
        self, guard: QuotaGuard, standing: _Standing, account: str, upload: str, number: int
    ) -> None:
        self.standing = standing
        self.account, self.upload, self.number = account, upload, number
        self.size = 0
        self.committing = False
        self._guard = guard

    def __enter__(self) -> Hold:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._guard.settle(self, landed=kind is None)

    async def reach(self, size: int) -> None:
        """Have room for ``size`` bytes in all.

        Raises:
            QuotaExceeded: the account may not store them.
        """
        if size > self.size:
            await self._guard.take(self, size - self.size)

    def commit(self) -> None:
        """The part's row is about to be written."""
        self._guard.commit(self)
