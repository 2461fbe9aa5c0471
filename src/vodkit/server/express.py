"""Answers to play URLs that were asked for a moment ago, given without asking the catalog again.

Segments and playlists are asked for far more often than anything else, and by many viewers at once. What a
play URL answers is remembered for :data:`KEPT` seconds after the catalog said so, and given straight from the
connection: no parser, no task, no thread, no query. That a media is deleted, blocked or hidden shows at once
when this process does it, and within :data:`KEPT` seconds when another one does.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import logs
from .blobs import MIB, BlobStore, Buffer, Extent
from .blobs.rows import slice_of
from .errors import BlobGone
from .views import Views

KEPT = 1.0
"""Seconds."""

_MOST = 1024
_LARGEST = 2 * MIB
"""Bytes of an answer that is given at once; larger ones are streamed."""

_LONGEST = 4096
"""Bytes of a request that is looked at."""

_BEGIN, _END = b"GET /v/", b" HTTP/1.1\r\n"
_METHOD = len(b"GET ")

_HEADERS = re.compile(rb"(?:[A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)+\r\n")
"""A narrower form than HTTP allows, for which there is the long way."""

_PLAIN = frozenset(
    b"host user-agent accept accept-encoding accept-language connection range referer origin dnt priority "
    b"pragma cache-control icy-metadata te x-playback-session-id".split()
)
"""Headers that change nothing about an answer, ``range`` aside; with any other one the long way is taken.

None of them announces a body, so a request of these ends with its head.
"""

_RANGE = re.compile(rb"bytes=(\d{1,15})-(\d{1,15})")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the header lines of a request come to."""

    host: bytes
    wanted: bytes
    player: str


def _read_headers(lines: bytes) -> _Asked | None:
    """``None`` for lines that are not all plain."""
    if not _HEADERS.fullmatch(lines):
        return None
    pairs = [line.split(b":", 1) for line in lines[:-4].split(b"\r\n")]
    found = {name.lower(): value.strip(b"\t ") for name, value in pairs}
    alone = len(found) == len(pairs) and _PLAIN.issuperset(found)
    if not alone or found.get(b"connection", b"keep-alive").lower() != b"keep-alive":
        return None
    player = found.get(b"user-agent", b"").decode("latin-1")
    return _Asked(found.get(b"host", b"").lower(), found.get(b"range", b""), player)


@dataclass(frozen=True, slots=True)
class Ready:
    """What a play URL answers.

    Attributes:
        head: Header lines that every answer has.
        size: Bytes of the whole.
        extents: Where they are; not used with a ``body``.
        body: The whole, if it is small.
        until: When leave to have it ends, in seconds since the epoch.
        begins: The media that players begin to play with this; ``""`` for none.
        listed: Whether it is a list of streams, which who plays asks for first. Of a file a player asks for
            the range of all of it; who asks for no range downloads it.
    """

    head: bytes
    size: int
    extents: tuple[Extent, ...]
    body: bytes | None
    until: float
    begins: str
    listed: bool


def head_lines(headers: Mapping[str, str]) -> bytes:
    """Headers as they are sent."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")


class Express:
    """Remembers answers, and gives them.

    Args:
        store: Where bytes are.
        version: Changes whenever this process changes the catalog.
        now: The clock.
        views: Counts who begins to play.
    """

    def __init__(
        self, store: BlobStore, version: Callable[[], int], now: Callable[[], float], views: Views
    ) -> None:
        self._store = store
        self._views = views
        self._version = version
        self._now = now
        self._asked: dict[bytes, _Asked | None] = {}
        self._known: OrderedDict[tuple[bytes, bytes], tuple[float, int, Ready]] = OrderedDict()
        self._log = logs.get("http")

    @property
    def version(self) -> int:
        """To be read before the catalog is asked for what :meth:`remember` gets."""
        return self._version()

    def remember(self, host: bytes, target: bytes, version: int, ready: Ready) -> None:
        """Note what a target answers, for anybody who asks for just that."""
        now = time.monotonic()
        self._known.pop((host, target), None)
        while self._known and (len(self._known) >= _MOST or next(iter(self._known.values()))[0] <= now):
            self._known.popitem(last=False)
        self._known[host, target] = (now + KEPT, version, ready)

    def answer(self, request: bytes, address: str) -> tuple[bytes, Buffer] | None:
        """The answer to a request, from its status line on but for the date and the empty line, and its body,
        which holds until the next call; ``None`` sends the request the long way.

        Args:
            request: What came on a connection between two requests.
            address: The client's.
        """
        if not request.startswith(_BEGIN) or len(request) > _LONGEST:
            return None
        line, _, lines = request.partition(_END)
        asked = self._headers(lines)
        if asked is None:
            return None
        key = asked.host, line[_METHOD:]
        found = self._known.get(key)
        if found is None:
            return None
        until, version, ready = found
        if until <= time.monotonic() or version != self._version() or ready.until <= self._now():
            del self._known[key]
            return None
        answer = self._ranged(ready, asked.wanted) if asked.wanted else self._whole(ready)
        if ready.begins and answer and (ready.listed or (asked.wanted and len(answer[1]) == ready.size)):
            self._views.begun(ready.begins, address, asked.player)
        return answer

    def _headers(self, lines: bytes) -> _Asked | None:
        """Players send the same lines again and again, and so do many at once."""
        try:
            return self._asked[lines]
        except KeyError:
            if len(self._asked) >= _MOST:
                self._asked.clear()
            asked = self._asked[lines] = _read_headers(lines)
            return asked

    def _whole(self, ready: Ready) -> tuple[bytes, Buffer] | None:
        body = ready.body if ready.body is not None else self._read(ready, 0, ready.size)
        if body is None:
            return None
        return b"HTTP/1.1 200 OK\r\n%bcontent-length: %d\r\n" % (ready.head, ready.size), body

    def _ranged(self, ready: Ready, wanted: bytes) -> tuple[bytes, Buffer] | None:
        match = _RANGE.fullmatch(wanted)
        if match is None:
            return None
        start, end = int(match[1]), min(int(match[2]) + 1, ready.size)
        if start >= end:
            return None
        body = ready.body[start:end] if ready.body is not None else self._read(ready, start, end - start)
        if body is None:
            return None
        line = b"HTTP/1.1 206 Partial Content\r\n%bcontent-range: bytes %d-%d/%d\r\ncontent-length: %d\r\n"
        return line % (ready.head, start, end - 1, ready.size, end - start), body

    def _read(self, ready: Ready, start: int, length: int) -> Buffer | None:
        if length > _LARGEST:
            return None
        try:
            return self._store.at_hand(slice_of(ready.extents, start, length)) if length else b""
        except BlobGone:
            return None

    def log(self, status: int, took: float) -> None:
        """One line about an answer, as every request has."""
        self._log.info("request", room="-", method="GET", status=status, ms=round(took * 1000, 1))
