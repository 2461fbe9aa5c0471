"""What happened, written in the transaction that made it happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from vodkit.core.events import Event

from .catalog.tables import deliveries, events
from .names import new_id
from .processing import Address

LIFETIME = 30 * 24 * 3600.0
"""Seconds that an event is kept."""


class EventTable:
    """Implements :class:`vodkit.server.contract.Events`.

    Args:
        now: The clock.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def add(
        self,
        conn: Connection,
        *,
        type: str,
        provider: str,
        account: str,
        media: str,
        payload: Mapping[str, Any],
        queue: str = "",
        deliver: Sequence[Address] = (),
    ) -> str:
        """See :meth:`contract.Events.add`."""
        id, now = new_id(), self._now()
        conn.execute(
            insert(events).values(
                id=id,
                type=type,
                provider=provider,
                account=account,
                media=media,
                at=now,
                payload=dict(payload),
                queue=queue,
                visible=0.0,
                confirmed=False,
            )
        )
        for address in deliver:
            conn.execute(
                insert(deliveries).values(
                    id=new_id(),
                    event=id,
                    provider=provider,
                    account=account,
                    style=address.style,
                    target=address.target,
                    attrs=dict(address.attrs),
                    state="waiting",
                    attempts=0,
                    due=now,
                    error="",
                    created=now,
                    updated=now,
                )
            )
        return id

    def pending(
        self, conn: Connection, account: str, *, limit: int, hide: float, queue: str = ""
    ) -> list[Event]:
        """See :meth:`contract.Events.pending`."""
        now = self._now()
        rows = conn.execute(
            select(events)
            .where(
                events.c.account == account,
                events.c.queue == queue,
                events.c.confirmed.is_(False),
                events.c.visible <= now,
            )
            .order_by(events.c.seq)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        shown = [row.seq for row in rows]
        conn.execute(update(events).where(events.c.seq.in_(shown)).values(visible=now + hide))
        return [
            Event(row.id, row.type, row.provider, row.account, row.media, row.at, row.payload) for row in rows
        ]

    def confirm(self, conn: Connection, account: str, ids: Sequence[str]) -> int:
        """See :meth:`contract.Events.confirm`."""
        which = events.c.account == account, events.c.id.in_(ids), events.c.confirmed.is_(False)
        return conn.execute(update(events).where(*which).values(confirmed=True)).rowcount

    def expire(self, conn: Connection, now: float) -> int:
        """Forget events older than :data:`LIFETIME`; how many."""
        return conn.execute(delete(events).where(events.c.at < now - LIFETIME)).rowcount
