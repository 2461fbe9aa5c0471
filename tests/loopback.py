"""HTTP servers of the tests, on the loopback interface."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Handler(BaseHTTPRequestHandler):
    """Keeps connections open and writes no log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def received(self) -> bytes:
        """The request's body; less than was announced if the client goes away."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(
        self,
        status: int,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        cut: int | None = None,
        sized: bool = True,
    ) -> None:
        """Send an answer.

        Args:
            status: Of HTTP.
            body: All of it.
            headers: Beside the length.
            cut: Hang up after ``body[:cut]``, if that is not all.
            sized: Whether to tell the length; the end of the connection is the end of the body otherwise.
        """
        self.send_response(status)
        framing = ("Content-Length", str(len(body))) if sized else ("Connection", "close")
        for name, value in (*(headers or {}).items(), framing):
            self.send_header(name, value)
        self.end_headers()
        sent = body[:cut]
        try:
            self.wfile.write(sent)
        except OSError:
            self.close_connection = True
        if len(sent) < len(body):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Listens from the beginning, until it is closed or its block ends.

    Args:
        handler: What answers.
    """

    request_queue_size = 256

    def __init__(self, handler: Any) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def base(self) -> str:
        """Its address, without a path."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of the tests."""

    def close(self) -> None:
        """Listen no more; connections that are open end by themselves."""
        self.shutdown()
        self._thread.join()
        self.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
