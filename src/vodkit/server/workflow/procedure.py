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
from ..media.errors import BadMedia, Stopped
from ..media.facts import Facts, facts_of
from ..media.plan import SOURCE, Step, plan
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
_MANIFESTS = (".m3u8", ".mpd")


class Run(Steps):
    """An attempt of a procedure."""

    last = PUBLISH

    def __call__(self) -> None:
        """Do it all, up to the end of the task."""
        self.held.begin()
        todo = self.step(PROBE, self._prepare)
        if isinstance(todo, list):
            for name in todo:
                if self.step(name, self._make) == "cancelled":
                    break
        self.step(PUBLISH, self._finish)
        self.folder.remove()

    def _prepare(self, name: str) -> list[str]:
        """Look into the source, unless that was done; what is to be made, in order."""
        if not self.held.steps():
            self.held.write(lambda conn: self.held.add_steps(conn, [(PROBE, PROBE, {})]))
        if self.row(name).state != "done":
            self.held.step_begins(name)
            self._look()
        rows = [row for row in self.held.steps() if row.kind not in (PROBE, PUBLISH)]
        todo = {row.name for row in rows if row.state != "done" or self._is_gone(row)}
        specs = {row.name: row.spec for row in rows}
        for row in reversed(rows):
            if row.name in todo:
                needed = _needed(specs[row.name])
                todo |= {name for name in needed if not self.folder.has(name) and not self._restored(name)}
        return [row.name for row in rows if row.name in todo]

    def _look(self) -> None:
        read = self.held.service.catalog.read_now
        task = read(self.held.task)
        procedure = Procedure.from_dict(task.spec)
        record = read(lambda conn: self.held.service.media.by_id(conn, task.media))
        if record is None:
            raise Stopped("the media is gone")
        facts, steps = None, []
        # A folder with its own playlist is played as it is.
        if not record.key.lower().endswith(_MANIFESTS):
            facts = self._facts()
            longest = read(lambda conn: settings_of(conn, task.account)).max_seconds
            if longest is not None and facts.seconds > longest:
                raise BadMedia(f"it plays for {facts.seconds:.0f} s, and {longest:g} s is the most")
            steps = plan(facts, procedure)

        def found(conn: Connection) -> None:
            self.held.change_step(conn, PROBE, spec={"facts": facts.as_dict() if facts else {}})
            self.held.add_steps(conn, [(step.name, step.kind, step.as_dict()) for step in steps])
            self.held.add_steps(conn, [(PUBLISH, PUBLISH, {})])
            self.held.end_step(conn, PROBE, "done")

        self.held.write(found)

    def _facts(self) -> Facts:
        source = self.folder.find(SOURCE)
        found: list[Facts] = []
        wanted = self.held.wanted
        self.folder.run(PROBE, lambda scratch: found.append(facts_of(source, scratch, wanted=wanted)))
        return found[0]

    def _make(self, name: str) -> str:
        row = self.row(name)
        if row.state == "done" and self.folder.has(name):
            return "done"
        if not self.held.wanted():
            raise Stopped("it was cancelled")
        self.held.step_begins(name)
        missing = [needed for needed in _needed(row.spec) if not self.folder.has(needed)]
        if missing:
            raise WorkFailed(f"it needs what {missing[0]} makes")
        step = Step.from_dict(dict(row.spec))

        def work(scratch: Path) -> None:
            render(
                step,
                scratch,
                self.folder.find,
                on_progress=lambda share: self.held.progress(name, share),
                wanted=self.held.wanted,
            )

        self.folder.run(name, work)
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

    def _restored(self, step: str) -> bool:
        """Have again what an earlier attempt published of a step; whether that could be."""
        files = self._published(step)
        if files:
            self.folder.restore(step, files)
        return bool(files)

    def _published(self, step: str) -> dict[str, list[Extent]]:
        """The files that this task published of a step."""
        service = self.held.service

        def read(conn: Connection) -> dict[str, list[Extent]]:
            task = self.held.task(conn)
            files = {}
            query = select(outputs.c.id, outputs.c.facts).where(outputs.c.task == task.id)
            for id, facts in conn.execute(query):
                if facts.get("step") == step:
                    folder = output_folder(task.media, id)
                    for found in service.objects.list(conn, task.provider, OUTPUTS, folder):
                        files[found.key.removeprefix(folder)] = blob_rows.extents_of(conn, found.blob.id)
            return files

        return service.catalog.read_now(read)


def _needed(spec: Mapping[str, Any]) -> Iterator[str]:
    """The steps whose files a step reads."""
    words = (word for command in spec["commands"] for word in command)
    found = (word[1:].partition("/")[0] for word in words if word.startswith("@") and "/" in word)
    return iter(dict.fromkeys(found))


def _can_play(rows: Sequence[StepRow], made: Sequence[StepRow]) -> bool:
    """Whether something that plays was made, or nothing of that kind was asked for."""
    asked = [row for row in rows if row.kind in _PLAYABLE]
    return not asked or any(row in made for row in asked)
