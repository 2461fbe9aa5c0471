"""What a worker takes in beside procedures: how a pull fetches its source, and chores.

- ``vodkit.server.pull:fetch`` is the :class:`Fetch`, found by that name.
- Chores are listed by name in :data:`vodkit.server.worker.CHORES`: add yours there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..processing import Task

if TYPE_CHECKING:
    from ..service import Service


class WorkFailed(Exception):
    """A step cannot succeed. The text is for the owner of the media: it names nothing of this machine."""


class MayPass(WorkFailed):
    """A step failed for a reason that may pass, and is tried again after a while, a few times."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a step.

    Attributes:
        task: As it was when this run began.
        folder: An empty folder for this run alone.
        kept: A folder that is the same in every run of this task on this machine; perhaps not there yet.
        progress: Tell it the finished share, from 0 to 1, as often as you like.
        wanted: Ask it now and then, four times a second at most; after ``False`` return or raise soon.
    """

    task: Task
    folder: Path
    kept: Path
    progress: Callable[[float], None]
    wanted: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a pull brought.

    Attributes:
        file: Name of the file in the job's folder that holds all of the source.
        content_type: What it is to be served as, or ``""``.
        digests: Lower-case hex of the whole by name, those that came for free.
        beside: Files in the job's folder that come with the source (what a playlist names, a cover), by the
            keys of their objects, which are put before the room is called.
    """

    file: str
    content_type: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)


class Fetch(Protocol):
    """Fetches the source of a pull. Runs in a thread of its own."""

    def __call__(self, service: Service, job: Job) -> Fetched:
        """Fetch ``job.task.spec["url"]`` into ``job.folder``.

        What an earlier run left is gone, but for ``job.kept``. The room's ``pulled`` is called
        afterwards, in the commit that ends the task.

        Raises:
            WorkFailed: the task fails, with this text.
            MayPass: the step is tried again.
        """
        ...


class Chore(Protocol):
    """Work that comes back. Runs in a thread of its own, in every worker."""

    def __call__(self, service: Service, stop: threading.Event) -> float:
        """Do what is due now; how many seconds later to look again.

        Returns soon once ``stop`` is set. What it raises is logged, and it is called again after a while.
        """
        ...
