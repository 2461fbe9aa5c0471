"""Requests to the places that were judged, and their answers."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as Late
from urllib3.response import HTTPResponse

from .places import Target, TargetFailed, TargetRefused, check, resolve

MOST_HOPS = 5
"""Redirects that :func:`fetch` follows."""

_REDIRECTS = (301, 302, 303, 307, 308)
_PIECE = 1 << 20
_MOST_PLACES = 4
"""Addresses of a name that are tried."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a request may take, and how much of its answer is read.

    Attributes:
        connect: Seconds for the name, and for the connection, however many addresses there are.
        read: Seconds without a byte moving.
        total: Seconds from the name to the answer's end; of a :func:`fetch` with all that it is led on to.
        answer: Bytes of an answer that :func:`send` reads; the rest is left.
    """

    connect: float = 5.0
    read: float = 10.0
    total: float = 20.0
    answer: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said.

    Attributes:
        status: HTTP status.
        body: Its beginning, as it came.
    """

    status: int
    body: bytes


class Cutter:
    """Lets another thread end a request: it fails at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exchange: _Exchange | None = None
        self._cut = False

    @property
    def was_cut(self) -> bool:
        """Whether somebody ended the request."""
        return self._cut

    def cut(self) -> None:
        """End the request, or the one that comes."""
        with self._lock:
            self._cut = True
            if self._exchange is not None:
                self._exchange.cut()

    def watch(self, exchange: _Exchange) -> None:
        """Make ``exchange`` the one that is ended."""
        with self._lock:
            self._exchange = exchange
            if self._cut:
                exchange.cut()


def send(
    url: str,
    *,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    private: bool = False,
    bounds: Bounds | None = None,
    cutter: Cutter | None = None,
) -> Answer:
    """One request and its answer; redirects are answers like others.

    Args:
        url: Where to.
        method, headers, body: The request.
        private: Whether private addresses are allowed.
        bounds: Time and size.
        cutter: Can end it.

    Raises:
        TargetRefused: the service does not connect there; nothing was sent.
        TargetFailed: there was no answer in time, or it broke.
    """
    limits = bounds or Bounds()
    with _Exchange(check(url), private, limits, time.monotonic() + limits.total) as exchange:
        if cutter is not None:
            cutter.watch(exchange)
        response = exchange.request(method, headers or {}, body)
        answer = b""
        while len(answer) < limits.answer and (more := exchange.read(limits.answer - len(answer))):
            answer += more
        return Answer(response.status, answer)


class Fetched:
    """The answer to a :func:`fetch`, while it arrives.

    Attributes:
        url: Where it came from in the end.
        status: HTTP status.
        headers: Names in lower case.
    """

    def __init__(self, url: str, exchange: _Exchange, response: HTTPResponse) -> None:
        self.url = url
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self._exchange = exchange

    @property
    def length(self) -> int | None:
        """Bytes that the answer announces, if it does."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() else None

    def pieces(self) -> Iterator[bytes]:
        """The body as it was sent, in pieces as they come, of at most 1 MiB.

        Raises:
            TargetFailed: it ended before the length it had announced, took too long, or was aborted.
        """
        while piece := self._exchange.read_some(_PIECE):
            yield piece

    def abort(self) -> None:
        """Let whoever waits for the body fail at once. Called from any thread."""
        self._exchange.cut()


@contextlib.contextmanager
def fetch(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    private: bool = False,
    bounds: Bounds | None = None,
) -> Iterator[Fetched]:
    """GET a source; at most :data:`MOST_HOPS` redirects are followed, each checked like the first address.

    Raises:
        TargetRefused: the service does not connect there, or there are too many redirects.
        TargetFailed: there was no answer in time, or it broke.
    """
    place, limits = check(url), bounds or Bounds()
    end = time.monotonic() + limits.total
    for _ in range(MOST_HOPS + 1):
        with _Exchange(place, private, limits, end) as exchange:
            response = exchange.request("GET", {"Accept-Encoding": "identity", **(headers or {})}, b"")
            onward = response.headers.get("location", "")
            if response.status not in _REDIRECTS or not onward:
                yield Fetched(place.url, exchange, response)
                return
        try:
            place = check(urljoin(place.url, onward))
        except (TargetRefused, ValueError) as reason:
            raise TargetRefused(f"the address leads on to one that cannot be used: {reason}") from reason
    raise TargetRefused(f"the address leads on more than {MOST_HOPS} times")


class _Exchange:
    """One request on a connection of its own, cut when its time is over.

    A time-out of the socket alone would not do: a receiver that sends a byte now and then never meets it.
    """

    def __init__(self, target: Target, private: bool, bounds: Bounds, end: float) -> None:
        self._target = target
        self._bounds = bounds
        self._late = False
        self._cut = False
        self._twin: socket.socket | None = None
        self._lock = threading.Lock()
        self._response: HTTPResponse | None = None
        self._connection = _connection(target, self._open, bounds.connect)
        found = resolve(target, private=private, seconds=bounds.connect)
        self._places = found[:_MOST_PLACES]
        self._timer = threading.Timer(max(0.0, end - time.monotonic()), self._expire)
        self._timer.daemon = True

    def __enter__(self) -> _Exchange:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._response is not None:
            self._response.close()
        self._connection.close()
        with self._lock:
            twin, self._twin = self._twin, None
        if twin is not None:
            twin.close()

    def request(self, method: str, headers: Mapping[str, str], body: bytes) -> HTTPResponse:
        """Send, and wait for the head of the answer."""
        with self._explained("no connection could be made"):
            self._connection.connect()
        self._connection.timeout = self._bounds.read
        named = {"Host": self._target.authority, "User-Agent": "vodkit", "Connection": "close", **headers}
        with self._explained("there was no answer"):
            self._connection.request(
                method, self._target.path, body or None, named, preload_content=False, decode_content=False
            )
            self._response = self._connection.getresponse()
        return self._response

    def read(self, most: int) -> bytes:
        """So many bytes of the answer's body, fewer only at its end."""
        assert self._response is not None
        return self._checked(self._response.read, most)

    def read_some(self, most: int) -> bytes:
        """What has come of the answer's body, at most so many bytes; none at its end."""
        assert self._response is not None
        return self._checked(self._response.read1, most)

    def _checked(self, read: Callable[[int], bytes], most: int) -> bytes:
        with self._explained("the answer broke off"):
            piece = read(most)
            if not piece and self._cut:
                # Of an answer without a length this would pass for its end.
                raise ConnectionAbortedError
            return piece

    def cut(self) -> None:
        """End whatever blocks on the connection."""
        with self._lock:
            self._cut = True
            if self._twin is not None:
                with contextlib.suppress(OSError):
                    self._twin.shutdown(socket.SHUT_RDWR)

    def _expire(self) -> None:
        self._late = True
        self.cut()

    def _open(self) -> socket.socket:
        """A socket to the first of the places that answers; each has its share of the time."""
        failure: OSError | None = None
        end = time.monotonic() + self._bounds.connect
        for left, (family, kind, protocol, _, address) in zip(
            range(len(self._places), 0, -1), self._places, strict=True
        ):
            sock = socket.socket(family, kind, protocol)
            try:
                self._watch(sock)
                sock.settimeout(max(0.001, (end - time.monotonic()) / left))
                sock.connect(address)
            except OSError as error:
                failure = error
                sock.close()
                if self._cut:
                    break
                continue
            sock.settimeout(self._bounds.connect)
            return sock
        raise failure or OSError("the name has no address")

    def _watch(self, sock: socket.socket) -> None:
        """Have a socket ended with the request.

        TLS detaches the socket object, and while it connects it cannot be closed by others; a duplicate that
        was made before is good for ending it all the time.
        """
        with self._lock:
            if self._twin is not None:
                self._twin.close()
            self._twin = sock.dup()
            if self._cut:
                raise ConnectionAbortedError

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (OSError, HTTPException, HTTPError, ValueError) as error:
            raise TargetFailed(f"{what}: {self._reason(error)}") from error

    def _reason(self, error: Exception) -> str:
        if self._late:
            return f"it took longer than {round(self._bounds.total, 1):g} seconds"
        if self._cut:
            return "it was aborted"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the certificate is not trusted ({error.verify_message})"
        if isinstance(error, TimeoutError | Late):
            return "nothing moved in time"
        return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


def _connection(target: Target, opener: Any, timeout: float) -> HTTPConnection:
    """A connection of urllib3 that takes its socket from ``opener``."""
    if target.scheme == "http":
        plain: HTTPConnection = HTTPConnection(target.host, target.port, timeout=timeout)
    else:
        plain = HTTPSConnection(target.host, target.port, timeout=timeout, ssl_context=_tls())
    plain._new_conn = opener  # type: ignore[method-assign]
    return plain


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
