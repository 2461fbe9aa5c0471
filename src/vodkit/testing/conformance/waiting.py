"""Waiting for what is made of media, and sources that the provider fetches by itself."""

from __future__ import annotations

import time
from typing import Any

import pytest

from vodkit.core.errors import NotFound, ProcessingFailed, TimedOut, UnsupportedOption
from vodkit.core.media import Processing

from .rig import Rig

REASON = "the picture could not be read"


class Waiting:
    """Waiting and pulling."""

    def test_wait_for_what_is_ready_at_once(self, rig: Rig) -> None:
        with rig.connect() as vod:
            media = vod.upload(rig.file(1000))
            ready = vod.media.wait(media.id, timeout=0)
        assert (ready.id, ready.status, ready.size) == (media.id, "ready", 1000)

    def test_wait_until_it_is_ready(self, rig: Rig) -> None:
        seen: list[str] = []

        def note(found: Processing) -> None:
            seen.append(found.status)
            if len(seen) == 2:
                work.end("done")

        with rig.connect() as vod:
            media = vod.upload(rig.file(1000))
            work = Work(rig)
            assert vod.media.wait(media.id, on_progress=note).status == "ready"
        assert seen == ["processing", "processing", "ready"]

    def test_wait_for_what_fails(self, rig: Rig) -> None:
        with rig.connect() as vod:
            media = vod.upload(rig.file(1000))
            Work(rig).end("failed", REASON)
            with pytest.raises(ProcessingFailed, match=REASON) as caught:
                vod.media.wait(media.id)
        assert caught.value.provider == rig.provider
        assert not caught.value.retryable

    def test_wait_for_what_is_cancelled(self, rig: Rig) -> None:
        with rig.connect() as vod:
            media = vod.upload(rig.file(1000))
            Work(rig).end("cancelled")
            with pytest.raises(ProcessingFailed, match="cancelled"):
                vod.media.wait(media.id)

    def test_wait_too_long(self, rig: Rig) -> None:
        with rig.connect() as vod:
            media = vod.upload(rig.file(1000))
            work = Work(rig)
            with pytest.raises(TimedOut, match=r"0\.3 seconds"):
                vod.media.wait(media.id, timeout=0.3)
            work.end("done")
            assert vod.media.wait(media.id).status == "ready"

    def test_wait_for_nothing(self, rig: Rig) -> None:
        with rig.connect() as vod:
            media = vod.upload(rig.file(17))
            vod.media.delete(media.id)
            with pytest.raises(NotFound):
                vod.media.wait(media.id)

    def test_pulls_are_refused_before_a_byte_unless_declared(self, rig: Rig) -> None:
        with rig.connect() as vod:
            before = rig.proxy.connections
            with pytest.raises(
                UnsupportedOption, match="no_such_option" if rig.capabilities.pull else "pulled"
            ):
                vod.media.pull("http://example.com/movie.mp4", no_such_option=1)
            assert rig.proxy.connections == before

    def test_a_pull_from_a_private_address_fails_by_name(self, rig: Rig) -> None:
        if not rig.capabilities.pull:
            return
        with rig.connect() as vod:
            pull = vod.media.pull("http://127.0.0.1:9999/movie.mp4")
            with pytest.raises(ProcessingFailed, match="private"):
                vod.media.pulled(pull, timeout=60)


class Work:
    """A procedure that runs over the newest media of a provider, by its rows alone."""

    def __init__(self, rig: Rig) -> None:
        from sqlalchemy import Connection, select, update

        from vodkit.server.catalog.tables import media, tasks
        from vodkit.server.contract import Settings
        from vodkit.server.media.procedure import BUILT_IN
        from vodkit.server.media_catalog import record_of
        from vodkit.server.tasks import TaskTable

        self._settings = Settings(data=str(rig.service.data))

        def begin(conn: Connection) -> tuple[str, str]:
            newest = select(media).where(media.c.provider == rig.provider).order_by(media.c.created.desc())
            record = record_of(conn.execute(newest.limit(1)).one())
            task = TaskTable(time.time).process(conn, record, BUILT_IN["default"])
            # No worker takes what another one has.
            busy = {"state": "running", "worker": "conformance", "started": time.time(), "attempt": 1}
            conn.execute(update(tasks).where(tasks.c.id == task.id).values(busy))
            return task.id, record.id

        self._task, self._media = self._write(begin)

    def end(self, state: str, error: str = "") -> None:
        """It is ``done``, ``failed`` or ``cancelled``; the media is ready or failed."""
        from sqlalchemy import Connection, update

        from vodkit.server.catalog.tables import media, tasks

        def work(conn: Connection) -> None:
            over = {"state": state, "error": error, "finished": time.time(), "worker": ""}
            conn.execute(update(tasks).where(tasks.c.id == self._task).values(over))
            status = "ready" if state == "done" else "failed"
            conn.execute(update(media).where(media.c.id == self._media).values(status=status))

        self._write(work)

    def _write(self, work: Any) -> Any:
        from vodkit.server.service import tools

        with tools(self._settings) as parts:
            return parts.catalog.write_now(work)
