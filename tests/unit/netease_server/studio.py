"""What a worker leaves behind, as rows, without one: ends of tasks, outputs, and messages that are due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, select, update

from vodkit.core.events import Event
from vodkit.server.catalog.tables import deliveries, events, media, tasks
from vodkit.server.deliveries.sender import Sender
from vodkit.server.media.procedure import Procedure
from vodkit.server.names import new_id
from vodkit.server.processing import OUTPUTS, Address, Message, Output, Task, TaskQuery
from vodkit.server.targets import Bounds

from .world import World

_QUICK = Bounds(connect=1.0, read=1.0, total=2.0)
T = TypeVar("T")

FACTS = {
    "container": "mov,mp4",
    "seconds": 3.25,
    "start": 0.0,
    "bitrate": 1,
    "streams": [{"index": 0, "type": "video", "codec": "h264", "width": 320, "height": 180, "fps": 25.0}],
}


@dataclass(frozen=True)
class Made:
    """One output to be.

    Attributes:
        kind, definition: Of the output.
        size: Of its picture.
        container: Of a file.
    """

    kind: str
    definition: str = ""
    size: tuple[int, int] = (320, 180)
    container: str = "mp4"


@dataclass(frozen=True)
class Due:
    """A delivery that waits, with what is sent on its first try."""

    address: Address
    event: Event
    message: Message


class Studio:
    """The worker's side of a service."""

    def __init__(self, world: World) -> None:
        self._world = world

    def write(self, work: Callable[[Connection], T]) -> T:
        found: T = self._world.do(self._world.service.catalog.write(work))
        return found

    def tasks(self, vid: int, kind: str = "procedure") -> list[Task]:
        """The tasks of a video, newest first."""
        record = self._world.media(vid)
        query = TaskQuery(media=record.id, kind=kind)
        return self.write(lambda conn: self._world.service.tasks.find(conn, query))

    def procedure(self, vid: int) -> Procedure:
        """What is to be made of a video."""
        return Procedure.from_dict(self.tasks(vid)[0].spec)

    def end(
        self, vid: int, made: Sequence[Made] = (), state: str = "done", error: str = "", ready: bool = False
    ) -> Task:
        """End the newest task of a video, as a worker does: outputs, status, and the event, in one commit."""
        service = self._world.service
        task, record = self.tasks(vid)[0], self._world.media(vid)

        def publish(conn: Connection) -> Task:
            original = service.objects.get(conn, "netease", record.space, record.key)
            assert original is not None
            new = {(item.kind, item.definition) for item in made}
            old = service.outputs.of(conn, record.id)
            service.outputs.remove(
                conn, record, [each.id for each in old if (each.kind, each.definition) in new]
            )
            for item in made:
                output = self._output(task, item, original.blob.size)
                service.objects.put(
                    conn, account=task.account, provider="netease", space=OUTPUTS, key=output.key,
                    blob=original.blob, content_type="video/mp4", etag="x",
                )  # fmt: skip
                service.outputs.add(conn, [output])
            values = {"state": state, "error": error, "finished": service.now()}
            conn.execute(update(tasks).where(tasks.c.id == task.id).values(**values))
            status = {"facts": FACTS}
            if task.decides:
                status["status"] = "ready" if ready or state == "done" else "failed"
            conn.execute(update(media).where(media.c.id == record.id).values(**status))
            ended = service.tasks.by_id(conn, task.id)
            assert ended is not None
            service.events.task_changed(conn, service.rooms["netease"], ended)
            return ended

        return self.write(publish)

    def _output(self, task: Task, item: Made, size: int) -> Output:
        id = new_id()
        rendition = {"width": item.size[0], "height": item.size[1]}
        facts: dict[str, Mapping[str, Any] | Any] = {"container": item.container, "rendition": rendition}
        if item.kind == "streams":
            facts = {"renditions": [rendition]}
        name = {"streams": "master.m3u8", "file": f"x.{item.container}"}.get(item.kind, f"{item.kind}.jpg")
        key = f"{task.media}/{id}/{name}"
        now = self._world.service.now()
        return Output(id, task.media, task.id, item.kind, name, key, size, item.definition, facts, now)

    def due(self, vid: int) -> list[Due]:
        """The messages about a video that wait, oldest first, each with what is sent now."""
        record = self._world.media(vid)
        room: Any = self._world.service.rooms["netease"]
        account = self._world.do(self._world.service.accounts.get(record.account))

        def look(conn: Connection) -> list[Due]:
            rows = conn.execute(
                select(events, deliveries.c.style, deliveries.c.target, deliveries.c.attrs)
                .join(deliveries, deliveries.c.event == events.c.id)
                .where(events.c.media == record.id)
                .order_by(events.c.seq)
            ).all()
            found = []
            for row in rows:
                event = Event(row.id, row.type, row.provider, row.account, row.media, row.at, row.payload)
                address = Address(row.style, row.target, row.attrs)
                # Its turn is another test's matter.
                alone = Address(row.style, row.target, {**row.attrs, "after": ""})
                message = room.callbacks[row.style].message(conn, event, alone, account)
                found.append(Due(address, event, message))
            return found

        return self.write(look)

    def send(self) -> None:
        """Send all that is due now."""
        Sender(self._world.service, _QUICK).run(threading.Event())

    def deliveries(self) -> list[tuple[str, int, str]]:
        """State, tries and last error of all deliveries, oldest first."""
        columns = (deliveries.c.state, deliveries.c.attempts, deliveries.c.error)
        query = select(*columns).order_by(deliveries.c.created, deliveries.c.id)
        return self.write(lambda conn: [tuple(row) for row in conn.execute(query)])  # type: ignore[misc]
