"""How what a task made becomes the media's: all at once, or not at all.

The rows of the blobs are written first, so that their bytes belong to somebody; then the bytes are linked in
and flushed; then one commit names them, replaces what they replace, and ends the task. A worker that dies in
between leaves blobs without a name, which the service's sweep lets go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, update

from ..blobs import Extent
from ..blobs import rows as blob_rows
from ..catalog.tables import media
from ..content_types import UNKNOWN
from ..contract import Blob, MediaRecord
from ..media.plan import Step
from ..media.products import TYPES, products
from ..names import new_id
from ..outputs import output_folder
from ..processing import OUTPUTS, Output, Task
from .held import Held


@dataclass(frozen=True, slots=True)
class _Made:
    """An output to be, with the file of each of its objects by blob."""

    output: Output
    files: Mapping[Path, Blob]


def publish(
    held: Held,
    made: Sequence[tuple[Step, Path]],
    facts: Mapping[str, Any],
    end: Callable[[Connection], None],
) -> None:
    """Publish what steps made, in one commit with the end of the task.

    Args:
        made: The steps, and the folders of what they made.
        facts: What the probe found; becomes the media's.
        end: Ends the task.

    Raises:
        Lost: the task is another worker's; nothing is published.
        QuotaExceeded, StorageFull, OSError: the bytes could not be kept; nothing is published.
    """
    service = held.service
    task = service.catalog.read_now(held.task)
    found = [each for step, folder in made for each in _outputs(task, step, folder, service.now())]
    blobs = {path: blob for each in found for path, blob in each.files.items()}

    size = sum(blob.size for blob in blobs.values())

    def announce(conn: Connection) -> None:
        freed = sum(output.size for output in _replaced(held, conn, task.media, found))
        service.quota.check(conn, task.account, size - freed)
        for blob in blobs.values():
            blob_rows.add(conn, blob, [Extent(blob.id, 0, blob.size)], service.now())

    held.write(announce)
    for path, blob in blobs.items():
        service.storage.store.adopt(blob.id, path)

    def commit(conn: Connection) -> None:
        record = service.media.by_id(conn, task.media)
        # Whoever replaces or deletes the original takes the wish back in the same commit.
        if record is None or not held.task(conn).wanted:
            held.end(conn, "cancelled")
            return
        gone = [output.id for output in _replaced(held, conn, record.id, found)]
        service.outputs.remove(conn, record, gone)
        service.quota.check(conn, task.account, size)
        _name(held, conn, record, found)
        if facts:
            conn.execute(update(media).where(media.c.id == record.id).values(facts=dict(facts)))
        end(conn)

    held.write(commit)


def _replaced(held: Held, conn: Connection, media: str, found: Sequence[_Made]) -> list[Output]:
    """The outputs that the new ones are in place of."""
    now = {_identity(each.output) for each in found}
    old = held.service.outputs.of(conn, media)
    return [output for output in old if output.task and _identity(output) in now]


def _identity(output: Output) -> tuple[str, str]:
    """What outputs of a media have in common of which the new replace the old."""
    made_by = output.definition or f"procedure {output.facts.get('procedure')}"
    return made_by, str(output.facts.get("step"))


def _name(held: Held, conn: Connection, record: MediaRecord, found: Sequence[_Made]) -> None:
    for each in found:
        for path, blob in each.files.items():
            held.service.objects.put(
                conn,
                account=record.account,
                provider=record.provider,
                space=OUTPUTS,
                key=output_folder(record.id, each.output.id) + path.name,
                blob=blob,
                content_type=TYPES.get(path.suffix, UNKNOWN),
                etag=blob.id,
            )
    held.service.outputs.add(conn, [each.output for each in found])


def _outputs(task: Task, step: Step, folder: Path, now: float) -> Iterator[_Made]:
    """What a step's files are to the media."""
    made_by = {"procedure": str(task.spec.get("name", "")), "step": step.name}
    for product in products(step, folder):
        id = new_id()
        prefix = output_folder(task.media, id)
        output = Output(
            id=id,
            media=task.media,
            task=task.id,
            kind=product.kind,
            name=product.name,
            key=prefix + product.file,
            size=product.size,
            definition=product.definition,
            facts={**product.facts_under(prefix), **made_by},
            created=now,
        )
        paths = [folder / name for name in product.files]
        yield _Made(output, {path: Blob(new_id(), path.stat().st_size, {}) for path in paths})
