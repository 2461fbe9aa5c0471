"""A sandbox around a toy service that says what it got."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from vodkit.sandbox.run import Sandbox, attached

HOSTS = ("api.cloud.example", ".store.cloud.example")


class Echo(BaseHTTPRequestHandler):
    """Answers every request with a JSON account of it; ``/bytes/N`` answers N zero bytes."""

    protocol_version = "HTTP/1.1"

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

    def log_message(self, format: str, *args: object) -> None:
        pass


class Service(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients of these tests leave in mid-request on purpose."""


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    with Service(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def box(service: str) -> Iterator[Sandbox]:
    with attached(service, HOSTS) as running:
        yield running
