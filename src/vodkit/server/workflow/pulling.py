"""The steps of a pull: fetch, then have the room make the media of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import Connection, update

from vodkit.core import registry

from ..blobs import Extent
from ..blobs import rows as blob_rows
from ..catalog.tables import tasks
from ..content_types import content_type
from ..contract import Blob
from ..media.errors import Stopped
from ..names import new_id
from .contract import Fetch, Fetched, Job, WorkFailed
from .guard import Steps

FETCH, PUBLISH = "fetch", "publish"
_FETCH = "vodkit.server.pull:fetch"
_KEPT = "fetch~kept"


class Pull(Steps):
    """An attempt of a pull."""

    last = PUBLISH

    def __call__(self) -> None:
        """Do it all, up to the end of the task."""
        self.held.begin()
        self.step(FETCH, self._fetch)
        self.step(PUBLISH, self._finish)
        self.folder.remove()

    def _fetch(self, name: str) -> str:
        self.held.write(self._plan)
        if self.row(name).state == "done" and self.folder.has(name):
            return "done"
        if not self.held.wanted():
            raise Stopped("it was cancelled")
        self.held.step_begins(name)
        task = self.held.service.catalog.read_now(self.held.task)
        fetch: Fetch = registry.load(_FETCH)
        found: list[Fetched] = []

        def work(scratch: Path) -> None:
            kept = self.folder.path / _KEPT
            job = Job(task, scratch, kept, lambda share: self.held.progress(name, share), self.held.wanted)
            found.append(fetch(self.held.service, job))
            if not self.held.wanted():
                raise Stopped("it was cancelled")

        self.folder.run(name, work)

        def done(conn: Connection) -> None:
            self.held.change_step(conn, name, spec=asdict(found[0]))
            self.held.end_step(conn, name, "done")

        self.held.write(done)
        return "done"

    def _plan(self, conn: Connection) -> None:
        if not self.held.step_rows(conn):
            self.held.add_steps(conn, [(FETCH, FETCH, {}), (PUBLISH, PUBLISH, {})])

    def _finish(self, name: str) -> str:
        row = self.row(FETCH)
        if row.state != "done":
            state = "failed" if row.state == "failed" and self.held.wanted() else "cancelled"
            self.held.write(lambda conn: self.held.end(conn, state, row.error and f"{FETCH}: {row.error}"))
            return state
        self.held.step_begins(name)
        fetched = Fetched(**row.spec)
        folder, service = self.folder.of(FETCH), self.held.service
        account = service.catalog.read_now(self.held.task).account
        blob = _blob(folder / fetched.file, fetched.digests)
        beside = {key: (file, _blob(folder / file)) for key, file in fetched.beside.items()}
        files = [(fetched.file, blob), *beside.values()]
        size = sum(each.size for _, each in files)

        def announce(conn: Connection) -> None:
            service.quota.check(conn, account, size)
            for _, each in files:
                blob_rows.add(conn, each, [Extent(each.id, 0, each.size)], service.now())

        self.held.write(announce)
        for file, each in files:
            service.storage.store.adopt(each.id, folder / file)

        def commit(conn: Connection) -> None:
            task = self.held.task(conn)
            make = getattr(service.rooms.get(task.provider), "pulled", None)
            if make is None:
                raise WorkFailed("this provider takes no pulls")
            service.quota.check(conn, account, size)
            for key, (_, each) in beside.items():
                service.objects.put(
                    conn,
                    account=task.account,
                    provider=task.provider,
                    space=str(task.spec["space"]),
                    key=key,
                    blob=each,
                    content_type=content_type(key),
                    etag=each.id,
                )
            record = make(conn, task, blob, fetched.content_type)
            conn.execute(update(tasks).where(tasks.c.id == task.id).values(media=record.id))
            self.held.end_step(conn, name, "done")
            self.held.end(conn, "done")

        self.held.write(commit)
        return "done"


def _blob(path: Path, digests: Mapping[str, str] | None = None) -> Blob:
    return Blob(new_id(), path.stat().st_size, digests or {})
