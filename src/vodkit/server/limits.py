"""The HTTP/1.1 connection: uvicorn's httptools protocol, with limits and with every form of request target.

uvicorn's protocol bounds neither the size of a request's head nor the time a client may take, and it
hands absolute-form targets on without their authority. Both are properties of a connection, so they live here
and hold for every request of every room.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import re
import time
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from .blobs import Buffer
from .express import Express

_ABSOLUTE = re.compile(rb"^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)(.*)$", re.DOTALL)
_BARE_TARGET = re.compile(rb"^((?!CONNECT )[A-Z]{3,10}) (?![/*]|[A-Za-z][A-Za-z0-9+.-]*://)(?=[^ ])")
GONE = "vodkit.gone"
"""Key in a request's scope: tells whether its client is gone, for which uvicorn takes bytes in silence."""

CLOSE = "vodkit.close"
"""Key in a request's scope: closes its connection, answered or not."""

_METHOD_SO_FAR = re.compile(rb"[A-Z]{1,10} ?")


class Connection(HttpToolsProtocol):
    """One client connection.

    Beyond what uvicorn does: the head is limited to ``max_header`` bytes (431); a client that owes bytes, or
    does not take them, for ``patience`` seconds is dropped; an absolute-form target replaces the ``Host``
    header, as RFC 9112 §3.2.2 demands; a target without its leading slash gets one.
    """

    max_header: ClassVar[int] = 64 * 1024
    patience: ClassVar[float] = 60.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._heard = time.monotonic()
        self._head_since: float | None = None
        self._head_size = 0
        self._write_since: float | None = None
        self._unsent = 0
        self._between = True
        self._start = b""
        self._express: Express | None = getattr(self.app, "express", None)
        self._common: tuple[object, bytes] = (None, b"")
        self._answering: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there."""
        super().connection_made(transport)
        self._socket = transport.get_extra_info("socket").fileno()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone; uvicorn tells only the last of the requests that it sent."""
        if self._answering is not None:
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    # What arrives

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a head that is too large ends the connection."""
        self._heard = time.monotonic()
        if self._between:
            if not self._start and self._answer_at_once(data):
                return
            data = self._start + data
            self._start = b""
            if _METHOD_SO_FAR.fullmatch(data):
                self._start = data
                return
            data = _BARE_TARGET.sub(rb"\1 /", data, count=1)
        unfinished = self._head_since is not None
        super().data_received(data)
        if unfinished and self._head_since is not None:
            self._head_size += len(data)
            if self._head_size > self.max_header:
                self._refuse_head()

    def on_message_begin(self) -> None:
        """A request starts."""
        self._between = False
        self._head_since = time.monotonic()
        self._head_size = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there: check its size and bring its target into origin form."""
        self._head_since = None
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.max_header:
            self._refuse_head()
            raise ValueError("request head too large")
        absolute = _ABSOLUTE.match(self.url)
        if absolute:
            authority, rest = absolute.groups()
            self.url = rest if rest.startswith(b"/") else b"/" + rest
            self.headers[:] = [pair for pair in self.headers if pair[0] != b"host"]
            self.headers.insert(0, (b"host", authority.rpartition(b"@")[2]))
        self.scope[GONE] = self.transport.is_closing  # type: ignore[literal-required]
        self.scope[CLOSE] = self.transport.close  # type: ignore[literal-required]
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is there; whatever comes next starts a request."""
        self._between = True
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _answer_at_once(self, data: bytes) -> bool:
        """Give the answer that the application has ready, if it has one and nothing else is under way."""
        if (
            self._express is None
            or (self.cycle is not None and not self.cycle.response_complete)
            or self.transport.get_write_buffer_size()
            or self.transport.is_closing()
        ):
            return False
        begun = time.perf_counter()
        answer = self._express.answer(data, self.client[0] if self.client else "")
        if answer is None:
            return False
        head, body = answer
        self._write_at_once(head + self._common_lines(), body)
        self._express.log(int(head[9:12]), time.perf_counter() - begun)
        self.server_state.total_requests += 1
        if self.timeout_keep_alive_task is None:
            self._wait_for_more(self.timeout_keep_alive)
        return True

    def _write_at_once(self, head: bytes, body: Buffer) -> None:
        """Write while nothing else waits to be written; ``body`` is used no more when this returns.

        What the socket takes goes there straight, which saves copying all of it.
        """
        try:
            sent = os.writev(self._socket, (head, body))
        except OSError:
            # Full, or broken, which the transport finds out and tells.
            sent = 0
        if sent < len(head) + len(body):
            self.transport.write(head[sent:] + bytes(memoryview(body)[max(0, sent - len(head)) :]))

    def _common_lines(self) -> bytes:
        """The header lines of every answer, and the empty line; the server makes them anew each second."""
        if self._common[0] is not self.server_state.default_headers:
            pairs = self.server_state.default_headers
            self._common = pairs, b"".join(b"%b: %b\r\n" % pair for pair in pairs) + b"\r\n"
        return self._common[1]

    def _wait_for_more(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """End a connection on which nothing came for a while; answers given at once do not set the clock."""
        left = self._heard + self.timeout_keep_alive - time.monotonic()
        if left > 0:
            self._wait_for_more(left)
        else:
            super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, unless an answer is on its way already."""
        if self.transport.is_closing():
            return
        super().send_400_response(msg)

    def _refuse_head(self) -> None:
        if self.transport.is_closing():
            return
        body = json.dumps({"error": f"the request head is larger than {self.max_header} bytes"}).encode()
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\n"
            b"connection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )
        self.transport.close()

    # Patience

    def pause_writing(self) -> None:
        """The client takes bytes more slowly than they are written."""
        self._write_since = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client caught up."""
        self._write_since = None
        super().resume_writing()

    def overdue(self, now: float) -> bool:
        """Whether the client owes bytes, or has not taken any, for longer than :attr:`patience`."""
        limit = now - self.patience
        if self._write_since is not None:
            unsent = self.transport.get_write_buffer_size()
            if unsent != self._unsent:
                self._unsent, self._write_since = unsent, now
            return self._write_since < limit
        if self._head_since is not None:
            return self._head_since < limit
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return self._heard < limit
        waiting = cycle.more_body and not self.flow.read_paused and not cycle.waiting_for_100_continue
        return waiting and self._heard < limit


def connection_class(max_header: int, patience: float) -> type[Connection]:
    """A :class:`Connection` with these limits (bytes, seconds)."""
    return type("Connection", (Connection,), {"max_header": max_header, "patience": patience})


async def drop_stalled(state: ServerState, patience: float) -> None:
    """Abort connections whose client stalls, for as long as the task runs."""
    while True:
        await asyncio.sleep(min(1.0, patience / 4))
        now = time.monotonic()
        for connection in list(state.connections):
            if isinstance(connection, Connection) and connection.overdue(now):
                connection.transport.abort()


def keep_freed_memory() -> None:
    """Tell glibc's malloc to keep its pages; receiving large bodies then costs less than half the CPU time.

    The three values belong together: a trim threshold alone makes it worse. A no-op where there is no glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mmap_threshold, trim_threshold, top_pad = -3, -1, -2
    mallopt(mmap_threshold, 32 << 20)
    mallopt(trim_threshold, 256 << 20)
    mallopt(top_pad, 16 << 20)
