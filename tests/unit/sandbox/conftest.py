"""A sandbox around a toy service that says what it got."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest

from tests.loopback import Handler, Server
from vodkit.sandbox.run import Sandbox, attached

HOSTS = ("api.cloud.example", ".store.cloud.example")


class Echo(Handler):
    """Answers every request with a JSON account of it; ``/bytes/N`` answers N zero bytes."""

    def do_POST(self) -> None:
        digest, length = hashlib.sha256(), 0
        for piece in self._body():
            digest.update(piece)
            length += len(piece)
        if self.path.startswith("/bytes/"):
            answer = bytes(int(self.path.removeprefix("/bytes/")))
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            account = {"method": self.command, "target": self.path, "headers": headers}
            answer = json.dumps({**account, "length": length, "sha256": digest.hexdigest()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST

    def _body(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            piece = self.rfile.read(min(left, 1 << 20))
            if not piece:
                self.close_connection = True
                return
            left -= len(piece)
            yield piece


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    with Server(Echo) as server:
        yield server.base


@pytest.fixture(scope="session")
def box(service: str) -> Iterator[Sandbox]:
    with attached(service, HOSTS) as running:
        yield running
