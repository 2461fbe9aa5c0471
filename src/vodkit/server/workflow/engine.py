"""DBOS, and the only place that knows it.

A task's attempt is a workflow ``<task>-<attempt>``. When a worker dies, the next attempt is forked from the
last one: what that had recorded as done is not done again. So no workflow ever runs in two processes, however
late a worker notices that it counts as dead.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL

from .. import logs
from ..media.procedure import SCHEMA
from .contract import MayPass

if TYPE_CHECKING:
    from dbos import StepInfo, WorkflowStatus

_NAME = "vodkit"
_SCHEMA = "vodkit_workflow"
_UNFINISHED = ("PENDING", "ENQUEUED")
_TRIES = 4
_FIRST_WAIT = 1.0
_SLOWER = 3.0
_POLL = 0.2
_AT_ONCE = 500
_CONNECTIONS = 5

Run = Callable[[str, int], None]
Kept = Callable[[str, Any], bool]


class Engine:
    """Runs tasks, each in a thread of its own, step by step.

    Args:
        database: URL of the catalog. On PostgreSQL the workflow tables are in a schema of their own there;
            beside SQLite they are in a file of their own, so that neither waits for the other's writes.
        data: The data folder.
        worker: Id of this worker.
        run: Does an attempt of a task, calling :meth:`step`.
    """

    def __init__(self, database: URL, data: Path, worker: str, run: Run) -> None:
        self._worker = worker
        self._run = run
        self._url = _workflow_url(database, data)
        self._listening = False

    def start(self) -> None:
        """Open the tables and be ready; takes about a second."""
        for name in [name for name in os.environ if name.startswith("DBOS__")]:
            # These could have it report to a service of its maker.
            del os.environ[name]
        from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, WorkflowSerializationFormat

        logging.getLogger("dbos").setLevel(logging.ERROR)
        logging.getLogger("dbos").addHandler(_OurLog())

        @DBOS.workflow(
            name="task", max_recovery_attempts=None, serialization_type=WorkflowSerializationFormat.PORTABLE
        )
        def task(id: str) -> None:
            self._run(id, int((DBOS.workflow_id or "").rpartition("-")[2]))

        self._task = task
        config: DBOSConfig = {
            "name": _NAME,
            "system_database_url": self._url.render_as_string(hide_password=False),
            "dbos_system_schema": _SCHEMA,
            "application_version": f"procedures-{SCHEMA}",
            "executor_id": self._worker,
            "serializer": DBOSPortableJSONSerializer(),
            "use_listen_notify": False,
            "sys_db_pool_size": _CONNECTIONS,
            "enable_otlp": False,
            "log_level": "ERROR",
            "console_log_level": "ERROR",
        }
        DBOS(config=config)
        DBOS.listen_queues([self._worker])
        DBOS.launch()

    def submit(self, task: str, attempt: int, *, kept: Kept) -> None:
        """Begin an attempt of a task.

        Args:
            kept: Whether a step of this name and result is still done; the first that is not is done again.
        """
        from dbos import DBOS, SetWorkflowID

        id = f"{task}-{attempt}"
        last = next((each for each in self.attempts(task) if each.workflow_id != id), None)
        with SetWorkflowID(id):
            done = self._done(last.workflow_id, kept) if last and last.status in _UNFINISHED else 0
            if last is None or not done:
                DBOS.start_workflow(self._task, task)
            else:
                self._listen()
                DBOS.fork_workflow(
                    last.workflow_id,
                    done + 1,
                    application_version=DBOS.application_version,
                    queue_name=self._worker,
                )
        if last is not None and last.status in _UNFINISHED:
            self.cancel(last.workflow_id)

    def step(self, name: str, work: Callable[[], Any]) -> Any:
        """Within an attempt: do a step, or give what it gave when it was done before.

        What may pass is tried again after a while; :meth:`last_try` says when no more.
        """
        from dbos import DBOS

        options: Any = {
            "name": name,
            "retries_allowed": True,
            "max_attempts": _TRIES,
            "interval_seconds": _FIRST_WAIT,
            "backoff_rate": _SLOWER,
            "should_retry": lambda error: isinstance(error, MayPass),
        }
        return DBOS.run_step(options, work)

    @staticmethod
    def last_try() -> bool:
        """Within a step: whether it is not tried again."""
        from dbos import DBOS

        status = DBOS.step_status
        return status is None or (status.current_attempt or 0) + 1 >= (status.max_attempts or 1)

    def cancel(self, workflow: str) -> None:
        """Have a workflow never begin another step."""
        from dbos import DBOS

        DBOS.cancel_workflow(workflow)

    def attempts(self, task: str) -> list[WorkflowStatus]:
        """The attempts of a task that are known, newest first."""
        from dbos import DBOS

        found = DBOS.list_workflows(workflow_id_prefix=f"{task}-", load_input=False, load_output=False)
        return sorted(found, key=lambda each: -int(each.workflow_id.rpartition("-")[2]))

    def steps(self, workflow: str) -> list[StepInfo]:
        """What a workflow has recorded as done."""
        from dbos import DBOS

        return DBOS.list_workflow_steps(workflow)

    def forget(self, before: float, alive: Callable[[], Collection[str]]) -> None:
        """Delete what nobody will ask for: workflows begun before this time, and what belongs to the dead.

        Args:
            alive: The workers that are alive.
        """
        from dbos import DBOS

        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(before))
        while True:
            old = DBOS.list_workflows(end_time=until, limit=_AT_ONCE, load_input=False, load_output=False)
            living = alive()
            gone = [
                each.workflow_id
                for each in old
                if each.status not in _UNFINISHED or each.executor_id not in living
            ]
            if not gone:
                break
            DBOS.delete_workflows(gone)
        queues = [queue.name for queue in DBOS.list_queues()]
        for name in set(queues) - set(alive()):
            DBOS.delete_queue(name)

    def _done(self, workflow: str, kept: Kept) -> int:
        """How many steps of a workflow need not be done again."""
        count = 0
        for step in self.steps(workflow):
            if step["error"] is not None or not kept(step["function_name"], step["output"]):
                break
            count = step["function_id"]
        return count

    def _listen(self) -> None:
        """Have what is forked run here and nowhere else."""
        from dbos import DBOS

        if not self._listening:
            DBOS.register_queue(self._worker, polling_interval_sec=_POLL)
            self._listening = True


class _OurLog(logging.Handler):
    """Has what DBOS logs in the service's log."""

    def emit(self, record: logging.LogRecord) -> None:
        """See :class:`logging.Handler`."""
        logs.get("workflow").error(record.getMessage(), exc_info=record.exc_info)


def _workflow_url(database: URL, data: Path) -> URL:
    if database.get_backend_name() != "sqlite":
        return database
    path = data / "workflow.db"
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
    return URL.create("sqlite", database=str(path))
