"""Which of the waiting tasks a worker begins now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from ..catalog.tables import account_settings, tasks, workers
from ..procedures import settings_of


@dataclass(frozen=True, slots=True)
class Admitted:
    """A task that a worker is to begin: id, kind and number of the attempt."""

    id: str
    kind: str
    attempt: int


def some_wait(conn: Connection, room: Mapping[str, int]) -> bool:
    """Whether there are tasks that :func:`admit` would look at."""
    return conn.execute(select(tasks.c.id).where(_waits(room)).limit(1)).first() is not None


def admit(conn: Connection, worker: str, room: Mapping[str, int], now: float) -> list[Admitted]:
    """Make some waiting tasks those of a worker, in the order to begin them.

    The most urgent ones go first, among those the oldest. An account never has more running than it may.

    Args:
        worker: Must be alive.
        room: How many more tasks the worker takes, by their kind.
    """
    if conn.execute(select(workers.c.id).where(workers.c.id == worker).with_for_update()).first() is None:
        return []
    left = dict(room)
    full: set[str] = set()
    begun: list[Admitted] = []
    while any(count > 0 for count in left.values()):
        query = select(tasks.c.id, tasks.c.kind, tasks.c.attempt, tasks.c.account)
        query = query.where(_waits(left), tasks.c.account.not_in(full))
        query = query.order_by(tasks.c.priority.desc(), tasks.c.created, tasks.c.id).limit(1)
        found = conn.execute(query.with_for_update(skip_locked=True)).first()
        if found is None:
            break
        if not _may_begin(conn, found.account):
            full.add(found.account)
            continue
        values = {"state": "running", "worker": worker, "attempt": found.attempt + 1, "updated": now}
        conn.execute(update(tasks).where(tasks.c.id == found.id).values(values))
        left[found.kind] -= 1
        begun.append(Admitted(found.id, found.kind, found.attempt + 1))
    return begun


def _waits(room: Mapping[str, int]) -> ColumnElement[bool]:
    """Tasks to begin, of the kinds that there is room for."""
    kinds = [kind for kind, count in room.items() if count > 0]
    return and_(tasks.c.state == "waiting", tasks.c.worker == "", tasks.c.wanted, tasks.c.kind.in_(kinds))


def _may_begin(conn: Connection, account: str) -> bool:
    # The lock makes workers that admit at the same time count one after the other.
    conn.execute(
        select(account_settings.c.account).where(account_settings.c.account == account).with_for_update()
    )
    most = settings_of(conn, account).concurrency
    if most is None:
        return True
    running = select(func.count()).where(tasks.c.account == account, tasks.c.state == "running")
    return (conn.scalar(running) or 0) < most
