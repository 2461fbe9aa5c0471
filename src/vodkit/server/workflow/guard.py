"""What the steps of every kind of task have in common: how they fail."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, ClassVar

from sqlalchemy.exc import OperationalError

from .. import logs
from ..errors import BlobGone, QuotaExceeded, StorageFull
from ..media.errors import MediaError, Stopped
from .contract import MayPass, WorkFailed
from .engine import Engine
from .folder import TaskFolder
from .held import Held, Lost, StepRow

_FULL = "No space left on device"


class Steps:
    """An attempt of a task.

    Args:
        engine: Runs the steps.
        held: The task.
        folder: Its files.
    """

    last: ClassVar[str]
    """The step that ends the task."""

    def __init__(self, engine: Engine, held: Held, folder: TaskFolder) -> None:
        self._engine = engine
        self.held = held
        self.folder = folder

    def __call__(self) -> None:
        """Do it all, up to the end of the task."""
        raise NotImplementedError

    def step(self, name: str, work: Callable[[str], Any]) -> Any:
        """Do a step once; what ``work`` returned, or ``failed`` or ``cancelled``."""
        return self._engine.step(name, lambda: self._guarded(name, work))

    def row(self, name: str) -> StepRow:
        """A step as it is."""
        return next(row for row in self.held.steps() if row.name == name)

    def _guarded(self, name: str, work: Callable[[str], Any]) -> Any:
        """Run a step; what goes wrong for good becomes its state, what may pass is raised for another try."""
        try:
            return work(name)
        except Stopped:
            self.held.step_ends(name, "cancelled")
            return "cancelled"
        except Lost:
            raise
        except Exception as problem:
            reason = _reason(problem)
            if isinstance(reason, MayPass) and not self._engine.last_try():
                self._wait(name, str(reason))
                raise reason from problem
            if reason is not problem and not isinstance(problem, MediaError):
                logs.get("worker").exception("a step failed", task=self.held.id, step=name)
            self.held.step_ends(name, "failed", str(reason))
            if name == self.last:
                self.held.write(lambda conn: self.held.end(conn, "failed", f"{name}: {reason}"))
            return "failed"

    def _wait(self, name: str, reason: str) -> None:
        """Say why a step is to be tried again; in the log alone if the disk or the database is what fails."""
        logs.get("worker").warning("a step is tried again", task=self.held.id, step=name, reason=reason)
        with contextlib.suppress(OperationalError, StorageFull):
            self.held.write(lambda conn: self.held.change_step(conn, name, state="waiting", error=reason))


def _reason(problem: Exception) -> WorkFailed:
    """What went wrong, for the owner of the media."""
    if isinstance(problem, WorkFailed):
        return problem
    if isinstance(problem, QuotaExceeded):
        return WorkFailed(str(problem))
    if isinstance(problem, StorageFull) or _FULL in str(problem):
        return MayPass("the disk is full")
    if isinstance(problem, MediaError):
        return WorkFailed(str(problem))
    if isinstance(problem, BlobGone):
        return WorkFailed("the original is not there any more")
    if isinstance(problem, OSError):
        return MayPass(f"a file could not be read or written: {problem.strerror or 'it failed'}")
    if isinstance(problem, OperationalError):
        return MayPass("the database did not answer")
    return WorkFailed("an internal error; the service's log says more")
