"""A data folder with media and tasks in it, and worker processes on it."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select

from tests.processes import command_lines
from tests.waiting import until
from vodkit.server.blobs import rows as blob_rows
from vodkit.server.catalog.tables import events, extents, workers
from vodkit.server.contract import Blob, MediaRecord, Settings
from vodkit.server.media.procedure import Audio, Position, Procedure, Rendition, Sprite
from vodkit.server.names import new_id
from vodkit.server.processing import OUTPUTS, Output, Task
from vodkit.server.service import Service

T = TypeVar("T")
PROVIDER, ACCOUNT = "toy", "account"
LEASE = 1.5
SMALL = Procedure(
    "small",
    renditions=(Rendition(180), Rendition(90)),
    audio=Audio(),
    cover=Position(percent=50),
    sprite=Sprite(interval=1.0),
)
"""Has a step of every kind that the default procedure has."""

MADE = {"streams": 8, "file": 1, "cover": 1, "sprite": 2}
"""What it makes, and of how many files, of a clip with picture and sound."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["dbos", "vodkit.server.worker", "vodkit.server.workflow.engine"])


def _be_worker(settings: Settings, id: str, rig: Callable[[], None] | None) -> None:
    from vodkit.server import logs, worker

    logs.configure(settings.log_level)
    if rig is not None:
        rig()
    worker.work(settings, id=id)


class World:
    """See :func:`opened`.

    Attributes:
        service: The parts, owned by this process.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self.data = Path(service.settings.data)
        self.processes: list[BaseProcess] = []

    def read(self, work: Callable[[Connection], T]) -> T:
        return self.service.catalog.read_now(work)

    def write(self, work: Callable[[Connection], T]) -> T:
        return self.service.catalog.write_now(work)

    def media(self, file: Path, account: str = ACCOUNT, pieces: int = 1) -> MediaRecord:
        """A media whose original is this file, in one extent or in several."""
        whole = file.read_bytes()
        blob = Blob(new_id(), len(whole), {})
        now = self.service.now()
        whole_blob = []
        step = -(-len(whole) // pieces)
        for number, start in enumerate(range(0, len(whole), step)):
            part = self.data / "part"
            part.write_bytes(whole[start : start + step])
            owner = blob.id if not number else new_id()
            whole_blob.append(self.service.storage.store.adopt(owner, part))
            part.unlink()
        record = MediaRecord(
            id=new_id(),
            provider=PROVIDER,
            account=account,
            remote_id=new_id(),
            kind="video",
            title="A clip",
            status="ready",
            space="space",
            key=blob.id + (file.suffix or ".mp4"),
            cover_key="",
            size=blob.size,
            attrs={},
            created=now,
            updated=now,
            expires=None,
        )

        def work(conn: Connection) -> None:
            blob_rows.add(conn, blob, whole_blob, now)
            named = {"account": account, "provider": PROVIDER, "space": "space", "key": record.key}
            self.service.objects.put(conn, **named, blob=blob, content_type="video/mp4", etag=blob.id)
            self.service.media.add(conn, record)

        self.write(work)
        return record

    def process(self, media: MediaRecord, procedure: Procedure = SMALL, **options: Any) -> Task:
        return self.write(lambda conn: self.service.tasks.process(conn, media, procedure, **options))

    def task(self, id: str) -> Task:
        found = self.read(lambda conn: self.service.tasks.by_id(conn, id))
        assert found is not None
        return found

    def record(self, id: str) -> MediaRecord:
        found = self.read(lambda conn: self.service.media.by_id(conn, id))
        assert found is not None
        return found

    def outputs(self, media: str) -> list[Output]:
        return self.read(lambda conn: self.service.outputs.of(conn, media))

    def files(self, media: str) -> dict[str, list[str]]:
        """The objects of a media's outputs, by the kind of the output; each has its bytes."""
        found: dict[str, list[str]] = {}
        for output in self.outputs(media):
            prefix = output.key.rpartition("/")[0] + "/"
            listed = self.read(
                lambda conn, prefix=prefix: self.service.objects.list(conn, PROVIDER, OUTPUTS, prefix)
            )
            for item in listed:
                path = self.service.storage.store.path(item.blob.id)  # type: ignore[attr-defined]
                assert path.stat().st_size == item.blob.size > 0
                found.setdefault(output.kind, []).append(item.key.removeprefix(prefix))
            assert output.size == sum(item.blob.size for item in listed)
        return found

    def said(self, media: str) -> list[str]:
        """The types of the events of a media, in order."""
        query = select(events.c.type).where(events.c.media == media).order_by(events.c.seq)
        return self.read(lambda conn: list(conn.scalars(query)))

    def alive(self) -> int:
        """How many workers have a lease."""
        return self.read(lambda conn: conn.scalar(select(func.count()).select_from(workers)) or 0)

    def worker(self, rig: Callable[[], None] | None = None, lease: float = LEASE) -> BaseProcess:
        """Start a worker. ``rig`` runs in its process before it begins."""
        settings = replace(self.service.settings, lease=lease)
        process = _context.Process(target=_be_worker, args=(settings, new_id(), rig))
        process.start()
        self.processes.append(process)
        return process

    def ended(self, id: str) -> Task:
        """The task, once it has ended."""

        def check() -> Task | None:
            task = self.task(id)
            return task if task.finished is not None else None

        return until(check)

    def running(self, id: str, step: str) -> Task:
        """The task, once a step of it runs."""

        def check() -> Task | None:
            task = self.task(id)
            return task if any(s.name == step and s.state == "running" for s in task.steps) else None

        return until(check)

    def programs(self) -> list[str]:
        """Command lines of programs that work in the data folder."""
        lines = (" ".join(words) for words in command_lines().values())
        return [line for line in lines if str(self.data / "work") in line]

    def leftovers(self) -> list[str]:
        """What no row owns, and what no task needs."""
        files = {path.name for path in (self.data / "blobs").glob("*/*")}
        owned = set(self.read(lambda conn: list(conn.scalars(select(extents.c.file)))))
        return [*(files - owned), *(path.name for path in (self.data / "work").glob("*"))]

    def stop(self) -> None:
        for process in self.processes:
            if process.is_alive():
                process.kill()
            process.join()


@contextmanager
def opened(data: Path, database: str = "", **settings: Any) -> Iterator[World]:
    """A service's parts on a folder, without the service; its workers end with the block."""
    chosen = Settings(
        data=str(data), database=database, public_url="http://127.0.0.1:1", log_level="error", **settings
    )
    data.mkdir(exist_ok=True)
    with asyncio.Runner() as runner:
        context = Service.open(chosen)
        service = runner.run(context.__aenter__())
        world = World(service)
        try:
            yield world
        finally:
            world.stop()
            runner.run(context.__aexit__(None, None, None))
