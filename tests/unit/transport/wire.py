"""A server that does exactly what a test says, on a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Script = Callable[["Peer"], None]


class Peer:
    """One accepted connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._left = bytearray()

    def read_head(self) -> bytes:
        while b"\r\n\r\n" not in self._left:
            chunk = self.sock.recv(65536)
            if not chunk:
                raise EOFError
            self._left += chunk
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        return bytes(head)

    def read_body(self, length: int) -> bytes:
        while len(self._left) < length:
            chunk = self.sock.recv(65536)
            if not chunk:
                raise EOFError
            self._left += chunk
        body, self._left = self._left[:length], self._left[length:]
        return bytes(body)

    def request(self) -> tuple[bytes, bytes]:
        head = self.read_head()
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return head, self.read_body(length)

    def answer(self, body: bytes = b"", status: str = "200 OK", extra: str = "") -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
        self.sock.sendall(head.encode() + body)


@contextmanager
def serving(script: Script) -> Iterator[str]:
    """Run ``script`` for every connection; yields ``host:port``."""
    listener = socket.create_server(("127.0.0.1", 0))
    peers: list[socket.socket] = []

    def one(sock: socket.socket) -> None:
        with sock:
            try:
                script(Peer(sock))
            except (EOFError, OSError):
                return

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peers.append(sock)
            threading.Thread(target=one, args=(sock,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for sock in peers:
            sock.close()
