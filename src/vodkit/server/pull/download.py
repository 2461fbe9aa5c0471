"""One file from a URL: bounded in size and time, resumed where its server allows it.

What has come lies in a file, and what is known of it in a record beside that. The record says how many bytes
are safe on disk; whoever comes back after a crash goes on from there, if the source is still the same.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

import fastcrc

from .. import targets
from ..media.errors import Stopped
from ..targets import Bounds, Fetched, TargetFailed, TargetRefused
from ..workflow.contract import WorkFailed

MIB = 1 << 20
_SAFE_EVERY = 8 * MIB
_RESERVE = 256 * MIB
"""Bytes of the disk that a pull leaves free."""

STALL = 30.0
"""Seconds without a byte after which a download connects anew."""

_TRIES = 5
"""Failures in a row, without progress in between, that end a download."""

_FIRST_PAUSE = 0.5
_SLOW_SECONDS = 60.0
_SLOW_BYTES = 60 * 1024
"""A source that brings less than this in that time is given up."""

_STOPPED = "it was cancelled"
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)\Z")


class Changed(Exception):
    """The source is not what it was when the download began."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a download may do.

    Attributes:
        private: Whether private addresses are allowed.
        size: Bytes at most.
        end: When to give up, by the monotonic clock.
        room: Told how many bytes there will be, or are so far; raises when there is no room for them.
        moved: Told how many bytes have come, and how many there are in all if that is known.
        stop: Set when nobody wants it any more.
    """

    private: bool
    size: int
    end: float
    room: Callable[[int], None]
    moved: Callable[[int, int | None], None]
    stop: threading.Event


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a file that comes.

    Attributes:
        asked: The URL.
        url: Where it came from in the end.
        content_type: Of the answer, without parameters.
        validator: A strong ETag or a Last-Modified; ``""`` where it cannot be resumed.
        size: Bytes of the whole, or ``None``.
        safe: Bytes that are on disk for good.
        crc64: Of these.
        done: Whether that is all.
    """

    asked: str
    url: str = ""
    content_type: str = ""
    validator: str = ""
    size: int | None = None
    safe: int = 0
    crc64: int = 0
    done: bool = False


def download(url: str, path: Path, terms: Terms) -> Record:
    """Bring a file, or go on with it.

    Args:
        url: Where from.
        path: The file; its record is beside it.
        terms: What it may do.

    Raises:
        WorkFailed: it cannot be had; the text is for whoever asked for it.
        Stopped: nobody wants it any more.
    """
    record = _load(path, url)
    furthest, failures = record.safe, 0
    while not record.done:
        try:
            record = _Run(record, path, terms).run()
        except TargetRefused as error:
            raise WorkFailed(str(error)) from error
        except (TargetFailed, Changed) as error:
            record = Record(url) if isinstance(error, Changed) else _load(path, url)
            failures = 1 if record.safe > furthest else failures + 1
            furthest = max(furthest, record.safe)
            if failures >= _TRIES or time.monotonic() >= terms.end:
                raise WorkFailed(str(error)) from error
            if terms.stop.wait(_FIRST_PAUSE * 2 ** (failures - 1)):
                raise Stopped(_STOPPED) from error
    return record


class _Run:
    """One request, and what it brings."""

    def __init__(self, record: Record, path: Path, terms: Terms) -> None:
        self._record = record
        self._path = path
        self._terms = terms
        self._resumes = bool(record.safe and record.validator)

    def run(self) -> Record:
        """The record after it: done, or as far as it came."""
        terms, known = self._terms, self._record
        left = terms.end - time.monotonic()
        if left <= 0:
            raise WorkFailed("the source took too long")
        bounds = Bounds(read=STALL, total=left)
        headers = {"Range": f"bytes={known.safe}-", "If-Range": known.validator} if self._resumes else {}
        with targets.fetch(known.asked, headers=headers, private=terms.private, bounds=bounds) as answer:
            start, record = self._begin(answer)
            watch = threading.Thread(
                target=self._watch, args=(answer, over := threading.Event()), daemon=True
            )
            watch.start()
            try:
                return self._take(answer, start, record)
            finally:
                over.set()

    def _watch(self, answer: Fetched, over: threading.Event) -> None:
        while not over.wait(0.1):
            if self._terms.stop.is_set():
                answer.abort()
                return

    def _begin(self, answer: Fetched) -> tuple[int, Record]:
        """Where the answer begins, and what is known of the whole.

        Raises:
            Changed: it does not go on with what is here.
            TargetFailed: it may be had later.
            WorkFailed: it cannot be had.
        """
        known, status = self._record, answer.status
        if self._resumes and (status == 416 or (status == 200 and answer.headers.get("content-range"))):
            raise Changed("the source changes all the time")
        if status in _PASSING:
            raise TargetFailed(f"the source answers {status}")
        if status not in (200, 206) or (status == 206 and not self._resumes):
            raise WorkFailed(f"the source answers {status}")
        encoding = answer.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise WorkFailed(f"the source sends {encoding[:20]} although that was not asked for")
        size, validator = answer.length, _validator(answer)
        if status == 206:
            match = _RANGE.match(answer.headers.get("content-range", ""))
            same = match and (int(match[1]), int(match[3])) == (known.safe, known.size)
            if not same or validator != known.validator:
                raise Changed("the source changes all the time")
            return known.safe, replace(known, url=answer.url)
        content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        return 0, Record(known.asked, answer.url, content_type, validator if size else "", size)

    def _take(self, answer: Fetched, start: int, record: Record) -> Record:
        terms = self._terms
        if record.size is not None:
            self._check(record.size)
        at, mark, marked = start, time.monotonic(), start
        flags = os.O_RDWR | os.O_CREAT | (0 if start else os.O_TRUNC)
        with os.fdopen(os.open(self._path, flags, 0o600), "r+b") as file:
            file.truncate(start)
            file.seek(start)
            record = replace(record, safe=start)
            crc = record.crc64
            try:
                for piece in answer.pieces():
                    if terms.stop.is_set():
                        raise Stopped(_STOPPED)
                    file.write(piece)
                    crc = fastcrc.crc64.xz(piece, crc)
                    at += len(piece)
                    terms.moved(at, record.size)
                    if at > terms.size or at - record.safe >= _SAFE_EVERY:
                        self._check(max(at, record.size or 0))
                        record = self._keep(file, replace(record, safe=at, crc64=crc))
                    if (now := time.monotonic()) - mark > _SLOW_SECONDS:
                        if at - marked < _SLOW_BYTES:
                            raise WorkFailed("the source is too slow")
                        mark, marked = now, at
            except TargetFailed:
                self._keep(file, replace(record, safe=at, crc64=crc))
                raise
            if not at:
                raise WorkFailed("the source is empty")
            self._check(at)
            return self._keep(file, replace(record, safe=at, crc64=crc, done=True))

    def _check(self, size: int) -> None:
        """Whether there is room for so many bytes.

        Raises:
            WorkFailed: there is not.
        """
        if size > self._terms.size:
            raise WorkFailed(
                f"the source has more than {self._terms.size} bytes, which is the most that is pulled"
            )
        self._terms.room(size)
        if shutil.disk_usage(self._path.parent).free < _RESERVE:
            raise WorkFailed("the service has no room left")

    def _keep(self, file: BinaryIO, record: Record) -> Record:
        file.flush()
        os.fdatasync(file.fileno())
        fresh = self._path.with_name(f"{self._path.name}.new")
        with fresh.open("w", encoding="utf-8") as text:
            json.dump(asdict(record), text)
            text.flush()
            os.fdatasync(text.fileno())
        fresh.rename(_record_of(self._path))
        return record


def _validator(answer: Fetched) -> str:
    """What ``If-Range`` may say: a strong ETag, else a date."""
    etag = answer.headers.get("etag", "")
    return etag if etag and not etag.startswith("W/") else answer.headers.get("last-modified", "")


def _record_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _load(path: Path, url: str) -> Record:
    """What an earlier run left, if it is of this URL and its bytes are there."""
    try:
        record = Record(**json.loads(_record_of(path).read_text(encoding="utf-8")))
        there = path.stat().st_size
    except (OSError, ValueError, TypeError):
        return Record(url)
    return record if record.asked == url and there >= record.safe else Record(url)
