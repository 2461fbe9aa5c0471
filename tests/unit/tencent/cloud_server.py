"""The cloud in memory behind a real socket, for tests that go through the whole engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from vodkit.core.errors import TransferError

from .fake_cloud import FakeCloud


@contextmanager
def serving(cloud: FakeCloud, before: Callable[[str, str], None] | None = None) -> Iterator[str]:
    """Serve ``cloud`` on loopback; yields the base address for ``service``.

    Args:
        cloud: What answers; its clock is set to now.
        before: Called with method and path of every request before it is answered, from several threads.
    """
    cloud.now = time.time()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if before is not None:
                before(self.command, self.path)
            target = self.path.partition("://")[2].partition("/")[2] if "://" in self.path else self.path[1:]
            try:
                reply = cloud(
                    self.command,
                    f"https://{self.headers['Host']}/{target}",
                    headers=dict(self.headers.items()),
                    body=body,
                )
            except TransferError:
                self.close_connection = True
                return
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if "content-length" not in reply.headers and reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
