"""A TCP proxy that breaks connections on demand, between a client and a real server.

>>> proxy = FaultProxy.before("http://127.0.0.1:8600")
>>> proxy.cut(after=300_000)     # the connection that carries the 300,000th byte from now breaks there
>>> proxy.refuse(times=2)        # the next two connections end before a byte
>>> proxy.answer(503)            # the next request gets this answer and never reaches the server
>>> proxy.lose_reply()           # the next request reaches the server, and its answer is lost

It knows nothing of any provider; faults in a vendor's own dialect are the service's business.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
import urllib.parse
from collections import deque
from types import TracebackType

PIECE = 64 * 1024
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, zero seconds: closing sends a reset, as a machine that loses its network state does."""


class FaultProxy:
    """Forwards every connection to one address, with faults.

    Attributes:
        url: Where clients connect to.
        sent: Bytes that clients have sent through it.
        connections: Connections that clients have made.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.sent = 0
        self.connections = 0
        self._target = target
        self._lock = threading.Lock()
        self._cuts: list[int] = []
        self._refusals = 0
        self._answers: deque[int] = deque()
        self._holds: deque[float] = deque()
        self._lost_replies = 0
        self._rate: float | None = None
        self._frozen = threading.Event()
        self._frozen.set()
        self._live: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, name="fault-proxy", daemon=True).start()

    @classmethod
    def before(cls, url: str) -> FaultProxy:
        """A proxy in front of the server of ``url``."""
        parts = urllib.parse.urlsplit(url)
        return cls((parts.hostname or "127.0.0.1", parts.port or 80))

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and break what is open."""
        with contextlib.suppress(OSError):
            # Closing alone does not wake the thread that accepts.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._frozen.set()
        self.break_all()

    def cut(self, after: int) -> None:
        """Break the connection that carries the ``after``-th byte from now, there."""
        with self._lock:
            self._cuts.append(self.sent + after)
            self._cuts.sort()

    def refuse(self, times: int = 1) -> None:
        """End the next ``times`` connections before a byte."""
        with self._lock:
            self._refusals += times

    def answer(self, status: int, times: int = 1) -> None:
        """Answer the next ``times`` requests with ``status`` and an HTML page, as a gateway would."""
        with self._lock:
            self._answers.extend([status] * times)

    def lose_reply(self, times: int = 1) -> None:
        """Let the next ``times`` requests reach the server, and lose the answers."""
        with self._lock:
            self._lost_replies += times

    def slow(self, rate: float | None) -> None:
        """Forward at most ``rate`` bytes per second on each connection; ``None`` for full speed."""
        self._rate = rate

    def freeze(self) -> None:
        """Let nothing pass, in silence, until :meth:`thaw`."""
        self._frozen.clear()

    def thaw(self) -> None:
        """Let everything pass again."""
        self._frozen.set()

    def hold(self, seconds: float) -> None:
        """Hold the next connection for so long, so that later ones overtake it."""
        with self._lock:
            self._holds.append(seconds)

    def calm(self) -> None:
        """Forget the faults that have not happened yet; full speed."""
        with self._lock:
            self._cuts.clear()
            self._answers.clear()
            self._holds.clear()
            self._refusals = self._lost_replies = 0
        self._rate = None
        self.thaw()

    def break_all(self) -> None:
        """Break every open connection."""
        with self._lock:
            live = list(self._live)
        for one in live:
            _reset(one)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            refused = self._refusals > 0
            self._refusals -= refused
            held = self._holds.popleft() if self._holds else 0.0
        if refused:
            _reset(client)
            return
        time.sleep(held)
        try:
            server = socket.create_connection(self._target, timeout=10)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        with self._lock:
            self._live |= {client, server}
        back = threading.Thread(target=self._replies, args=(server, client), daemon=True)
        back.start()
        self._requests(client, server)
        back.join()
        with self._lock:
            self._live -= {client, server}
        client.close()
        server.close()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := client.recv(PIECE):
                self._frozen.wait()
                if status := self._next_answer():
                    client.sendall(_page(status))
                    # What is on its way is read, or the client would see a reset in place of the answer.
                    client.shutdown(socket.SHUT_WR)
                    _drain(client)
                    _reset(server)
                    return
                cut = self._count(len(data))
                server.sendall(data if cut is None else data[:cut])
                if cut is not None:
                    _reset(client)
                    _reset(server)
                    return
                if self._rate:
                    time.sleep(len(data) / self._rate)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            _reset(server)

    def _replies(self, server: socket.socket, client: socket.socket) -> None:
        try:
            while data := server.recv(PIECE):
                self._frozen.wait()
                with self._lock:
                    lost = self._lost_replies > 0
                    self._lost_replies -= lost
                if lost:
                    _reset(client)
                    _reset(server)
                    return
                client.sendall(data)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            _reset(client)

    def _next_answer(self) -> int | None:
        with self._lock:
            return self._answers.popleft() if self._answers else None

    def _count(self, length: int) -> int | None:
        """Count bytes; where among them the connection breaks, if it does."""
        with self._lock:
            before, self.sent = self.sent, self.sent + length
            if self._cuts and self._cuts[0] <= self.sent:
                return max(self._cuts.pop(0) - before, 0)
        return None


def _page(status: int) -> bytes:
    body = f"<html><body><h1>{status}</h1></body></html>".encode()
    head = f"HTTP/1.1 {status} Fault\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
    return (head + "Connection: close\r\n\r\n").encode() + body


def _drain(source: socket.socket) -> None:
    source.settimeout(2)
    with contextlib.suppress(OSError):
        while source.recv(PIECE):
            pass


def _reset(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        one.close()
