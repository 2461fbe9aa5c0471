"""An HTTP hop in front of a service that writes down what passes, and changes what it is told to."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Self

from tests.loopback import Handler, Server

_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"}


@dataclass
class Answer:
    """What goes back to the client.

    Attributes:
        length: Bytes that are promised; the connection breaks where the body has fewer.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    length: int | None = None


@dataclass
class Asked:
    """A request.

    Attributes:
        method, host, path: As they came; the path with its query.
        headers: Lower-case names.
        body: All of it.
        started, ended: Monotonic seconds.
    """

    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: bytes
    started: float = field(default_factory=time.monotonic)
    ended: float = 0.0


Forward = Callable[[Asked], Answer]
Meddle = Callable[[Asked, Forward], Answer | None]
"""Answers a request, by the service or by itself; ``None`` breaks the connection."""


class Meddler:
    """Listens on loopback as long as the block runs.

    Attributes:
        url: Where.
        asked: Every request, in the order of arrival.
    """

    def __init__(self, service: str, meddle: Meddle | None = None) -> None:
        self.asked: list[Asked] = []
        self._service = service
        self._meddle: Meddle = meddle or (lambda asked, forward: forward(asked))
        outer = self

        class Passing(Handler):
            def _answer(self) -> None:
                outer._handle(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer

        self._server = Server(Passing)
        self.url = self._server.base

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        path = handler.path
        if "://" in path:
            path = "/" + path.partition("://")[2].partition("/")[2]
        asked = Asked(handler.command, headers.get("host", ""), path, headers, _body(handler))
        self.asked.append(asked)
        answer = self._meddle(asked, self._forward)
        asked.ended = time.monotonic()
        if answer is None:
            handler.close_connection = True
            return
        handler.close_connection |= answer.length is not None
        handler.send_response_only(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header(
            "Content-Length", str(len(answer.body) if answer.length is None else answer.length)
        )
        if handler.close_connection:
            # Clients that are not told may have sent their next request already.
            handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(answer.body)

    def _forward(self, asked: Asked) -> Answer:
        headers = {name: value for name, value in asked.headers.items() if name not in _HOP}
        data: bytes | Iterator[bytes] | None = asked.body if asked.method in ("POST", "PUT") else None
        if "transfer-encoding" in asked.headers:
            data = iter([asked.body] if asked.body else [])
        request = urllib.request.Request(self._service + asked.path, data, headers, method=asked.method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            reply = opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            reply = error
        with reply:
            kept = {name.lower(): value for name, value in reply.headers.items() if name.lower() not in _HOP}
            return Answer(reply.status, kept, reply.read())


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    pieces = b""
    while size := int(handler.rfile.readline().partition(b";")[0], 16):
        pieces += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return pieces
