"""A task in the hands of a worker.

Every row that is written here is written only while the task is this worker's and this attempt's; otherwise
:class:`Lost` is raised and nothing is changed.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import OperationalError

from ..catalog.tables import media, task_steps, tasks
from ..errors import StorageFull
from ..processing import Task
from ..service import Service

T = TypeVar("T")
NewStep = tuple[str, str, Mapping[str, Any]]
"""Name, kind and spec of a step to come."""

_APART = 100
"""Between the positions of two steps, so that one can become several."""
_OFTEN = 1.0
"""Seconds between two writes of a step's progress."""


class Lost(Exception):
    """The task is not this worker's any more, or not this attempt's."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step as the worker keeps it.

    Attributes:
        name, kind, state, error: As in :class:`vodkit.server.processing.TaskStep`.
        spec: What is to be done (JSON); of ``probe`` what was found.
    """

    name: str
    kind: str
    state: str
    error: str
    spec: Mapping[str, Any]


class Held:
    """An attempt of a task.

    Args:
        service: The parts.
        worker: Id of this worker.
        task, attempt: Which.
        wanted: Whether it is still to be done.
    """

    def __init__(
        self, service: Service, worker: str, task: str, attempt: int, wanted: Callable[[], bool]
    ) -> None:
        self.service = service
        self.id = task
        self.wanted = wanted
        self._mine = (
            (tasks.c.id == task)
            & (tasks.c.attempt == attempt)
            & (tasks.c.worker == worker)
            & (tasks.c.state == "running")
        )
        self._told: dict[str, float] = {}

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a write transaction in which nobody else can take the task over.

        Raises:
            Lost: somebody has.
        """

        def fenced(conn: Connection) -> T:
            if conn.execute(select(tasks.c.id).where(self._mine).with_for_update()).first() is None:
                raise Lost(self.id)
            return work(conn)

        return self.service.catalog.write_now(fenced)

    def check(self) -> None:
        """Raise :class:`Lost` if somebody has taken the task over."""
        self.write(lambda conn: None)

    def task(self, conn: Connection) -> Task:
        """The task as it is."""
        found = self.service.tasks.by_id(conn, self.id)
        if found is None:
            raise Lost(self.id)
        return found

    def steps(self) -> list[StepRow]:
        """The steps as they are, in their order."""
        return self.service.catalog.read_now(self.step_rows)

    def step_rows(self, conn: Connection) -> list[StepRow]:
        """:meth:`steps` within a transaction."""
        columns = (getattr(task_steps.c, name) for name in StepRow.__slots__)
        query = select(*columns).where(task_steps.c.task == self.id).order_by(task_steps.c.position)
        return [StepRow(*row) for row in conn.execute(query)]

    def begin(self) -> Task:
        """The task begins, unless it did before; the room is told."""

        def work(conn: Connection) -> Task:
            task = self.task(conn)
            if task.started is None:
                now = self.service.now()
                conn.execute(update(tasks).where(tasks.c.id == self.id).values(started=now, updated=now))
                task = self.task(conn)
                tell(self.service, conn, task)
            return task

        return self.write(work)

    def add_steps(self, conn: Connection, steps: Iterable[NewStep]) -> None:
        """Record steps to come, behind those that are there."""
        self._insert(conn, steps, _APART * len(self.step_rows(conn)), _APART)

    def drop_steps(self, conn: Connection, but: str) -> None:
        """Forget all steps but one."""
        conn.execute(delete(task_steps).where(task_steps.c.task == self.id, task_steps.c.name != but))

    def split_step(self, conn: Connection, name: str, steps: Iterable[NewStep]) -> None:
        """Put several steps in place of one."""
        which = (task_steps.c.task == self.id) & (task_steps.c.name == name)
        position = conn.scalar(select(task_steps.c.position).where(which)) or 0
        conn.execute(delete(task_steps).where(which))
        self._insert(conn, steps, position, 1)

    def _insert(self, conn: Connection, steps: Iterable[NewStep], first: int, apart: int) -> None:
        for number, (name, kind, spec) in enumerate(steps):
            values = {"name": name, "position": first + number * apart, "kind": kind, "spec": dict(spec)}
            new = {"task": self.id, "state": "waiting", "progress": 0.0, "error": ""}
            conn.execute(insert(task_steps).values({**new, **values}))

    def step_begins(self, name: str) -> None:
        """A step is run, for the first time or again; why the try before failed stays until it ends."""
        now = self.service.now()
        self.write(
            lambda conn: self.change_step(
                conn, name, state="running", progress=0.0, started=now, finished=None
            )
        )

    def step_ends(self, name: str, state: str, error: str = "") -> None:
        """A step is ``done``, ``failed`` or ``cancelled``."""
        self.write(lambda conn: self.end_step(conn, name, state, error))

    def end_step(self, conn: Connection, name: str, state: str, error: str = "") -> None:
        """:meth:`step_ends` within a transaction."""
        values: dict[str, Any] = {"state": state, "error": error, "finished": self.service.now()}
        if state == "done":
            values["progress"] = 1.0
        self.change_step(conn, name, **values)
        if state == "failed":
            task = self.task(conn)
            self.service.events.step_failed(conn, self.service.rooms.get(task.provider), task, name)

    def progress(self, name: str, share: float) -> None:
        """How far a step is; written about once a second, and not at all while nothing can be written.

        Raises:
            Lost: somebody has taken the task over.
        """
        now = time.monotonic()
        if now - self._told.get(name, 0.0) < _OFTEN:
            return
        self._told[name] = now
        # Hours of work are not thrown away because their progress cannot be told.
        with contextlib.suppress(OperationalError, StorageFull):
            self.write(lambda conn: self.change_step(conn, name, progress=max(0.0, min(share, 0.999))))

    def change_step(self, conn: Connection, name: str, **values: Any) -> None:
        """Change a step's row."""
        which = (task_steps.c.task == self.id) & (task_steps.c.name == name)
        conn.execute(update(task_steps).where(which).values(values))
        conn.execute(update(tasks).where(tasks.c.id == self.id).values(updated=self.service.now()))

    def end(self, conn: Connection, state: str, error: str = "", *, ready: bool | None = None) -> None:
        """:func:`end` within a transaction of :meth:`write`."""
        end(self.service, conn, self.id, state, error, ready=ready)


def end(
    service: Service, conn: Connection, id: str, state: str, error: str = "", *, ready: bool | None = None
) -> None:
    """A task ends; the media's status follows if it is to, and the room is told.

    Args:
        ready: Whether the media can be played; by default if the task is done.
    """
    now = service.now()
    unfinished = (task_steps.c.task == id) & task_steps.c.state.in_(("waiting", "running"))
    left = {"state": "cancelled" if state == "cancelled" else "waiting"}
    conn.execute(update(task_steps).where(unfinished).values(left))
    values = {"state": state, "error": error, "finished": now, "updated": now}
    conn.execute(update(tasks).where(tasks.c.id == id).values(values))
    task = service.tasks.by_id(conn, id)
    assert task is not None
    if task.decides:
        status = "ready" if (state == "done" if ready is None else ready) else "failed"
        # Somebody may have blocked it meanwhile.
        waits = (media.c.id == task.media) & (media.c.status == "processing")
        conn.execute(update(media).where(waits).values(status=status, updated=now))
    tell(service, conn, task)


def tell(service: Service, conn: Connection, task: Task) -> None:
    """Record that a task began or ended."""
    service.events.task_changed(conn, service.rooms.get(task.provider), task)
