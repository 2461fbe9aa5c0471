"""Cancelling, doing again, priorities, bounds on how many run."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from tests.waiting import until
from vodkit.server import worker as worker_module
from vodkit.server.errors import StorageFull
from vodkit.server.media.errors import BadMedia
from vodkit.server.procedures import change_settings
from vodkit.server.worker import Worker
from vodkit.server.workflow.engine import Engine
from vodkit.server.workflow.held import Held

from .world import ACCOUNT, MADE, PROVIDER, SMALL, World


def test_a_running_task_is_cancelled_and_its_programs_end(world: World, long_clip: Path) -> None:
    media = world.media(long_clip)
    task = world.process(media)
    world.worker()
    world.running(task.id, "encode")
    until(world.programs)
    began = time.monotonic()
    assert world.write(lambda conn: world.service.tasks.cancel(conn, task.id))
    until(lambda: not world.programs(), patience=20)
    print(f"its programs ended after {time.monotonic() - began:.2f} s")
    ended = world.ended(task.id)
    assert ended.state == "cancelled"
    assert {step.name: step.state for step in ended.steps} == {
        "probe": "done",
        **dict.fromkeys(["encode", "package", "file-180p", "cover", "sprite", "publish"], "cancelled"),
    }
    assert world.said(media.id) == ["procedure.changed"] * 2
    assert not world.outputs(media.id)
    until(lambda: not world.leftovers())


def test_a_waiting_task_is_cancelled_at_once(world: World, clip: Path, long_clip: Path) -> None:
    world.write(lambda conn: change_settings(conn, ACCOUNT, concurrency=1))
    first = world.process(world.media(long_clip))
    world.worker()
    world.running(first.id, "encode")
    media = world.media(clip)
    second = world.process(media)
    world.write(lambda conn: world.service.tasks.cancel(conn, second.id))
    ended = world.ended(second.id)
    assert (ended.state, ended.started, ended.steps) == ("cancelled", None, ())
    assert world.said(media.id) == ["procedure.changed"]
    assert world.task(first.id).state == "running"


def test_a_cancelled_task_can_be_done_again(world: World, clip: Path, long_clip: Path) -> None:
    media = world.media(long_clip)
    task = world.process(media, replace(SMALL, cover=None, sprite=None))
    world.worker()
    world.running(task.id, "encode")
    world.write(lambda conn: world.service.tasks.cancel(conn, task.id))
    world.ended(task.id)
    assert world.write(lambda conn: world.service.tasks.retry(conn, task.id)) is not None
    world.running(task.id, "encode")
    assert world.record(media.id).status == "processing"


def _breaking(step: str, times: int, error: type[Exception], marks: str) -> None:
    """Have a step fail as often as this, in the worker's process."""
    from vodkit.server.workflow import procedure

    real = procedure.render

    def render(work, folder, *args, **options):  # type: ignore[no-untyped-def]
        done = Path(marks, f"{step}-{time.monotonic_ns()}")
        if work.name == step and len(list(Path(marks).glob(f"{step}-*"))) < times:
            done.touch()
            raise error("it does not work")
        Path(marks, f"ran {work.name} {time.monotonic_ns()}").touch()
        return real(work, folder, *args, **options)

    procedure.render = render


def ran(marks: Path) -> list[str]:
    """The steps that ran, in order."""
    found = sorted((int(path.name.split()[2]), path.name.split()[1]) for path in marks.glob("ran *"))
    return [name for _, name in found]


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    path = tmp_path / "marks"
    path.mkdir()
    return path


def test_a_failed_step_leaves_the_others_and_is_done_again_alone(
    world: World, clip: Path, marks: Path
) -> None:
    media = world.media(clip)
    task = world.process(media)
    world.worker(partial(_breaking, "sprite", 1, BadMedia, str(marks)))
    ended = world.ended(task.id)
    assert (ended.state, ended.error) == ("failed", "sprite: it does not work")
    assert world.record(media.id).status == "ready"
    assert set(world.files(media.id)) == {"streams", "file", "cover"}
    before = {output.id for output in world.outputs(media.id)}
    until(lambda: not world.leftovers())
    for path in marks.glob("ran *"):
        path.unlink()

    assert world.write(lambda conn: world.service.tasks.retry(conn, task.id, ["sprite"])) is not None
    ended = world.ended(task.id)
    assert (ended.state, ended.error) == ("done", "")
    assert ran(marks) == ["sprite"]
    assert {kind: len(files) for kind, files in world.files(media.id).items()} == MADE
    assert before < {output.id for output in world.outputs(media.id)}
    assert world.said(media.id) == ["procedure.changed"] * 4


def test_one_rendition_that_failed_is_done_again_alone(world: World, clip: Path, marks: Path) -> None:
    media = world.media(clip)
    task = world.process(media)
    world.worker(partial(_break_ladder, str(marks)))
    ended = world.ended(task.id)
    assert (ended.state, ended.error.partition(":")[0]) == ("failed", "encode-90p")
    names = [step.name for step in ended.steps]
    assert names[:5] == ["probe", "encode-180p", "encode-90p", "encode-audio", "package"]
    assert world.record(media.id).status == "ready"
    (streams,) = (output for output in world.outputs(media.id) if output.kind == "streams")
    assert [item["name"] for item in streams.facts["renditions"]] == ["180p"]
    for path in marks.glob("ran *"):
        path.unlink()

    assert world.write(lambda conn: world.service.tasks.retry(conn, task.id, ["encode-90p"])) is not None
    assert world.ended(task.id).state == "done"
    (streams,) = (output for output in world.outputs(media.id) if output.kind == "streams")
    assert [item["name"] for item in streams.facts["renditions"]] == ["180p", "90p"]
    assert not {"encode", "encode-180p", "encode-audio"} & set(ran(marks))


def _break_ladder(marks: str) -> None:
    _breaking("encode", 1, BadMedia, marks)
    _breaking("encode-90p", 1, BadMedia, marks)


def test_a_media_that_is_ready_stays_so_while_something_is_done_again(
    world: World, clip: Path, marks: Path
) -> None:
    media = world.media(clip)
    task = world.process(media)
    worker = world.worker(partial(_breaking, "sprite", 1, BadMedia, str(marks)))
    assert world.ended(task.id).state == "failed"
    worker.terminate()
    worker.join()
    assert world.write(lambda conn: world.service.tasks.retry(conn, task.id)) is not None
    assert world.record(media.id).status == "ready"
    world.write(lambda conn: world.service.tasks.cancel(conn, task.id))
    world.worker()
    assert world.ended(task.id).state == "cancelled"
    assert world.record(media.id).status == "ready"


def test_a_source_that_is_looked_into_again_is_planned_anew(world: World, clip: Path, marks: Path) -> None:
    media = world.media(clip)
    task = world.process(media)
    world.worker(partial(_breaking, "none", 0, BadMedia, str(marks)))
    first = world.ended(task.id)
    assert world.write(lambda conn: world.service.tasks.retry(conn, task.id, ["probe"])) is not None
    again = world.ended(task.id)
    assert (again.state, again.error) == ("done", "")
    assert [step.name for step in again.steps] == [step.name for step in first.steps]
    assert ran(marks).count("encode") == 2
    assert {kind: len(files) for kind, files in world.files(media.id).items()} == MADE


def _no_room_for_progress() -> None:
    change = Held.change_step

    def full(self: Held, conn: Connection, name: str, **values: Any) -> None:
        if set(values) == {"progress"}:
            raise StorageFull("there is no room")
        change(self, conn, name, **values)

    Held.change_step = full  # type: ignore[method-assign]


def test_work_goes_on_when_its_progress_cannot_be_told(world: World, clip: Path) -> None:
    task = world.process(world.media(clip))
    world.worker(_no_room_for_progress)
    assert world.ended(task.id).state == "done"
    assert not [step.error for step in world.task(task.id).steps if step.error]


def test_many_waiting_tasks_of_one_kind_hold_up_none_of_the_other(world: World, long_clip: Path) -> None:
    media = world.media(long_clip)
    first = world.process(media)
    world.worker()
    world.running(first.id, "encode")
    source = {"url": "http://127.0.0.1:1/a.mp4", "space": "space", "key": "a.mp4"}

    def ask(conn: Connection) -> str:
        for _ in range(150):
            world.service.tasks.process(conn, media, SMALL, decides=False)
        return world.service.tasks.pull(conn, provider=PROVIDER, account=ACCOUNT, **source).id

    pull = world.write(ask)
    assert world.ended(pull).state == "failed"
    assert world.task(first.id).state == "running"


def test_what_may_pass_is_tried_again(world: World, clip: Path, marks: Path) -> None:
    media = world.media(clip)
    task = world.process(media)
    world.worker(partial(_breaking, "cover", 2, OSError, str(marks)))
    waiting = until(lambda: next((step for step in world.task(task.id).steps if step.error), None))
    assert (waiting.name, waiting.state in ("waiting", "running")) == ("cover", True)
    assert waiting.error == "a file could not be read or written: it failed"
    ended = world.ended(task.id)
    assert (ended.state, ended.attempt) == ("done", 1)
    assert {step.error for step in ended.steps} == {""}
    assert len(list(marks.glob("cover-*"))) == 2
    assert ran(marks).count("encode") == 1


def test_nothing_is_published_when_nothing_plays(world: World, clip: Path, marks: Path) -> None:
    media = world.media(clip)
    procedure = replace(SMALL, renditions=SMALL.renditions[:1], audio=None)
    task = world.process(media, procedure)
    world.worker(partial(_breaking, "encode", 9, BadMedia, str(marks)))
    ended = world.ended(task.id)
    assert ended.state == "failed"
    assert ended.error.startswith("encode: it does not work; ")
    assert not world.outputs(media.id)
    assert world.record(media.id).status == "failed"


def test_the_most_urgent_go_first_and_an_account_has_its_bound(any_world: World, clip: Path) -> None:
    world = any_world
    world.write(lambda conn: change_settings(conn, ACCOUNT, concurrency=1))
    quick = replace(SMALL, renditions=(), audio=None, streaming=False, files="none", sprite=None)
    tasks = [
        world.process(world.media(clip, account), quick, priority=priority).id
        for account, priority in ((ACCOUNT, 0), (ACCOUNT, 0), (ACCOUNT, 5), ("other", -5), ("other", 10))
    ]
    for _ in range(2):
        world.worker()
    most = 0
    while any(world.task(id).finished is None for id in tasks):
        running = [id for id in tasks[:3] if world.task(id).state == "running"]
        most = max(most, len([id for id in running if world.task(id).state == "running"]))
    assert most == 1
    begun = [world.task(id).started or 0.0 for id in tasks]
    assert begun[2] < begun[0] < begun[1]
    assert begun[4] < begun[3]
    assert {world.task(id).state for id in tasks} == {"done"}


def test_a_frozen_worker_loses_its_tasks_and_ends_when_it_wakes(any_world: World, long_clip: Path) -> None:
    world = any_world
    media = world.media(long_clip)
    task = world.process(media, replace(SMALL, cover=None, sprite=None))
    frozen = world.worker()
    world.running(task.id, "encode")
    assert frozen.pid is not None
    freeze = partial(os.kill, frozen.pid, signal.SIGSTOP)
    # Not while it writes itself: on SQLite everybody would wait for it.
    world.write(lambda conn: freeze())
    world.worker()
    until(lambda: world.task(task.id).attempt == 2)
    os.kill(frozen.pid, signal.SIGCONT)
    frozen.join(30)
    assert frozen.exitcode == 70
    assert world.ended(task.id).state == "done"
    assert world.said(media.id) == ["procedure.changed"] * 2
    assert {kind: len(files) for kind, files in world.files(media.id).items()} == {"streams": 8, "file": 1}
    until(lambda: not world.leftovers())


def test_a_worker_that_is_stopped_gives_its_tasks_back_at_once(world: World, long_clip: Path) -> None:
    task = world.process(world.media(long_clip))
    first = world.worker(lease=600.0)
    world.running(task.id, "encode")
    first.terminate()
    first.join(20)
    assert first.exitcode == 0
    waiting = world.task(task.id)
    assert (waiting.state, waiting.attempt) == ("waiting", 1)
    assert not world.alive()
    until(lambda: not world.programs(), patience=10)
    world.worker(lease=600.0)
    assert world.running(task.id, "encode").attempt == 2


def test_a_task_that_is_done_again_at_once_finds_its_folder(world: World, clip: Path, marks: Path) -> None:
    media = world.media(clip)
    task = world.process(media)
    world.worker(partial(_slow_to_clean, str(marks)))
    world.worker(partial(_slow_to_clean, str(marks)))
    for _ in range(3):
        assert world.ended(task.id).state == "done"
        assert world.write(lambda conn: world.service.tasks.retry(conn, task.id, ["encode"])) is not None
    assert world.ended(task.id).state == "done"
    assert {kind: len(files) for kind, files in world.files(media.id).items()} == MADE


def _slow_to_clean(marks: str) -> None:
    from vodkit.server.workflow.folder import TaskFolder

    real = TaskFolder.remove

    def remove(folder: TaskFolder) -> None:
        time.sleep(0.5)
        real(folder)

    TaskFolder.remove = remove  # type: ignore[method-assign]


def _dying(step: str, marks: str) -> None:
    """Die like the machine when a step begins; note the steps that ran until then."""
    from vodkit.server.workflow import procedure

    _breaking("", 0, BadMedia, marks)
    real = procedure.render

    def render(work, *args, **options):  # type: ignore[no-untyped-def]
        if work.name == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(work, *args, **options)

    procedure.render = render


def test_the_next_attempt_goes_on_behind_the_steps_that_are_done(
    any_world: World, clip: Path, marks: Path
) -> None:
    world = any_world
    task = world.process(world.media(clip))
    world.worker(partial(_dying, "cover", str(marks))).join(60)
    assert ran(marks) == ["encode", "package", "file-180p"]
    world.worker(partial(_dying, "sprite", str(marks))).join(60)
    assert ran(marks) == ["encode", "package", "file-180p", "cover"]
    world.worker(partial(_dying, "", str(marks)))
    assert world.ended(task.id).attempt == 3
    assert ran(marks) == ["encode", "package", "file-180p", "cover", "sprite"]
    if (world.data / "workflow.db").exists():
        database = sqlite3.connect(world.data / "workflow.db")
        rows = database.execute(
            "SELECT workflow_uuid, forked_from FROM workflow_status ORDER BY 1"
        ).fetchall()
        database.close()
        ids = [f"{task.id}-{attempt}" for attempt in (1, 2, 3)]
        assert rows == list(zip(ids, [None, *ids[:2]], strict=True))


def test_old_workflows_are_forgotten(world: World, clip: Path) -> None:
    task = world.process(world.media(clip))
    world.worker()
    world.ended(task.id)
    database = sqlite3.connect(world.data / "workflow.db")

    def states() -> list[tuple[str]]:
        return database.execute("SELECT status FROM workflow_status").fetchall()

    until(lambda: states() == [("SUCCESS",)])
    world.stop()
    world.worker(_forgetful)
    until(lambda: not states())
    database.close()


def _losing_the_first() -> None:
    submit, lost = Engine.submit, []

    def first_not(self: Engine, task: str, attempt: int, **options: Any) -> None:
        lost.append(task) if not lost else submit(self, task, attempt, **options)

    Engine.submit = first_not  # type: ignore[method-assign]
    worker_module._BEGINS = 2.0


def test_a_task_that_the_engine_does_not_begin_is_begun_again(world: World, clip: Path) -> None:
    task = world.process(world.media(clip))
    world.worker(_losing_the_first)
    ended = world.ended(task.id)
    assert ended.state == "done"
    assert ended.attempt >= 2


def _standing_still() -> None:
    async def look(self: Worker) -> None:
        time.sleep(600)

    Worker._look = look  # type: ignore[method-assign]
    worker_module._STANDSTILL = 2.0


def test_a_worker_that_stands_still_ends_for_another_to_go_on(world: World, clip: Path) -> None:
    task = world.process(world.media(clip))
    stuck = world.worker(_standing_still)
    stuck.join(60)
    assert stuck.exitcode == 71
    world.worker()
    assert world.ended(task.id).state == "done"


def _cannot_leave() -> None:
    async def leave(self: Worker) -> None:
        raise OperationalError("", {}, Exception("locked"))

    Worker.leave = leave  # type: ignore[method-assign]


def test_a_worker_that_cannot_give_its_lease_back_ends_at_once(world: World, long_clip: Path) -> None:
    task = world.process(world.media(long_clip))
    worker = world.worker(_cannot_leave)
    world.running(task.id, "encode")
    worker.terminate()
    worker.join(10)
    assert worker.exitcode == 0
    until(lambda: not world.programs(), patience=20)


def _forgetful() -> None:
    from vodkit.server import worker

    worker._KEPT = -60.0
