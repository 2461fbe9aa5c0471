"""Where the files of a task are while it is worked on: a folder of the data folder's ``work`` each.

A step writes to a folder of this attempt and run, which gets the step's name when the step is done: a folder
of that name is whole, whoever died when.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ..blobs import BlobStore, Extent
from ..blobs import rows as blob_rows
from ..media.plan import SOURCE, watermarks
from ..media.procedure import Procedure
from ..media.render import made_by
from ..service import Service
from .contract import WorkFailed
from .held import Held

_RUN = "~"


def work_root(service: Service) -> Path:
    """The folder of all tasks' files."""
    return Path(service.settings.data) / "work"


class TaskFolder:
    """The files of one task.

    Args:
        root: See :func:`work_root`.
        held: The task.
        attempt: Of the task.
    """

    def __init__(self, root: Path, held: Held, attempt: int) -> None:
        self.path = root / held.id
        self._held = held
        self._attempt = attempt
        self._store: BlobStore = held.service.storage.store

    def has(self, step: str) -> bool:
        """Whether what a step made is here."""
        return (self.path / step).is_dir()

    def of(self, step: str) -> Path:
        """The folder of what a step made."""
        return self.path / step

    def run(self, step: str, work: Callable[[Path], Any]) -> None:
        """Do a step in an empty folder, which becomes the step's once it is done.

        Raises:
            Lost: the task went to another worker meanwhile, and so did its folder.
        """
        scratch = self.path / f"{step}{_RUN}{self._attempt}"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True, mode=0o700)
        try:
            work(scratch)
            self._held.check()
            shutil.rmtree(self.path / step, ignore_errors=True)
            scratch.rename(self.path / step)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise

    def find(self, word: str) -> Path:
        """The file that a word of a plan's command stands for.

        Raises:
            WorkFailed: it cannot be had any more.
        """
        if "/" in word:
            return made_by(self.path, word)
        name = word.removeprefix("@")
        if not self.has(name):
            read = self._source if word == SOURCE else lambda conn: self._watermark(conn, word)
            found = self._held.service.catalog.read_now(read)
            self.run(name, lambda scratch: self._store.export(found, scratch / name))
        return self.path / name / name

    def beside(self, name: str) -> Path | None:
        """A file that the original, a playlist, names; ``None`` if it is not there."""
        extents = self._held.service.catalog.read_now(lambda conn: self._neighbour(conn, name))
        if extents is None:
            return None
        self.run("beside", lambda scratch: self._store.export(extents, scratch / "file"))
        return self.path / "beside" / "file"

    def restore(self, step: str, file: str, extents: list[Extent]) -> None:
        """Have again a file that a step made, from what was published."""
        self.run(step, lambda scratch: self._store.export(extents, scratch / file))

    def remove(self) -> None:
        """Forget all files."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _source(self, conn: Connection) -> list[Extent]:
        service, task = self._held.service, self._held.task(conn)
        record = service.media.by_id(conn, task.media)
        found = record and service.objects.get(conn, record.provider, record.space, record.key)
        if not found:
            raise WorkFailed("the original is not there any more")
        return blob_rows.extents_of(conn, found.blob.id)

    def _neighbour(self, conn: Connection, name: str) -> list[Extent] | None:
        service, task = self._held.service, self._held.task(conn)
        record = service.media.by_id(conn, task.media)
        if record is None:
            return None
        folder = record.key[: record.key.rfind("/") + 1]
        found = service.objects.get(conn, record.provider, record.space, folder + name)
        if found is None or found.account != record.account:
            return None
        return blob_rows.extents_of(conn, found.blob.id)

    def _watermark(self, conn: Connection, word: str) -> list[Extent]:
        service, task = self._held.service, self._held.task(conn)
        mark = watermarks(Procedure.from_dict(task.spec))[word]
        found = service.objects.get(conn, task.provider, mark.space, mark.key)
        if found is None or found.account != task.account:
            raise WorkFailed("the watermark's image is not there")
        return blob_rows.extents_of(conn, found.blob.id)


def sweep(root: Path, open_tasks: Callable[[list[str]], set[str]]) -> int:
    """Remove the folders of tasks that have ended; how many.

    Args:
        open_tasks: Which of some tasks are open.
    """
    found = [path.name for path in root.iterdir()] if root.is_dir() else []
    stale = set(found) - open_tasks(found) if found else set()
    for name in stale:
        shutil.rmtree(root / name, ignore_errors=True)
    return len(stale)
