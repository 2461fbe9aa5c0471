"""The steps of a procedure.

What has been found and what is to be done is in the rows of ``task_steps``; what was made is in the task's
folder. So a step may be begun any number of times, by any worker, and a procedure can be done again in part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from ..blobs import Extent
from ..blobs import rows as blob_rows
from ..catalog.tables import outputs
from ..media.errors import BadMedia, Stopped, TooMuch
from ..media.facts import Facts
from ..media.look import facts_of
from ..media.plan import SOURCE, Step, check_length, plan
from ..media.procedure import Procedure
from ..media.render import render
from ..outputs import output_folder
from ..procedures import settings_of
from ..processing import OUTPUTS
from .contract import WorkFailed
from .guard import Steps
from .held import StepRow
from .publish import publish

PROBE, PUBLISH = "probe", "publish"
_PLAYABLE = ("streams", "file")


class Run(Steps):
    """An attempt of a procedure."""

    last = PUBLISH

    def __call__(self) -> None:
        """Do it all, up to the end of the task."""
        self.held.begin()
        todo = self.step(PROBE, self._prepare)
        while isinstance(todo, list) and todo:
            name, *todo = todo
            result = self.step(name, self._make)
            if isinstance(result, list):
                todo = [*result, *todo]
            elif result == "cancelled":
                break
        self.step(PUBLISH, self._finish)
        self.folder.remove()

    def _prepare(self, name: str) -> list[str]:
        """Look into the source, unless that was done; what is to be made, in order.

        Looked into again, it is planned anew, and all of it is made.
        """
        if not self.held.steps():
            self.held.write(lambda conn: self.held.add_steps(conn, [(PROBE, PROBE, {})]))
        if self.row(name).state != "done":
            self.held.step_begins(name)
            self._look()
        rows = {row.name: row for row in self.held.steps() if row.kind not in (PROBE, PUBLISH)}
        todo = {name for name, row in rows.items() if row.state != "done" or self._is_gone(row)}
        todo |= {
            name for name, row in rows.items() if todo & {_maker(word, rows) for word in row.spec["takes"]}
        }
        for row in reversed(rows.values()):
            if row.name in todo:
                todo |= {maker for word in _words(row.spec) if (maker := self._to_make(word, rows))}
        return [name for name in rows if name in todo]

    def _look(self) -> None:
        read = self.held.service.catalog.read_now
        task = read(self.held.task)
        try:
            procedure = Procedure.from_dict(task.spec)
        except ValueError as problem:
            raise WorkFailed(f"this version cannot do the procedure: {problem}") from problem
        record = read(lambda conn: self.held.service.media.by_id(conn, task.media))
        if record is None:
            raise Stopped("the media is gone")
        facts = self._facts()
        check_length(facts, read(lambda conn: settings_of(conn, task.account)).max_seconds)
        steps = plan(facts, procedure)

        def found(conn: Connection) -> None:
            self.held.change_step(conn, PROBE, spec={"facts": facts.as_dict()})
            self.held.drop_steps(conn, PROBE)
            self.held.add_steps(conn, [(step.name, step.kind, step.as_dict()) for step in steps])
            self.held.add_steps(conn, [(PUBLISH, PUBLISH, {})])
            self.held.end_step(conn, PROBE, "done")

        self.held.write(found)

    def _facts(self) -> Facts:
        source = self.folder.find(SOURCE)
        found: list[Facts] = []

        def look(scratch: Path) -> None:
            found.append(facts_of(source, scratch, beside=self.folder.beside, wanted=self.held.wanted))

        self.folder.run(PROBE, look)
        return found[0]

    def _make(self, name: str) -> str | list[str]:
        """Do a step; ``done``, or the steps that do the same one by one where that failed."""
        rows = {row.name: row for row in self.held.steps()}
        if name not in rows:
            return [row.name for row in rows.values() if row.name.startswith(f"{name}-")]
        if rows[name].state == "done" and self.folder.has(name):
            return "done"
        if not self.held.wanted():
            raise Stopped("it was cancelled")
        self.held.step_begins(name)
        step = Step.from_dict(dict(rows[name].spec))

        def work(scratch: Path) -> None:
            render(
                step,
                scratch,
                self.folder.find,
                on_progress=lambda share: self.held.progress(name, share),
                wanted=self.held.wanted,
            )

        try:
            self.folder.run(name, work)
        except (BadMedia, TooMuch):
            if not step.apart:
                raise
            apart = [(each.name, each.kind, each.as_dict()) for each in step.apart]
            self.held.write(lambda conn: self.held.split_step(conn, name, apart))
            return [each.name for each in step.apart]
        self.held.step_ends(name, "done")
        return "done"

    def _finish(self, name: str) -> str:
        probe, *rows = [row for row in self.held.steps() if row.kind != PUBLISH]
        if not self.held.wanted() or any(row.state == "cancelled" for row in (probe, *rows)):
            self.held.write(lambda conn: self.held.end(conn, "cancelled"))
            return "cancelled"
        made = [row for row in rows if row.state == "done"]
        bad = [row for row in (probe, *rows) if row.state == "failed"]
        error = "; ".join(f"{row.name}: {row.error}" for row in bad)
        if probe in bad or not _can_play(rows, made):
            self.held.write(lambda conn: self.held.end(conn, "failed", error))
            return "failed"
        self.held.step_begins(name)
        fresh = [
            (Step.from_dict(dict(row.spec)), self.folder.of(row.name))
            for row in made
            if row.spec["published"] and self.folder.has(row.name)
        ]

        def end(conn: Connection) -> None:
            self.held.end_step(conn, name, "done")
            self.held.end(conn, "failed" if bad else "done", error, ready=True)

        publish(self.held, fresh, probe.spec["facts"], end)
        return "done"

    # --- what is there of earlier attempts ---------------------------------------------------------------

    def _is_gone(self, row: StepRow) -> bool:
        """Whether what a step made is neither here nor published: it was made on another machine."""
        return row.spec["published"] and not self.folder.has(row.name) and not self._published(row.name)

    def _to_make(self, word: str, rows: Mapping[str, StepRow]) -> str | None:
        """The step to do for a file that another one reads; ``None`` if it is here, or cannot be."""
        if self.folder.find(word).exists():
            return None
        maker = _maker(word, rows)
        packages = [name for name, row in rows.items() if word in row.spec["takes"]]
        step, file = _parts(word)
        published = self._published_file(packages, file) if maker and rows[maker].state == "done" else []
        if published:
            self.folder.restore(f"{step}-{Path(file).stem}", file, published)
            return None
        return maker

    def _published(self, step: str) -> bool:
        """Whether this task has published what a step made."""
        return any(facts.get("step") == step for _, facts in self._outputs())

    def _published_file(self, steps: Sequence[str], file: str) -> list[Extent]:
        """Where the bytes of a file are that this task has published of some steps; nowhere if it has not."""
        service = self.held.service
        made = [id for id, facts in self._outputs() if facts.get("step") in steps]

        def read(conn: Connection) -> list[Extent]:
            task = self.held.task(conn)
            keys = (output_folder(task.media, id) + file for id in made)
            found = (service.objects.get(conn, task.provider, OUTPUTS, key) for key in keys)
            return next((blob_rows.extents_of(conn, each.blob.id) for each in found if each), [])

        return service.catalog.read_now(read)

    def _outputs(self) -> list[tuple[str, Mapping[str, Any]]]:
        query = select(outputs.c.id, outputs.c.facts).where(outputs.c.task == self.held.id)
        return self.held.service.catalog.read_now(lambda conn: [(*row,) for row in conn.execute(query)])


def _words(spec: Mapping[str, Any]) -> Iterator[str]:
    """What a step reads of other steps, as words of the form ``@step/file``."""
    words = [*spec["takes"], *(word for command in spec["commands"] for word in command)]
    return iter(dict.fromkeys(word for word in words if word.startswith("@") and "/" in word))


def _parts(word: str) -> tuple[str, str]:
    step, _, file = word[1:].partition("/")
    return step, file


def _maker(word: str, rows: Mapping[str, StepRow]) -> str | None:
    """The step that makes a file; one of those that make the same one by one, if they took its place."""
    step, file = _parts(word)
    return next((name for name in (step, f"{step}-{Path(file).stem}") if name in rows), None)


def _can_play(rows: Sequence[StepRow], made: Sequence[StepRow]) -> bool:
    """Whether something that plays was made, or nothing of that kind was asked for."""
    asked = [row for row in rows if row.kind in _PLAYABLE]
    return not asked or any(row in made for row in asked)
