"""Which workers are alive.

A worker has a row that it renews three times within ``Settings.lease`` seconds. When it does not, another
one, or the service that started it, takes the row away, and with it, in the same commit, its tasks: they wait
again. Only one can delete a row, and whoever finds its own gone must end at once. A task's row names its
worker and counts its attempts, so that what a worker still writes after that is refused (see :mod:`.held`).
"""

from __future__ import annotations

import os
import socket

from sqlalchemy import Connection, delete, insert, select, update

from ..catalog.tables import task_steps, tasks, workers


def join(conn: Connection, worker: str, now: float) -> None:
    """Begin to be alive."""
    place = f"{socket.gethostname()} {os.getpid()}"
    conn.execute(insert(workers).values(id=worker, place=place, started=now, beat=now))


def beat(conn: Connection, worker: str, now: float) -> bool:
    """Go on being alive; ``False`` for a worker that counts as dead already."""
    return bool(conn.execute(update(workers).where(workers.c.id == worker).values(beat=now)).rowcount)


def bury(conn: Connection, worker: str, now: float, silent_since: float | None = None) -> bool:
    """Take the lease of a worker away and have its tasks wait again; whether it was there.

    Args:
        silent_since: Only if it was not heard of after this time.
    """
    which = workers.c.id == worker
    if silent_since is not None:
        which &= workers.c.beat <= silent_since
    if not conn.execute(delete(workers).where(which)).rowcount:
        return False
    mine = (tasks.c.worker == worker) & (tasks.c.state == "running")
    begun = task_steps.c.task.in_(select(tasks.c.id).where(mine)) & (task_steps.c.state == "running")
    conn.execute(update(task_steps).where(begun).values(state="waiting"))
    conn.execute(update(tasks).where(mine).values(state="waiting", updated=now))
    conn.execute(update(tasks).where(tasks.c.worker == worker).values(worker=""))
    return True


def alive(conn: Connection) -> set[str]:
    """Workers that have a lease."""
    return set(conn.scalars(select(workers.c.id)))


def dead(conn: Connection, silent_since: float) -> list[str]:
    """Workers that were not heard of after this time."""
    return list(conn.scalars(select(workers.c.id).where(workers.c.beat <= silent_since)))
