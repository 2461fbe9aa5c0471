"""The bytes of parts: read, paced, digested and counted in one pass.

Memory: a worker reads a seekable source through one reused window, so all of them hold ``workers x window``
bytes, however large the file. A source that cannot seek is held part by part, ``workers x part size``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vodkit.core.errors import SourceChanged
from vodkit.core.part import Part
from vodkit.core.source import Reader
from vodkit.transport import Cancel

from .bandwidth import Bandwidth
from .integrity import Digest, digest
from .progress import Meter

SLICE = 64 * 1024


class Window:
    """One worker's reused buffer."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._buffer: memoryview | None = None

    def over(self, reader: Reader, offset: int, length: int) -> Iterator[memoryview]:
        """The range in pieces of at most a window, each valid until the next.

        Raises:
            SourceChanged: the source ends within the range.
        """
        if self._buffer is None:
            self._buffer = memoryview(bytearray(self.size))
        while length:
            want = self._buffer[: min(self.size, length)]
            got = reader.read_at(offset, want)
            if got < len(want):
                raise SourceChanged("the source became shorter while it was being sent")
            yield want
            offset += got
            length -= got


Pieces = Callable[[], Iterator[memoryview]]
"""Starts an iteration over a part's bytes."""


@dataclass(slots=True)
class Flow:
    """What the bytes of every part pass: the limit, the meter, the switch."""

    bandwidth: Bandwidth
    meter: Meter
    cancel: Cancel


@dataclass(slots=True)
class PartDigests:
    """Digests by name; see :class:`vodkit.core.contract.Digests`."""

    known: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.known[name]


class PartBody:
    """The request body of one part; see :class:`vodkit.core.contract.Body`.

    Attributes:
        crc64: That of its bytes once they have been read to the end, else ``None``.

    Args:
        part: Which.
        pieces: Its bytes.
        before_end: Called when all but the last slice have gone out. What it raises keeps the last slice
            back, so that a request whose arrival would commit something never becomes complete.
        flow: What the bytes pass.
    """

    def __init__(self, part: Part, pieces: Pieces, before_end: Callable[[], None], flow: Flow) -> None:
        self.length = part.length
        self.digests = PartDigests()
        self._pieces = pieces
        self._before_end = before_end
        self._flow = flow
        self._takes = {*part.takes, "crc64"}
        self._out = 0
        self.crc64: str | None = None
        if part.needs:
            self.digests.known.update(_digest_all(part.needs, pieces, flow.cancel))

    def __iter__(self) -> Iterator[memoryview]:
        self.take_back()
        hashers = {name: digest(name) for name in self._takes}
        left = self.length
        if not left:
            self._before_end()
        for piece in self._pieces():
            _feed(hashers, piece)
            for start in range(0, len(piece), SLICE):
                bytes_out = piece[start : start + SLICE]
                left -= len(bytes_out)
                if not left:
                    self._before_end()
                self._flow.bandwidth.take(len(bytes_out), self._flow.cancel)
                yield bytes_out
                self._out += len(bytes_out)
                self._flow.meter.moved(len(bytes_out))
        self.digests.known.update({name: hasher.hexdigest() for name, hasher in hashers.items()})
        self.crc64 = self.digests["crc64"]

    def take_back(self) -> None:
        """Let the bytes of the latest iteration not count as being in flight any more."""
        self._flow.meter.returned(self._out)
        self._out = 0


def _digest_all(names: tuple[str, ...], pieces: Pieces, cancel: Cancel) -> dict[str, str]:
    hashers = {name: digest(name) for name in names}
    for piece in pieces():
        cancel.check()
        _feed(hashers, piece)
    return {name: hasher.hexdigest() for name, hasher in hashers.items()}


def _feed(hashers: dict[str, Digest], piece: memoryview) -> None:
    for hasher in hashers.values():
        hasher.update(piece)
