"""A receiver of callbacks on a real socket, which answers as a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..transport.wire import Peer, serving

Answer = Callable[[Peer, int], None]
"""Answers a request, whose number from 0 it gets."""


@dataclass(frozen=True)
class Got:
    """One request.

    Attributes:
        path: With the query.
        headers: Lower-case names.
        body: Raw.
    """

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """What came to ``url``, in order."""

    def __init__(self, answer: Answer) -> None:
        self.url = ""
        self.got: list[Got] = []
        self.answer = answer
        self.busiest = 0
        self._now = 0
        self._lock = threading.Lock()

    @property
    def ids(self) -> list[str]:
        """The event ids that came."""
        return [got.headers["x-vodkit-event"] for got in self.got]

    def serve(self, peer: Peer) -> None:
        head, body = peer.request()
        request, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        with self._lock:
            self._now += 1
            self.busiest = max(self.busiest, self._now)
            number = len(self.got)
            self.got.append(Got(request.split(" ")[1], headers, body))
        try:
            self.answer(peer, number)
        finally:
            with self._lock:
                self._now -= 1


def ok(peer: Peer, number: int) -> None:
    peer.answer(b"{}")


def status(*lines: str) -> Answer:
    """Answers with these statuses in turn, the last one from then on."""
    return lambda peer, number: peer.answer(status=lines[min(number, len(lines) - 1)])


@contextmanager
def receiving(answer: Answer = ok) -> Iterator[Receiver]:
    """A receiver, until the block ends."""
    receiver = Receiver(answer)
    with serving(receiver.serve) as address:
        receiver.url = f"http://{address}/hook"
        yield receiver
