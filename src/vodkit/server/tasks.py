"""Tasks as rows: what is asked for, how far it is, how it ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from .catalog.attrs import attrs_in
from .catalog.tables import media as media_rows
from .catalog.tables import task_steps, tasks
from .names import check_name, new_id
from .nouns import MediaRecord
from .processing import ENDED, OPEN, Task, TaskQuery, TaskStep

if TYPE_CHECKING:
    from .media.procedure import Procedure

LIFETIME = 30 * 24 * 3600.0
"""Seconds that an ended task is kept."""

_COLUMNS = tuple(field.name for field in fields(Task) if field.name != "steps")
_STEP_COLUMNS = tuple(field.name for field in fields(TaskStep))


class TaskTable:
    """Implements :class:`vodkit.server.processing.Tasks`.

    Args:
        now: The clock.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def process(
        self,
        conn: Connection,
        media: MediaRecord,
        procedure: Procedure,
        *,
        remote_id: str = "",
        priority: int = 0,
        attrs: Mapping[str, Any] | None = None,
        decides: bool = True,
    ) -> Task:
        """See :meth:`processing.Tasks.process`."""
        if decides:
            earlier = and_(tasks.c.media == media.id, tasks.c.state.in_(OPEN))
            conn.execute(update(tasks).where(earlier).values(decides=False))
            conn.execute(update(media_rows).where(media_rows.c.id == media.id).values(status="processing"))
        return self._submit(
            conn,
            kind="procedure",
            provider=media.provider,
            account=media.account,
            media=media.id,
            remote_id=remote_id,
            priority=priority,
            decides=decides,
            spec=procedure.as_dict(),
            attrs=attrs,
        )

    def pull(
        self,
        conn: Connection,
        *,
        provider: str,
        account: str,
        url: str,
        space: str,
        key: str,
        cover_url: str = "",
        cover_key: str = "",
        remote_id: str = "",
        priority: int = 0,
        attrs: Mapping[str, Any] | None = None,
    ) -> Task:
        """See :meth:`processing.Tasks.pull`.

        Raises:
            BadName: an address, the space or a key cannot be stored.
        """
        spec = {"url": url, "space": space, "key": key, "cover_url": cover_url, "cover_key": cover_key}
        return self._submit(
            conn,
            kind="pull",
            provider=provider,
            account=account,
            media="",
            remote_id=remote_id,
            priority=priority,
            decides=False,
            spec={name: check_name(value) for name, value in spec.items()},
            attrs=attrs,
        )

    def get(self, conn: Connection, provider: str, remote_id: str) -> Task | None:
        """See :meth:`processing.Tasks.get`."""
        return self._one(conn, and_(tasks.c.provider == provider, tasks.c.remote_id == remote_id))

    def by_id(self, conn: Connection, id: str) -> Task | None:
        """One task by our id, with its steps."""
        return self._one(conn, tasks.c.id == id)

    def find(
        self,
        conn: Connection,
        query: TaskQuery,
        *,
        by: str = "created",
        ascending: bool = False,
        after: tuple[float, str] | None = None,
        limit: int = 100,
    ) -> list[Task]:
        """See :meth:`processing.Tasks.find`."""
        time = tasks.c[by]
        wanted = select(tasks).where(*_conditions(query), time.is_not(None))
        if after is not None:
            moment, id = after
            here = time > moment if ascending else time < moment
            beside = tasks.c.id > id if ascending else tasks.c.id < id
            wanted = wanted.where(or_(here, and_(time == moment, beside)))
        order = (time, tasks.c.id) if ascending else (time.desc(), tasks.c.id.desc())
        rows = conn.execute(wanted.order_by(*order).limit(limit)).all()
        steps = _steps(conn, [row.id for row in rows])
        return [_task_of(row, steps.get(row.id, ())) for row in rows]

    def cancel(self, conn: Connection, id: str) -> bool:
        """See :meth:`processing.Tasks.cancel`. The worker ends what it runs, and what waits, as cancelled."""
        which = and_(tasks.c.id == id, tasks.c.state.in_(OPEN))
        return bool(
            conn.execute(update(tasks).where(which).values(wanted=False, updated=self._now())).rowcount
        )

    def refuse(self, conn: Connection, id: str, error: str) -> Task:
        """See :meth:`processing.Tasks.refuse`.

        Raises:
            LookupError: no such task waits.
        """
        now = self._now()
        waits = and_(tasks.c.id == id, tasks.c.state == "waiting")
        values = {"state": "failed", "error": error, "finished": now, "updated": now}
        if not conn.execute(update(tasks).where(waits).values(values)).rowcount:
            raise LookupError(f"there is no task {id} that waits")
        found = self.by_id(conn, id)
        assert found is not None
        return found

    def retry(self, conn: Connection, id: str, steps: Sequence[str] = ()) -> Task | None:
        """See :meth:`processing.Tasks.retry`."""
        row = conn.execute(select(tasks).where(tasks.c.id == id).with_for_update()).first()
        if row is None or row.state not in ENDED:
            return None
        if row.state == "failed" and row.started is None:
            return None
        mine = task_steps.c.task == id
        which = task_steps.c.name.in_(steps) if steps else task_steps.c.state != "done"
        again = conn.execute(
            update(task_steps)
            .where(mine, which)
            .values(state="waiting", progress=0.0, error="", started=None, finished=None)
        ).rowcount
        if not again and (steps or row.state == "done"):
            return None
        values = {"state": "waiting", "wanted": True, "error": "", "started": None, "finished": None}
        conn.execute(update(tasks).where(tasks.c.id == id).values(**values, updated=self._now()))
        if row.decides:
            # What can be played already stays so, and what is blocked stays blocked.
            failed = and_(media_rows.c.id == row.media, media_rows.c.status == "failed")
            conn.execute(update(media_rows).where(failed).values(status="processing"))
        return self.by_id(conn, id)

    def expire(self, conn: Connection, now: float, limit: int) -> int:
        """Forget at most ``limit`` tasks that ended :data:`LIFETIME` ago; how many were."""
        old = and_(tasks.c.finished <= now - LIFETIME, tasks.c.state.in_(ENDED))
        due = conn.execute(select(tasks.c.id).where(old).limit(limit)).scalars().all()
        conn.execute(delete(task_steps).where(task_steps.c.task.in_(due)))
        conn.execute(delete(tasks).where(tasks.c.id.in_(due)))
        return len(due)

    def _one(self, conn: Connection, which: Any) -> Task | None:
        row = conn.execute(select(tasks).where(which)).first()
        return _task_of(row, _steps(conn, [row.id]).get(row.id, ())) if row else None

    def _submit(
        self, conn: Connection, *, remote_id: str, attrs: Mapping[str, Any] | None, **values: Any
    ) -> Task:
        id, now = new_id(), self._now()
        task = Task(
            id=id,
            remote_id=remote_id or id,
            state="waiting",
            wanted=True,
            attrs=dict(attrs or {}),
            error="",
            attempt=0,
            created=now,
            started=None,
            finished=None,
            updated=now,
            **values,
        )
        conn.execute(insert(tasks).values(worker="", **{name: getattr(task, name) for name in _COLUMNS}))
        return task


def _conditions(query: TaskQuery) -> list[Any]:
    found = [
        getattr(tasks.c, name) == value
        for name in ("provider", "account", "media", "kind")
        if (value := getattr(query, name)) is not None
    ]
    if query.states is not None:
        found.append(tasks.c.state.in_(query.states))
    found += attrs_in(tasks.c.attrs, query.attrs)
    for column, low, high in (
        (tasks.c.created, query.created_from, query.created_until),
        (tasks.c.finished, query.finished_from, query.finished_until),
    ):
        found += [column >= low] if low is not None else []
        found += [column <= high] if high is not None else []
    return found


def _steps(conn: Connection, ids: Collection[str]) -> dict[str, tuple[TaskStep, ...]]:
    found: dict[str, tuple[TaskStep, ...]] = {}
    query = select(task_steps).where(task_steps.c.task.in_(ids))
    for row in conn.execute(query.order_by(task_steps.c.task, task_steps.c.position)):
        step = TaskStep(**{name: getattr(row, name) for name in _STEP_COLUMNS})
        found[row.task] = (*found.get(row.task, ()), step)
    return found


def _task_of(row: Row[Any], steps: tuple[TaskStep, ...]) -> Task:
    return Task(**{name: getattr(row, name) for name in _COLUMNS}, steps=steps)
