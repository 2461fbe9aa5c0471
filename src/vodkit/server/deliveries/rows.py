"""Deliveries as rows: which are due, who has them, and how their tries ended.

A try begins by moving the row's ``due`` past the longest that a try can take: nobody else finds it
meanwhile, and if whoever took it dies, it comes back by itself. The number of the try tells a late end of an
earlier one. A receiver has a row of its own once it was told something: it is left alone for the time of a
try, so that it gets one message at a time, and for a while after one that it was down for. So what waits for
a receiver costs nothing until it is its turn, however much it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from vodkit.core.events import Event

from ..catalog.tables import deliveries, events, receivers
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
        failures: How often in a row the receiver was down; ``None`` for a first try that somebody waits for,
            which is made whatever else the receiver is being told.
    """

    id: str
    account: str
    event: Event
    address: Address
    attempt: int
    receiver: str = field(repr=False)
    failures: int | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A receiver that something waits for.

    Attributes:
        receiver: Its scheme and authority.
        failures: How often in a row it was down.
    """

    receiver: str = field(repr=False)
    failures: int


def receiver_of(url: str) -> str:
    """Scheme and authority of a URL, lower case: what tells receivers apart."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _turns() -> Select[Any]:
    """Each receiver that something waits for, and when the next message may go to it.

    The receivers are found by jumping along the index from one to the next.
    """
    waiting = deliveries.c.state == "waiting"
    one = select(func.min(deliveries.c.receiver).label("receiver")).where(waiting)
    names = one.cte("names", recursive=True)
    following = one.where(deliveries.c.receiver > names.c.receiver).correlate(names).scalar_subquery()
    names = names.union_all(select(following).where(names.c.receiver.is_not(None)))
    due = select(func.min(deliveries.c.due)).where(waiting, deliveries.c.receiver == names.c.receiver)
    found = (
        select(
            names.c.receiver,
            due.correlate(names).scalar_subquery().label("due"),
            func.coalesce(receivers.c.until, 0.0).label("until"),
            func.coalesce(receivers.c.failures, 0).label("failures"),
        )
        .select_from(names.outerjoin(receivers, receivers.c.receiver == names.c.receiver))
        .where(names.c.receiver.is_not(None))
        .subquery("found")
    )
    return select(found.c.receiver, found.c.failures, _later(found.c.due, found.c.until).label("at"))


def _later(one: ColumnElement[float], other: ColumnElement[float]) -> ColumnElement[float]:
    return case((one < other, other), else_=one)


def turns(conn: Connection, now: float) -> list[Turn]:
    """Receivers that can be told something now, the one that waits longest first."""
    found = _turns().subquery()
    query = select(found.c.at, found.c.receiver, found.c.failures).where(found.c.at <= now)
    return [Turn(*rest) for _, *rest in sorted(map(tuple, conn.execute(query)))]


def next_turn(conn: Connection) -> float | None:
    """When a receiver can be told something next, in seconds since the epoch."""
    at: float | None = conn.scalar(select(func.min(_turns().subquery().c.at)))
    return at


def claim(conn: Connection, now: float, which: Iterable[Turn]) -> list[Delivery]:
    """Take the delivery that is due the longest to each of some receivers that nobody is telling something.

    Args:
        which: As :func:`turns` finds them.
    """
    taken: list[Delivery] = []
    for turn in which:
        due = (
            deliveries.c.state == "waiting",
            deliveries.c.receiver == turn.receiver,
            deliveries.c.due <= now,
        )
        query = select(deliveries).where(*due).order_by(deliveries.c.due, deliveries.c.id).limit(1)
        # The receiver first: whoever looked for its oldest message before that could find a later one.
        if not _lease(conn, turn.receiver, now):
            continue
        row = conn.execute(query.with_for_update()).first()
        if row is None:
            release(conn, turn.receiver, now)
        else:
            taken.append(_taken(conn, row, now, turn.failures))
    return taken


def _lease(conn: Connection, receiver: str, now: float) -> bool:
    """Keep others from telling a receiver something; whether nobody does already."""
    this, until = receivers.c.receiver == receiver, now + LEASE
    if conn.execute(update(receivers).where(this, receivers.c.until <= now).values(until=until)).rowcount:
        return True
    if conn.execute(select(receivers.c.until).where(this)).first() is not None:
        return False
    conn.execute(insert(receivers).values(receiver=receiver, until=until, failures=0))
    return True


def hold(conn: Connection, receiver: str) -> None:
    """Lock a receiver, as :func:`claim` does before it looks at deliveries: one order, no deadlock."""
    conn.execute(select(receivers.c.until).where(receivers.c.receiver == receiver).with_for_update())


def release(conn: Connection, receiver: str, until: float, failures: int | None = None) -> None:
    """Let others tell a receiver something from ``until`` on.

    Args:
        failures: How often in a row it has been down; ``None`` where nothing new is known.
    """
    values: dict[str, Any] = {"until": until} | ({} if failures is None else {"failures": failures})
    conn.execute(update(receivers).where(receivers.c.receiver == receiver).values(values))


def forget(conn: Connection, before: float) -> None:
    """Forget receivers that were told nothing since."""
    conn.execute(delete(receivers).where(receivers.c.until < before))


def take(conn: Connection, now: float, event: str, style: str) -> Delivery:
    """Take the delivery of an event that was added in this very commit, for whoever adds it to try first."""
    query = select(deliveries).where(deliveries.c.event == event, deliveries.c.style == style)
    return _taken(conn, conn.execute(query).one(), now, None)


def _taken(conn: Connection, row: Row[Any], now: float, failures: int | None) -> Delivery:
    """Move a row past the try that begins."""
    event = conn.execute(select(events).where(events.c.id == row.event)).one()
    values = {"due": now + LEASE, "attempts": row.attempts + 1, "updated": now}
    conn.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))
    names = ("id", "type", "provider", "account", "media", "at", "payload")
    return Delivery(
        row.id,
        row.account,
        Event(*(getattr(event, name) for name in names)),
        Address(row.style, row.target, row.attrs),
        row.attempts + 1,
        row.receiver,
        failures,
    )


def settle(conn: Connection, delivery: Delivery, now: float, **values: Any) -> bool:
    """Record how a try ended; whether the delivery was still this try's."""
    mine = and_(
        deliveries.c.id == delivery.id,
        deliveries.c.state == "waiting",
        deliveries.c.attempts == delivery.attempt,
    )
    return conn.execute(update(deliveries).where(mine).values(updated=now, **values)).rowcount > 0


def expected(conn: Connection, event: str, style: str) -> float | None:
    """When an event that waits in this style is sent at the earliest; ``None`` if it does not wait."""
    at = _later(deliveries.c.due, func.coalesce(receivers.c.until, 0.0))
    query = select(func.max(at)).select_from(
        deliveries.outerjoin(receivers, receivers.c.receiver == deliveries.c.receiver)
    )
    which = (deliveries.c.event == event, deliveries.c.style == style, deliveries.c.state == "waiting")
    found: float | None = conn.scalar(query.where(*which))
    return found


def listed(
    conn: Connection, *, account: str | None = None, states: Collection[str] | None = None, limit: int = 100
) -> Sequence[Row[Any]]:
    """Deliveries with the type, the time and the media of their events and their own ``next`` time, newest
    first."""
    due = _later(deliveries.c.due, func.coalesce(receivers.c.until, 0.0))
    query = (
        select(deliveries, events.c.type, events.c.at, events.c.media, due.label("next"))
        .join(events, events.c.id == deliveries.c.event)
        .outerjoin(receivers, receivers.c.receiver == deliveries.c.receiver)
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
    # Whoever asks for it says that they are up again.
    told = receivers.c.receiver.in_(select(deliveries.c.receiver).where(which))
    conn.execute(update(receivers).where(told, receivers.c.failures > 0).values(until=0.0, failures=0))
    return conn.execute(update(deliveries).where(which).values(values)).rowcount
