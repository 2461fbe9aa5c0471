"""The source of a pull, and what belongs to it, as files in the folder of a job."""

from __future__ import annotations

import contextlib
import os
import posixpath
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from ..content_types import content_type
from ..errors import QuotaExceeded
from ..media.errors import Stopped
from ..procedures import settings_of
from ..service import Service
from ..workflow.contract import Fetched, Job, WorkFailed
from .download import Record, Terms, download
from .playlist import bring_all, is_playlist

_MEDIA = ("video/", "audio/", "image/")

T = TypeVar("T")
Moved = Callable[[int, int | None], None]
_LOOK = 0.25
_COVER_SIZE = 20 << 20
_DASH = (".mpd", "application/dash+xml")
_NO_DASH = "the source is a DASH manifest, which cannot be pulled: pull its HLS playlist or upload its folder"


def fetch(service: Service, job: Job) -> Fetched:
    """Fetch the source of a pull; see :class:`vodkit.server.workflow.contract.Fetch`.

    A source whose object is to be named ``….m3u8`` is an HLS playlist and comes with everything it names.

    Raises:
        WorkFailed: it cannot be had; nothing is kept.
    """
    stop = threading.Event()
    return _beside(lambda: _Pull(service, job, stop).run(), job.wanted, stop)


def _beside(work: Callable[[], T], wanted: Callable[[], bool], stop: threading.Event) -> T:
    """Do ``work`` in a thread that is left alone when nobody wants it any more: a name that is looked up, or
    a connection that is being made, cannot be interrupted."""
    result: list[T] = []
    problem: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:
            problem.append(error)

    thread = threading.Thread(target=run, name="vodkit-pull", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_LOOK)
        if not wanted():
            stop.set()
            thread.join(2 * _LOOK)
            raise Stopped("it was cancelled")
    if problem:
        raise problem[0]
    return result[0]


def _content_type(told: str, key: str) -> str:
    """What a source is served as: as its server says if that is a picture or sound, else by its name. A page
    of somebody else's must never become one of ours."""
    return told if told.startswith(_MEDIA) and "svg" not in told else content_type(key)


class _Pull:
    def __init__(self, service: Service, job: Job, stop: threading.Event) -> None:
        settings, account = service.settings, job.task.account
        own = service.catalog.read_now(lambda conn: settings_of(conn, account))
        self._service, self._job, self._account = service, job, account
        self._size = settings.pull_size
        self._terms = Terms(
            private=settings.private_targets or own.private_targets,
            size=self._size,
            end=time.monotonic() + settings.pull_seconds,
            room=self._room,
            moved=lambda at, size: None,
            stop=stop,
        )
        self._files = self._brought = 0
        job.kept.mkdir(exist_ok=True, mode=0o700)

    def run(self) -> Fetched:
        spec = self._job.task.spec
        url, key = str(spec["url"]), str(spec["key"])
        listed = key.lower().endswith(".m3u8")
        if urlsplit(url).path.lower().endswith(_DASH[0]):
            raise WorkFailed(_NO_DASH)
        path, record = self._bring(url, moved=None if listed else self._moved)
        if record.content_type == _DASH[1]:
            raise WorkFailed(_NO_DASH)
        if listed != is_playlist(path):
            what = "no HLS playlist" if listed else "an HLS playlist, which its address does not tell"
            raise WorkFailed(f"the source is {what}")
        beside: dict[str, Path] = {}
        if listed:
            folder = posixpath.dirname(key)
            for name, file in bring_all(path, record, self._bring, self._job.progress):
                beside[posixpath.join(folder, name)] = file
        if spec.get("cover_url"):
            # A media without its cover is worth more than no media.
            with contextlib.suppress(WorkFailed):
                terms = replace(self._terms, size=_COVER_SIZE)
                beside[str(spec["cover_key"])], _ = self._bring(str(spec["cover_url"]), terms=terms)
        files = {key: self._hand_over(file) for key, file in beside.items()}
        digests = {"crc64": f"{record.crc64:016x}"}
        return Fetched(self._hand_over(path), _content_type(record.content_type, key), digests, files)

    def _bring(
        self, url: str, *, moved: Moved | None = None, terms: Terms | None = None
    ) -> tuple[Path, Record]:
        """The file of a URL. Files are numbered: names of the web never become paths."""
        path = self._job.kept / str(self._files)
        terms = terms or replace(self._terms, size=self._size - self._brought)
        record = download(url, path, replace(terms, moved=moved) if moved else terms)
        self._files += 1
        self._brought += record.safe
        return path, record

    def _room(self, size: int) -> None:
        service, account, needed = self._service, self._account, self._brought + size
        try:
            service.catalog.read_now(lambda conn: service.quota.check(conn, account, needed))
        except QuotaExceeded as error:
            raise WorkFailed(str(error)) from error

    def _moved(self, at: int, size: int | None) -> None:
        if size:
            self._job.progress(at / size)

    def _hand_over(self, file: Path) -> str:
        """Put a file into the job's folder; it also stays where it is, for another run."""
        target = self._job.folder / file.name
        try:
            os.link(file, target)
        except OSError:
            shutil.copyfile(file, target)
        return file.name
