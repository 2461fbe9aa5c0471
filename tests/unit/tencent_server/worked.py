"""What a worker would write of a task, as rows: steps, outputs, facts, the end, and the event."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, update

from vodkit.server.catalog.tables import media as media_rows
from vodkit.server.catalog.tables import task_steps, tasks
from vodkit.server.media.procedure import Procedure
from vodkit.server.processing import OUTPUTS, Output, Task
from vodkit.server.workflow.held import Held

from .world import Caller, World

FACTS = {
    "container": "mov,mp4,m4a,3gp,3g2,mj2",
    "seconds": 4.0,
    "start": 0.0,
    "bitrate": 900_000,
    "streams": [
        {
            "index": 0,
            "type": "video",
            "codec": "h264",
            "seconds": 4.0,
            "width": 640,
            "height": 360,
            "rotation": 90,
            "fps": 25.0,
        },
        {"index": 1, "type": "audio", "codec": "aac", "seconds": 3.9, "channels": 2, "rate": 48000},
    ],
}
RENDITION = {
    "name": "360p",
    "width": 640,
    "height": 360,
    "codec": "h264",
    "bitrate": 400_000,
    "fps": 25.0,
    "size": 200,
}
AUDIO = {"bitrate": 64_000, "channels": 2, "rate": 48_000, "size": 50}
KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "transcode": ("file", "360p.mp4", {"rendition": RENDITION, "audio": AUDIO, "seconds": 4.0}),
    "adaptive": ("streams", "master.m3u8", {"renditions": [RENDITION], "audio": AUDIO, "seconds": 4.0}),
    "cover": ("cover", "cover.jpg", {"width": 640, "height": 360, "at": 0.0}),
    "snapshot": ("snapshot", "snapshot-0001.jpg", {"width": 640, "height": 360, "at": 1.5}),
    "sample": ("snapshot", "snapshot-0001.jpg", {"width": 640, "height": 360, "at": 0.0}),
    "sprite": (
        "sprite",
        "sprite.vtt",
        {"width": 142, "height": 80, "columns": 10, "rows": 10, "interval": 10.0, "count": 1},
    ),
    "animation": ("animation", "a.gif", {"width": 400, "height": 226, "seconds": 2.0, "format": "gif"}),
}


def task_of(world: World, remote_id: str) -> Task:
    """A task by the vendor's id."""
    found = world.service.catalog.read_now(lambda conn: world.service.tasks.get(conn, "tencent", remote_id))
    assert found is not None
    return found


def begin(world: World, remote_id: str) -> None:
    """A worker takes a task, and looks into its source."""
    task, now = task_of(world, remote_id), world.clock.now()

    def work(conn: Connection) -> None:
        values = {"state": "running", "started": now, "attempt": 1}
        conn.execute(update(tasks).where(tasks.c.id == task.id).values(**values))
        conn.execute(update(media_rows).where(media_rows.c.id == task.media).values(facts=FACTS))
        _tell(world, conn, task)

    world.service.catalog.write_now(work)


def step(world: World, remote_id: str, name: str, kind: str, state: str, **values: Any) -> None:
    """One step of a task is in some state."""
    task, now = task_of(world, remote_id), world.clock.now()
    known = {"progress": 1.0 if state == "done" else 0.0, "error": "", "started": now, "finished": None}
    row = {**known, "name": name, "kind": kind, "state": state, **values}
    world.service.catalog.write_now(
        lambda conn: conn.execute(
            insert(task_steps).values(task=task.id, position=len(task.steps), spec={}, **row)
        )
    )


def step_fails(world: World, remote_id: str, name: str, error: str) -> None:
    """A worker gives a step up, and goes on with the others."""
    found = task_of(world, remote_id)
    values = {"state": "running", "worker": "w", "attempt": 1}
    world.service.catalog.write_now(
        lambda conn: conn.execute(update(tasks).where(tasks.c.id == found.id).values(**values))
    )
    Held(world.service, "w", found.id, 1, lambda: True).step_ends(name, "failed", error)


def end(
    world: World, remote_id: str, labels: Sequence[str], *, state: str = "done", error: str = ""
) -> dict[str, Output]:
    """A worker publishes what is known by these labels, and ends the task; the outputs by label."""
    task, now = task_of(world, remote_id), world.clock.now()
    made = {label: _output(task, label, now) for label in labels}

    def work(conn: Connection) -> None:
        world.service.outputs.add(conn, made.values())
        values = {"state": state, "error": error, "finished": now}
        conn.execute(update(tasks).where(tasks.c.id == task.id).values(**values))
        if task.decides:
            status = "ready" if state == "done" else "failed"
            conn.execute(update(media_rows).where(media_rows.c.id == task.media).values(status=status))
        _tell(world, conn, task)

    world.service.catalog.write_now(work)
    return made


def _output(task: Task, label: str, now: float) -> Output:
    kind, file, facts = KINDS[label.partition(":")[0]]
    id = secrets.token_hex(8)
    folder = f"{task.media}/{id}/"
    facts = dict(facts)
    if kind == "streams":
        facts["dash"] = f"{folder}manifest.mpd"
    if kind == "sprite":
        facts["sheets"] = [f"{folder}sprite-001.jpg"]
    return Output(id, task.media, task.id, kind, file, folder + file, 1000, label, facts, now)


def _tell(world: World, conn: Connection, task: Task) -> None:
    changed = world.service.tasks.by_id(conn, task.id)
    assert changed is not None
    world.service.events.task_changed(conn, world.service.rooms["tencent"], changed)


def url(world: World, output: Output, file: str = "") -> str:
    """Where an output plays, or a file beside it."""
    key = output.key.rpartition("/")[0] + "/" + file if file else output.key
    return world.service.play_url("tencent", OUTPUTS, key)


def pulled(caller: Caller, **app: Any) -> list[dict[str, Any]]:
    """The events that wait, confirmed."""
    events = caller("PullEvents", **app)["EventSet"]
    if events:
        caller("ConfirmEvents", EventHandles=[event["EventHandle"] for event in events], **app)
    return events


def procedure_of(world: World, task_id: str) -> Procedure:
    return Procedure.from_dict(task_of(world, task_id).spec)


def status_of(world: World, file_id: str) -> str:
    service = world.service
    record = service.catalog.read_now(lambda conn: service.media.get(conn, "tencent", file_id))
    assert record is not None
    return record.status
