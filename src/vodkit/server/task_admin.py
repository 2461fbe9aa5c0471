"""What ``vodkit tasks`` does, on a data folder, whether a service runs on it or not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from vodkit.core import registry
from vodkit.core.errors import ConfigError, NotFound, VodError

from .catalog.tables import accounts, media, objects, tasks
from .contract import MediaRecord, Settings
from .media.procedure import Procedure
from .media_catalog import media_named
from .procedures import ProcedureTable
from .processing import Task, TaskQuery
from .service import Tools, tools
from .tasks import TaskTable


def list_tasks(
    settings: Settings,
    *,
    provider: str | None = None,
    media_id: str | None = None,
    states: Sequence[str] = (),
    limit: int = 50,
) -> list[dict[str, Any]]:
    """The newest tasks, each as :func:`show_task` says it.

    Args:
        provider: Only this one's.
        media_id: Only those of this media: the provider's id, or ours.
        states: Only those in one of these.

    Raises:
        NotFound: there is no such media.
    """
    if provider is not None:
        registry.descriptor(provider)

    def find(conn: Connection) -> list[dict[str, Any]]:
        one = None if media_id is None else media_named(conn, media_id).id
        query = TaskQuery(provider=provider, media=one, states=tuple(states) or None)
        return _shown(conn, TaskTable(parts.now).find(conn, query, limit=limit))

    with tools(settings) as parts:
        return parts.catalog.read_now(find)


def show_task(settings: Settings, id: str) -> dict[str, Any]:
    """A task and its steps, as JSON-ready data.

    Args:
        id: Ours, or what the provider's wire calls it.

    Returns:
        ``id``, ``task_id`` (the wire's), ``provider``, ``account``, ``media`` (the wire's id), ``kind``,
        ``state``, ``progress`` (0 to 1), ``error``, ``priority``, ``attempt``, ``created``, ``started``,
        ``finished`` and ``steps``, each with ``name``, ``kind``, ``state``, ``progress`` and ``error``.

    Raises:
        NotFound: there is none.
    """
    with tools(settings) as parts:
        return parts.catalog.read_now(lambda conn: _shown(conn, [_found(conn, parts, id)])[0])


def add_task(settings: Settings, id: str, procedure: str = "", priority: int = 0) -> str:
    """Have a procedure run over a media that is there; our id of the task.

    A media that can be played stays so meanwhile; one that failed is processed anew, and its status follows.

    Args:
        id: Of the media: the provider's, or ours.
        procedure: Its name; ``""`` for what the account's uploads are made into.
        priority: -10 to 10; higher goes first.

    Raises:
        NotFound: there is no such media or procedure, or its original was deleted.
        ConfigError: no procedure is named, and the account has chosen none.
    """
    with tools(settings) as parts:

        def add(conn: Connection) -> str:
            record = media_named(conn, id)
            if not _has_original(conn, record):
                raise NotFound(f"the original of the media {id!r} is not there any more")
            made = _procedure(conn, ProcedureTable("", parts.now), record.account, procedure)
            decides = record.status == "failed"
            table = TaskTable(parts.now)
            return table.process(conn, record, made, priority=priority, decides=decides).id

        return parts.catalog.write_now(add)


def cancel_task(settings: Settings, id: str) -> None:
    """Have a task stopped; a worker ends what it runs within a second or two.

    Raises:
        NotFound: there is none.
        TaskEnded: it has ended already.
    """
    with tools(settings) as parts:
        table = TaskTable(parts.now)
        if not parts.catalog.write_now(lambda conn: table.cancel(conn, _found(conn, parts, id).id)):
            raise TaskEnded(f"the task {id} has ended already")


def retry_task(settings: Settings, id: str, steps: Sequence[str] = ()) -> None:
    """Have an ended task done again: what failed or was not done, or these steps.

    Raises:
        NotFound: there is none, or it has no such step.
        NothingToRetry: it has not ended, or nothing of it failed.
    """
    with tools(settings) as parts:
        table = TaskTable(parts.now)

        def work(conn: Connection) -> bool:
            task = _found(conn, parts, id)
            unknown = set(steps) - {step.name for step in task.steps}
            if unknown:
                known = ", ".join(step.name for step in task.steps) or "none"
                raise NotFound(f"the task has no step {min(unknown)!r}; it has {known}")
            return table.retry(conn, task.id, steps) is not None

        if not parts.catalog.write_now(work):
            raise NothingToRetry(f"the task {id} has not ended, or nothing of it failed")


class TaskEnded(VodError):
    """The task has ended already."""


class NothingToRetry(VodError):
    """The task has not ended, or nothing of it failed."""


def _found(conn: Connection, parts: Tools, id: str) -> Task:
    query = select(tasks.c.id).where((tasks.c.id == id) | (tasks.c.remote_id == id)).limit(1)
    found = conn.scalar(query)
    task = TaskTable(parts.now).by_id(conn, found) if found else None
    if task is None:
        raise NotFound(f"there is no task {id!r}", advice="See: vodkit tasks list")
    return task


def _has_original(conn: Connection, record: MediaRecord) -> bool:
    where = (objects.c.provider == record.provider, objects.c.space == record.space)
    return conn.execute(select(objects.c.blob).where(*where, objects.c.key == record.key)).first() is not None


def _procedure(conn: Connection, table: ProcedureTable, account: str, name: str) -> Procedure:
    wanted = name or table.default(conn, account)
    if not wanted:
        raise ConfigError("its account has chosen no procedure", advice="Name one with --procedure")
    found = table.resolve(conn, account, wanted)
    if found is None:
        raise NotFound(f"there is no procedure {wanted!r}", advice="See: vodkit procedures list")
    return found


def _shown(conn: Connection, found: Iterable[Task]) -> list[dict[str, Any]]:
    shown = list(found)
    named = select(media.c.id, media.c.remote_id).where(media.c.id.in_([task.media for task in shown]))
    remote = {row.id: row.remote_id for row in conn.execute(named)}
    keyed = select(accounts.c.id, accounts.c.key).where(accounts.c.id.in_([task.account for task in shown]))
    keys = {row.id: row.key for row in conn.execute(keyed)}
    return [
        {
            "id": task.id,
            "task_id": task.remote_id,
            "provider": task.provider,
            "account": keys.get(task.account, task.account),
            "media": remote.get(task.media, ""),
            "kind": task.kind,
            "state": task.state,
            "progress": round(task.progress, 3),
            "error": task.error,
            "priority": task.priority,
            "attempt": task.attempt,
            "created": _moment(task.created),
            "started": _moment(task.started),
            "finished": _moment(task.finished),
            "steps": [
                {
                    "name": step.name,
                    "kind": step.kind,
                    "state": step.state,
                    "progress": round(step.progress, 3),
                    "error": step.error,
                }
                for step in task.steps
            ],
        }
        for task in shown
    ]


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
