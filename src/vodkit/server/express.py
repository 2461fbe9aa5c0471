"""Answers to play URLs that were asked for a moment ago, given without asking the catalog again.

Segments and playlists are asked for far more often than anything else, and by many viewers at once. What a
play URL answers is remembered for :data:`KEPT` seconds after the catalog said so, and given straight from the
connection: no task, no thread, no query. That a media is deleted, blocked or hidden shows at once when this
process does it, and within :data:`KEPT` seconds when another one does.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
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

_PLAIN = frozenset(
    b"host user-agent accept accept-encoding accept-language connection range referer origin dnt priority "
    b"pragma cache-control icy-metadata te x-playback-session-id".split()
)
"""Headers that change nothing about an answer, ``range`` aside; with any other one the long way is taken."""

_RANGE = re.compile(rb"bytes=(\d{1,15})-(\d{1,15})")

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Ready:
    """What a play URL answers.

    Attributes:
        head: Header lines that every answer has.
        size: Bytes of the whole.
        extents: Where they are; not used with a ``body``.
        body: The whole, if it is small.
        until: When leave to have it ends, in seconds since the epoch.
        begins: The media that players begin to play by asking for the whole; ``""`` for none.
    """

    head: bytes
    size: int
    extents: tuple[Extent, ...]
    body: bytes | None
    until: float
    begins: str


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
        self._known: OrderedDict[tuple[bytes, bytes], tuple[float, int, Ready]] = OrderedDict()
        self._log = logs.get("http")

    @property
    def version(self) -> int:
        """To be read before the catalog is asked for what :meth:`remember` gets."""
        return self._version()

    def remember(self, host: bytes, target: bytes, version: int, ready: Ready) -> None:
        """Note what a target answers, for anybody who asks for just that."""
        while len(self._known) >= _MOST:
            self._known.popitem(last=False)
        self._known[host, target] = (time.monotonic() + KEPT, version, ready)

    def answer(self, target: bytes, headers: Headers, address: str) -> tuple[bytes, Buffer] | None:
        """The answer to a GET, from its status line on but for the date, and its body; ``None`` sends it the
        long way."""
        host = wanted = player = b""
        for name, value in headers:
            if name not in _PLAIN and not name.startswith(b"sec-"):
                return None
            if name == b"host":
                host = value.lower()
            elif name == b"range":
                wanted = value
            elif name == b"user-agent":
                player = value
            elif name == b"connection" and value.lower() != b"keep-alive":
                return None
        found = self._known.get((host, target))
        if found is None:
            return None
        until, version, ready = found
        if until <= time.monotonic() or version != self._version() or ready.until <= self._now():
            del self._known[host, target]
            return None
        answer = self._ranged(ready, wanted) if wanted else self._whole(ready)
        # Of a file, a player asks for the range of all of it; who asks for no range downloads it.
        if ready.begins and (wanted or ready.body is not None) and answer and len(answer[1]) == ready.size:
            self._views.begun(ready.begins, address, player.decode("latin-1"))
        return answer

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
