"""What tasks make, as rows and objects: put there at once, in place of a worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, update

from vodkit.server.catalog.tables import media, tasks
from vodkit.server.contract import MediaRecord
from vodkit.server.media.facts import Facts, Stream
from vodkit.server.names import new_id
from vodkit.server.processing import OUTPUTS, Output, Task, TaskQuery
from vodkit.server.service import Service

FACTS = Facts(
    "mov,mp4",
    12.5,
    0.0,
    800_000,
    (
        Stream(0, "video", "h264", 12.5, width=1280, height=720, fps=25.0, frames=312),
        Stream(1, "audio", "aac", 12.5, channels=2, rate=48_000),
    ),
)
"""Of a clip of 12.5 seconds."""


def tasks_of(conn: Connection, service: Service, record: MediaRecord) -> list[Task]:
    """The tasks of a media, oldest first."""
    return service.tasks.find(conn, TaskQuery(media=record.id), ascending=True)


def made(
    conn: Connection,
    service: Service,
    record: MediaRecord,
    kind: str,
    file: str,
    *,
    task: str = "a task",
    facts: Mapping[str, Any] | None = None,
) -> Output:
    """An output of a media; its one object holds what the original holds."""
    id = new_id()
    key = f"{record.id}/{id}/{file}"
    original = service.objects.get(conn, record.provider, record.space, record.key)
    assert original is not None
    service.objects.put(
        conn,
        account=record.account,
        provider=record.provider,
        space=OUTPUTS,
        key=key,
        blob=original.blob,
        content_type="application/octet-stream",
        etag=id,
    )
    output = Output(
        id, record.id, task, kind, file, key, original.blob.size, "", dict(facts or {}), service.now()
    )
    service.outputs.add(conn, [output])
    return output


def streams(conn: Connection, service: Service, record: MediaRecord, *heights: int) -> Output:
    """HLS and DASH in these sizes."""
    renditions = [{"name": f"{h}p", "width": h * 16 // 9, "height": h} for h in heights]
    return made(
        conn,
        service,
        record,
        "streams",
        "master.m3u8",
        facts={"dash": f"{record.id}/x/manifest.mpd", "seconds": 12.4, "renditions": renditions},
    )


def finish(conn: Connection, record: MediaRecord, state: str = "done", error: str = "") -> None:
    """The open tasks of a media end, and its status follows."""
    values = {"state": state, "error": error, "finished": 1.0}
    conn.execute(update(tasks).where(tasks.c.media == record.id).values(values))
    status = "ready" if state == "done" else "failed"
    facts = FACTS.as_dict() if state == "done" else {}
    conn.execute(update(media).where(media.c.id == record.id).values(status=status, facts=facts))
