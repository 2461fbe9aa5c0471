"""A receiver of callbacks on a developer's machine: shows each that comes, and whether it is genuine."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from vodkit import webhooks
from vodkit.core.errors import CallbackError, ConfigError, SignatureInvalid, VodError
from vodkit.transport import Transport, TransportSettings

from .forever import wait_for_ctrl_c

LARGEST = 4 * 1024 * 1024
"""Bytes of a body that are taken."""

_ANSWER = b"{}"
"""What every vendor takes for a yes: 200, and JSON where the answer is handed on to an uploader."""

_NOT_PASSED_ON = {"connection", "content-length", "host", "keep-alive", "transfer-encoding", "upgrade"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request that came.

    Attributes:
        at: When, ISO 8601.
        method, path: The request, without its query.
        style: Whose callback it looks like, or was said to be; ``""`` for nobody's.
        type, id, media: As in :class:`vodkit.webhooks.Callback`.
        verified: Whether the signature was right; ``None`` if it was not checked.
        remark: Why it is not verified, or cannot be read.
        payload: The body, read; its text if it cannot be.
        status: What was answered.
    """

    at: str
    method: str
    path: str
    style: str
    type: str
    id: str
    media: str
    verified: bool | None
    remark: str
    payload: Any
    status: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """For people."""
        verdict = {True: "verified", False: "NOT VERIFIED", None: "not checked"}[self.verified]
        told = f"{verdict} ({self.remark})" if self.remark else verdict
        named = " ".join(filter(None, (self.style or "unknown", self.type, self.media)))
        yield f"{self.at}  {self.method} {self.path} -> {self.status}  {named}  {told}"
        shown = self.payload
        yield shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, indent=2)


Show = Callable[[Arrival], None]


class Judge:
    """Reads what comes.

    Args:
        style: Whose callbacks all are; ``""`` to tell by each.
        keys: What they are signed with, by style.

    Raises:
        UnknownProvider: there is no such style.
        UnsupportedOption: the provider sends no callbacks.
    """

    def __init__(self, style: str, keys: Mapping[str, Sequence[str]]) -> None:
        for name in {*keys, *([style] if style else [])}:
            webhooks.signed(name)
        self._style = style
        self._keys = keys

    def __call__(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, status: int
    ) -> Arrival:
        """What came, as far as it can be told."""
        style = self._style or webhooks.detect(headers, body, query=query) or ""
        text = body.decode(errors="replace")
        verified, remark, told = None, "", None
        try:
            told = webhooks.parse(style, headers, body, query=query) if style else None
            keys = [*self._keys.get(style, ()), *([webhooks.usual_key(style)] if style else [])]
            if told and not webhooks.signed(style):
                remark = "this provider does not sign"
            elif told and not any(keys):
                remark = f"no key: give one with --key {style}=KEY"
            elif told:
                verified, remark = _verdict(style, headers, body, query, keys)
        except CallbackError as problem:
            remark = problem.message
        return Arrival(
            at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            method=method,
            path=path,
            style=style,
            type=told.type if told else "",
            id=told.id if told else "",
            media=told.media if told else "",
            verified=verified,
            remark=remark,
            payload=dict(told.payload) if told else text,
            status=status,
        )


def _verdict(
    style: str, headers: Mapping[str, str], body: bytes, query: str, keys: Sequence[str]
) -> tuple[bool, str]:
    try:
        webhooks.verify(style, headers, body, key=[key for key in keys if key], query=query)
    except SignatureInvalid as problem:
        return False, problem.message
    return True, ""


def with_keys(known: Mapping[str, Sequence[str]], given: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Keys by style: those that a service has, and those that were given."""
    keys = {style: list(some) for style, some in known.items()}
    for style, key in given:
        keys.setdefault(style, []).append(key)
    return keys


@contextmanager
def listening(address: str, judge: Judge, show: Show, *, forward: str = "") -> Iterator[str]:
    """Receive at ``host:port`` until the block ends; yields the URL.

    Args:
        address: Port 0 takes a free one.
        judge: Reads what comes.
        show: Gets each request, one after the other.
        forward: URL that each is passed on to; its answer is the sender's. Else everything is accepted.

    Raises:
        ConfigError: the address is none, or cannot be listened at.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"{address!r} is not host:port", advice="Write --listen 127.0.0.1:8700")
    lock = threading.Lock()

    def shown(arrival: Arrival) -> None:
        with lock:
            show(arrival)

    with Transport(TransportSettings(proxy="")) as transport:
        handler = _handler(judge, shown, _forwarder(transport, forward))
        try:
            server = _server(host.strip("[]"), int(port), handler)
        except OSError as problem:
            raise ConfigError(
                f"cannot listen at {address}: {problem.strerror}", advice="Choose another port, or 0"
            ) from problem
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://{host}:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _server(host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

    return Server((host, port), handler)


def listen(
    address: str, judge: Judge, show: Show, ready: Callable[[str], None], *, forward: str = ""
) -> None:
    """:func:`listening`, until Ctrl-C; ``ready`` gets the URL."""
    with listening(address, judge, show, forward=forward) as url:
        ready(url)
        wait_for_ctrl_c()


Forward = Callable[[str, str, Mapping[str, str], bytes], tuple[int, str, bytes]]
"""Passes a request on: method, query, headers and body; status, type and body of the answer."""


def _forwarder(transport: Transport, to: str) -> Forward | None:
    if not to:
        return None
    if urlsplit(to).scheme not in ("http", "https"):
        raise ConfigError(f"{to!r} is not an http:// or https:// URL", advice="Write --forward http://…")
    exchange = transport.bind()

    def forward(method: str, query: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        url = f"{to}{'&' if '?' in to else '?'}{query}" if query else to
        passed = {name: value for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON}
        try:
            reply = exchange(method, url, headers=passed, body=body)
        except VodError as problem:
            return 502, "text/plain", f"{problem}\n".encode()
        return reply.status, reply.headers.get("content-type", "text/plain"), reply.body

    return forward


def _handler(judge: Judge, show: Show, forward: Forward | None) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def _receive(self) -> None:
            length = self.headers.get("Content-Length", "0" if self.command == "GET" else "")
            if not length.isdigit() or int(length) > LARGEST:
                self.close_connection = True
                self._answer(413 if length.isdigit() else 411, "text/plain", b"")
                return
            body = self.rfile.read(int(length))
            path, _, query = self.path.partition("?")
            headers = dict(self.headers.items())
            status, kind, answer = 200, "application/json", _ANSWER
            if forward is not None:
                status, kind, answer = forward(self.command, query, headers, body)
            # Shown before it is answered: whoever has the answer can rely on it.
            show(judge(self.command, path, query, headers, body, status))
            self._answer(status, kind, answer)

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET = do_PUT = _receive

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: requests are shown in another way."""

    return Handler
