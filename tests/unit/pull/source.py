"""A web server that pulls are made from, with switches for what goes wrong."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from typing import Any

from tests.loopback import Handler, Server
from tests.waiting import PATIENCE


class Source(Server):
    """Serves ``files`` by path.

    Attributes:
        files: Bytes by path.
        types: Content types by path.
        asked: Path and ``Range`` of every request.
        ranges: Whether it has ranges.
        etag: Made of the bytes of a file; ``""`` sends none.
        cuts: Bytes after which the connections of the next answers are cut.
        headers: Further headers of every answer.
        before: Called with the handler before a request is served; whether it has answered itself.
        hold: Answers stop after their first half until it is set.
    """

    def __init__(self) -> None:
        super().__init__(_Serving)
        self.files: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.ranges = True
        self.etag: Callable[[bytes], str] = lambda data: f'"{hashlib.md5(data).hexdigest()}"'
        self.cuts: list[int] = []
        self.headers: dict[str, str] = {}
        self.before: Callable[[Any], bool] = lambda handler: False
        self.hold: threading.Event | None = None

    def url(self, path: str) -> str:
        return self.base + path

    def close(self) -> None:
        if self.hold is not None:
            self.hold.set()
        super().close()


class _Serving(Handler):
    server: Source

    def do_GET(self) -> None:
        source, path = self.server, self.path.partition("?")[0]
        source.asked.append((self.path, self.headers.get("Range", "")))
        self.close_connection = True
        if source.before(self):
            return
        if path not in source.files:
            self.send_error(404)
            return
        body, status = source.files[path], 200
        etag = source.etag(body)
        headers = {"Content-Type": source.types.get(path, "video/mp4"), **source.headers}
        if etag:
            headers["ETag"] = etag
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and source.ranges and self.headers.get("If-Range") in (None, etag):
            first = int(wanted[1])
            headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
            body, status = body[first:], 206
        self.send(status, {**headers, "Content-Length": str(len(body))}, body)

    def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send all of it, or as much as the switches let through."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else len(body)
        body = body[:cut]
        if self.server.hold is not None:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.server.hold.wait(PATIENCE)
            body = body[len(body) // 2 :]
        self.wfile.write(body)
