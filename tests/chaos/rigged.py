"""Workers that kill themselves at a chosen point, as kill -9 would."""

from __future__ import annotations

import importlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

STEPS = ("encode", "package", "file-180p", "cover", "sprite")
_WORKFLOW = "vodkit.server.workflow"


@dataclass(frozen=True)
class Point:
    """A moment in a worker's life.

    Attributes:
        where: ``module:Class.method`` or ``module:function`` as its user finds it.
        when: ``before`` and ``after`` the call, or a little after its begin: ``during``.
        step: Only a call that has this among its arguments, by itself or as a ``name``.
        call: The how-manieth such call.
    """

    where: str
    when: str
    step: str = ""
    call: int = 1

    def __str__(self) -> str:
        called = f" {self.call}" if self.call > 1 else ""
        return f"{self.when} {self.where.partition(':')[2]}{called} {self.step}".strip()


def _points() -> list[Point]:
    held, folder = f"{_WORKFLOW}.held:Held", f"{_WORKFLOW}.folder:TaskFolder"
    found = [
        Point("vodkit.server.worker:admit", "after"),
        Point(f"{_WORKFLOW}.engine:Engine.submit", "before"),
        Point(f"{_WORKFLOW}.engine:Engine.submit", "after"),
        Point(f"{held}.begin", "before"),
        Point(f"{held}.begin", "after"),
        Point(f"{folder}.run", "after", "source"),
        Point(f"{_WORKFLOW}.procedure:facts_of", "during"),
        Point(f"{_WORKFLOW}.procedure:facts_of", "after"),
        Point(f"{held}.add_steps", "after", call=2),
        Point(f"{held}.end_step", "after", "probe"),
        Point(f"{_WORKFLOW}.publish:blob_rows.add", "after", call=3),
        Point("vodkit.server.blobs.local:LocalBlobs.adopt", "before"),
        Point("vodkit.server.blobs.local:LocalBlobs.adopt", "after", call=5),
        Point("vodkit.server.outputs:OutputTable.add", "before"),
        Point("vodkit.server.objects:ObjectTable.put", "after", call=4),
        Point("vodkit.server.events:EventTable.task_changed", "after", call=1),
        Point("vodkit.server.events:EventTable.task_changed", "before", call=2),
        Point("vodkit.server.events:EventTable.task_changed", "after", call=2),
        Point(f"{_WORKFLOW}.procedure:publish", "before"),
        Point(f"{_WORKFLOW}.procedure:publish", "after"),
        Point(f"{folder}.remove", "before"),
        Point(f"{folder}.remove", "after"),
    ]
    for step in STEPS:
        found += [
            Point(f"{held}.step_begins", "after", step),
            Point(f"{_WORKFLOW}.procedure:render", "during", step),
            Point(f"{_WORKFLOW}.procedure:render", "after", step),
            Point(f"{folder}.run", "after", step),
            Point(f"{held}.step_ends", "after", step),
        ]
    return found


POINTS = _points()


def rig(point: Point, seed: int) -> None:
    """From now on this process dies when it comes to a point."""
    module, _, path = point.where.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    real: Callable[..., Any] = getattr(owner, name)
    calls = 0

    @wraps(real)
    def rigged(*args: Any, **options: Any) -> Any:
        nonlocal calls
        if point.step and not any(point.step in (arg, getattr(arg, "name", "")) for arg in args):
            return real(*args, **options)
        calls += 1
        if calls != point.call:
            return real(*args, **options)
        if point.when == "before":
            _die()
        if point.when == "during":
            threading.Thread(target=_die, args=(random.Random(seed).uniform(0.0, 0.25),)).start()
        result = real(*args, **options)
        if point.when == "during":
            time.sleep(60)
        _die()
        return result

    setattr(owner, name, rigged)


def _die(after: float = 0.0) -> None:
    time.sleep(after)
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)
