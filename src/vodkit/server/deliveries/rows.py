"""Deliveries as rows: which are due, who has them, and how their tries ended.

A try begins by moving the row's ``due`` past the longest that a try can take: nobody else finds it
meanwhile, and if whoever took it dies, it comes back by itself. The number of the try tells a late end of an
earlier one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select, update

from vodkit.core.events import Event

from ..catalog.tables import deliveries, events
from ..processing import Address

LEASE = 60.0
"""Seconds that a try belongs to whoever began it; more than it can take."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery in the hands of a worker.

    Attributes:
        id: Ours.
        account: Id of the account.
        event: What is told.
        address: To whom, and in which style.
        attempt: Number of this try, from 1.
        receiver: Scheme and authority of the target.
    """

    id: str
    account: str
    event: Event
    address: Address
    attempt: int
    receiver: str = field(repr=False)


def receiver_of(url: str) -> str:
    """Scheme and authority of a URL: what all URLs of one receiver begin with."""
    parts = urlsplit(url)
    return f"{url[: len(parts.scheme)]}://{parts.netloc}"


def _towards(receiver: str) -> ColumnElement[bool]:
    """Whether a delivery goes to a receiver."""
    target = deliveries.c.target
    below = (target.startswith(receiver + mark, autoescape=True) for mark in "/?#")
    return or_(target == receiver, *below)


def is_due(conn: Connection, now: float, busy: Collection[str]) -> bool:
    """Whether :func:`claim` would take something."""
    return conn.execute(_due(now, busy)).first() is not None


def _due(now: float, busy: Collection[str]) -> Select[Any]:
    """The delivery that is due the longest, to none of the busy receivers."""
    free = (~_towards(receiver) for receiver in busy)
    query = select(deliveries).where(deliveries.c.state == "waiting", deliveries.c.due <= now, *free)
    return query.order_by(deliveries.c.due, deliveries.c.id).limit(1)


def claim(conn: Connection, now: float, most: int, busy: Collection[str]) -> list[Delivery]:
    """Take at most ``most`` deliveries that are due, the longest due first, one for each receiver.

    Args:
        busy: Receivers that are being told something already.
    """
    taken: list[Delivery] = []
    receivers = set(busy)
    while len(taken) < most:
        row = conn.execute(_due(now, receivers).with_for_update(skip_locked=True)).first()
        if row is None:
            break
        receivers.add(receiver_of(row.target))
        event = conn.execute(select(events).where(events.c.id == row.event)).one()
        values = {"due": now + LEASE, "attempts": row.attempts + 1, "updated": now}
        conn.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))
        taken.append(_delivery(row, event))
    return taken


def take(conn: Connection, now: float, event: str, style: str) -> Delivery:
    """Take the delivery of an event that was added in this very commit, for whoever adds it to try first."""
    query = select(deliveries).where(deliveries.c.event == event, deliveries.c.style == style)
    row = conn.execute(query).one()
    values = {"due": now + LEASE, "attempts": 1, "updated": now}
    conn.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))
    return _delivery(row, conn.execute(select(events).where(events.c.id == event)).one())


def _delivery(row: Row[Any], event: Row[Any]) -> Delivery:
    names = ("id", "type", "provider", "account", "media", "at", "payload")
    return Delivery(
        row.id,
        row.account,
        Event(*(getattr(event, name) for name in names)),
        Address(row.style, row.target, row.attrs),
        row.attempts + 1,
        receiver_of(row.target),
    )


def settle(conn: Connection, delivery: Delivery, now: float, **values: Any) -> bool:
    """Record how a try ended; whether the delivery was still this try's."""
    mine = and_(
        deliveries.c.id == delivery.id,
        deliveries.c.state == "waiting",
        deliveries.c.attempts == delivery.attempt,
    )
    return conn.execute(update(deliveries).where(mine).values(updated=now, **values)).rowcount > 0


def hold_off(conn: Connection, receiver: str, until: float) -> None:
    """Leave a receiver in peace: nothing else goes to it before ``until``, and no try is counted."""
    which = and_(
        deliveries.c.state == "waiting",
        deliveries.c.due < until,
        _towards(receiver),
    )
    conn.execute(update(deliveries).where(which).values(due=until))


def next_due(conn: Connection) -> float | None:
    """When the next delivery is due, in seconds since the epoch."""
    query = select(deliveries.c.due).where(deliveries.c.state == "waiting").order_by(deliveries.c.due)
    due: float | None = conn.scalar(query.limit(1))
    return due


def listed(
    conn: Connection, *, account: str | None = None, states: Collection[str] | None = None, limit: int = 100
) -> Sequence[Row[Any]]:
    """Deliveries with the type, the time and the media of their events, newest first."""
    query = (
        select(deliveries, events.c.type, events.c.at, events.c.media)
        .join(events, events.c.id == deliveries.c.event)
        .order_by(deliveries.c.id.desc())
        .limit(limit)
    )
    if account is not None:
        query = query.where(deliveries.c.account == account)
    if states is not None:
        query = query.where(deliveries.c.state.in_(states))
    return conn.execute(query).all()


def replay(
    conn: Connection,
    now: float,
    *,
    ids: Collection[str] = (),
    dead: bool = False,
    since: float | None = None,
    account: str | None = None,
) -> int:
    """Have deliveries done again, as if they had never been tried; how many.

    Args:
        ids: These: ids of deliveries or of events.
        dead: Those that were given up.
        since: Those of events from then on that have ended, well or not.
        account: Only this one's.
    """
    ways: list[ColumnElement[bool]] = [deliveries.c.id.in_(ids), deliveries.c.event.in_(ids)] if ids else []
    ways += [deliveries.c.state == "dead"] if dead else []
    ways += (
        [and_(deliveries.c.created >= since, deliveries.c.state != "waiting")] if since is not None else []
    )
    which = or_(*ways) if ways else deliveries.c.id.is_(None)
    if account is not None:
        which = and_(which, deliveries.c.account == account)
    values = {"state": "waiting", "attempts": 0, "due": now, "status": None, "error": "", "updated": now}
    return conn.execute(update(deliveries).where(which).values(values)).rowcount
