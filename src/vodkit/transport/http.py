"""Requests and downloads over threads."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from urllib3.response import HTTPResponse
from urllib3.util.wait import wait_for_read

from vodkit.core.contract import Body, Exchange, Reply
from vodkit.core.errors import Cancelled, ProtocolError, TransferError, VodError

from .cancel import Cancel
from .connection import Connection, PlainConnection
from .failures import ANSWER, CONNECT, NETWORK, READ, SEND, explain
from .hooks import Event, Hook, log_exchange, redact, redact_headers
from .pool import Pool
from .target import Target, resolve

SLICE = 64 * 1024
MAX_CONNECTIONS = 16
MAX_ANSWER = 64 * 1024 * 1024

try:
    USER_AGENT = f"vodkit/{version('vodkit')}"
except PackageNotFoundError:
    USER_AGENT = "vodkit/dev"


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """How requests travel.

    Attributes:
        connect_timeout: Seconds for the connection, TLS included.
        answer_timeout: Seconds from the end of the request to the first byte of the answer.
        stall_timeout: Seconds without a byte moving, while sending or reading.
        via: ``http://host:port`` that every request is connected to, while Host and path stay those of the
            URL; ``None`` for the URL's own.
        proxy: URL of an HTTP proxy, ``""`` for none, ``None`` to follow the environment.
        ca_file: PEM file of the trusted authorities; ``None`` for the system's (``SSL_CERT_FILE`` honoured).
    """

    connect_timeout: float = 10.0
    answer_timeout: float = 60.0
    stall_timeout: float = 30.0
    via: str | None = None
    proxy: str | None = None
    ca_file: str | None = None


class Transport:
    """A pool of at most 16 busy connections. Thread-safe; close it, or use it as a context manager.

    Args:
        settings: How requests travel.
        hooks: Called in this order around every exchange, with secrets struck out.
    """

    def __init__(self, settings: TransportSettings | None = None, hooks: Sequence[Hook] = ()) -> None:
        self.settings = settings or TransportSettings()
        self._hooks = (log_exchange, *hooks)
        self._pool = Pool(self.settings.ca_file)
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def observe(self, hook: Hook) -> None:
        """Have ``hook`` called around every exchange from now on, after those given at the start."""
        self._hooks = (*self._hooks, hook)

    def close(self) -> None:
        """Close the idle connections; those at work close when their exchange ends."""
        self._pool.close()

    def bind(self, cancel: Cancel | None = None) -> Exchange:
        """The wire as a provider sees it (:class:`vodkit.core.contract.Exchange`), stopped by ``cancel``."""
        scope = cancel or Cancel()

        def exchange(
            method: str,
            url: str,
            *,
            headers: Mapping[str, str] | None = None,
            body: bytes | Body | None = None,
            timeout: float | None = None,
        ) -> Reply:
            return self._request(scope, method, url, headers or {}, body, timeout)

        return exchange

    @contextmanager
    def stream(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        cancel: Cancel | None = None,
    ) -> Iterator[Download]:
        """Send a request without a body and hand out its answer while it arrives.

        Follows no redirects. Streams do not count against the 16 connections: a part's body may be read
        from one while the part travels on another.

        Raises:
            ConnectFailed, ConnectionLost, TimedOut, Stalled: all retryable.
            Cancelled: stopped by ``cancel``.
        """
        with self._opened(cancel or Cancel(), method, url, headers or {}, None, None) as open_answer:
            yield Download(open_answer)

    def _request(
        self,
        scope: Cancel,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | Body | None,
        timeout: float | None,
    ) -> Reply:
        while not self._slots.acquire(timeout=0.05):
            scope.check()
        try:
            with self._opened(scope, method, url, headers, body, timeout) as answer:
                return Reply(answer.status, answer.headers, answer.read_all())
        finally:
            self._slots.release()

    @contextmanager
    def _opened(
        self,
        scope: Cancel,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | Body | None,
        timeout: float | None,
    ) -> Iterator[_Answer]:
        started = time.monotonic()
        shown = redact(url)
        self._tell(Event("request", method, shown, redact_headers(headers)))
        target = resolve(url, self.settings.via, self.settings.proxy)
        scope.check()
        connection = self._pool.take(target.endpoint)
        connection.prepare(scope, self.settings.connect_timeout)
        try:
            with scope.waking(connection.wake):
                exchange = _OneExchange(connection, target, scope, self.settings)
                answer = exchange.run(method, headers, body, timeout)
                yield answer
        except Exception as error:
            connection.dispose()
            self._tell(Event("error", method, shown, {}, 0, time.monotonic() - started, error))
            raise
        except BaseException:
            connection.dispose()
            raise
        if answer.complete and exchange.sent_all and not scope.cancelled:
            self._pool.give_back(target.endpoint, connection)
        else:
            connection.dispose()
        seconds = time.monotonic() - started
        self._tell(Event("response", method, shown, redact_headers(answer.headers), answer.status, seconds))

    def _tell(self, event: Event) -> None:
        for hook in self._hooks:
            hook(event)


class _OneExchange:
    """One request on one connection, up to the headers of its answer."""

    def __init__(
        self, connection: Connection, target: Target, scope: Cancel, settings: TransportSettings
    ) -> None:
        self._connection = connection
        self._target = target
        self._scope = scope
        self._settings = settings
        self.phase = CONNECT
        self.sent_all = False

    def run(
        self, method: str, headers: Mapping[str, str], body: bytes | Body | None, timeout: float | None
    ) -> _Answer:
        with self.explained():
            if self._connection.sock is None:
                self._connection.connect()
        connection, settings = self._connection, self._settings
        assert connection.sock is not None
        self.sock = connection.sock
        connection.timeout = settings.stall_timeout
        self.phase = SEND
        try:
            with self.explained():
                self._send(method, headers, body)
        except TransferError as failure:
            return self._salvage(failure)
        return self._answer(settings.answer_timeout if timeout is None else timeout)

    def _send(self, method: str, headers: Mapping[str, str], body: bytes | Body | None) -> None:
        complete = self._headers(headers, body)
        self._connection.lengthless = not any(name.lower() == "content-length" for name in complete)
        self._connection.request(
            method,
            self._target.path,
            headers=complete,  # type: ignore[arg-type]
            preload_content=False,
            decode_content=False,
        )
        for piece in _slices(body):
            if self._answered_early():
                return
            self._connection.send(piece)
        self.sent_all = True

    def _headers(self, given: Mapping[str, str], body: bytes | Body | None) -> dict[str, str | bytes]:
        names = {name.lower() for name in given}
        headers: dict[str, str | bytes] = {}
        if "host" not in names:
            headers["Host"] = self._target.authority
        if "user-agent" not in names:
            headers["User-Agent"] = USER_AGENT
        if body is not None and "content-length" not in names:
            headers["Content-Length"] = str(len(body) if isinstance(body, bytes) else body.length)
        headers.update({name: value.encode() for name, value in given.items()})
        headers.update(self._target.headers)
        return headers

    def _answered_early(self) -> bool:
        """Whether an answer came before the request was out (in TLS, bytes to read need not be one)."""
        return isinstance(self._connection, PlainConnection) and wait_for_read(self.sock, timeout=0.0)

    def _salvage(self, failure: TransferError) -> _Answer:
        """The answer that the server gave before it hung up on the request, or else ``failure``."""
        if isinstance(failure, Cancelled) or self._scope.cancelled or self._connection.sock is None:
            raise failure
        try:
            return self._answer(1.0)
        except Cancelled:
            raise
        except VodError:
            raise failure from failure.__cause__

    def _answer(self, timeout: float) -> _Answer:
        self.phase = ANSWER
        self._connection.timeout = timeout
        with self.explained():
            response = self._connection.getresponse()
            self.phase = READ
            with contextlib.suppress(OSError):
                self.sock.settimeout(self._settings.stall_timeout)
        return _Answer(response, self.explained)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what the network raises inside into an error of ours."""
        try:
            yield
        except NETWORK as error:
            if self._scope.cancelled:
                raise Cancelled("cancelled") from error
            raise explain(error, self.phase, self._target.shown) from error


class _Answer:
    """The head of an answer, and its body on the way."""

    def __init__(
        self, response: HTTPResponse, explained: Callable[[], contextlib.AbstractContextManager[None]]
    ) -> None:
        self._response = response
        self._explained = explained
        self.status = response.status
        self.headers = {name.lower(): response.headers[name] for name in response.headers}
        self.complete = False

    def read_all(self) -> bytes:
        body = bytearray()
        with self._explained():
            while chunk := self._response.read(SLICE):
                body += chunk
                if len(body) > MAX_ANSWER:
                    raise ProtocolError(f"the answer is longer than {MAX_ANSWER} bytes", status=self.status)
        self.complete = True
        return bytes(body)

    def read_into(self, into: memoryview) -> int:
        with self._explained():
            chunk = self._response.read(len(into))
        into[: len(chunk)] = chunk
        if not chunk and len(into):
            self.complete = True
        return len(chunk)


class Download:
    """An answer that is read piece by piece.

    Attributes:
        status: HTTP status; any, the caller judges it.
        headers: Names in lower case.
    """

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers

    def read_into(self, into: memoryview) -> int:
        """Fill ``into`` as far as the answer goes; 0 at its end.

        Raises:
            ConnectionLost, Stalled: the answer broke off (a short body included).
            Cancelled: stopped.
        """
        return self._answer.read_into(into)


def _slices(body: bytes | Body | None) -> Iterator[bytes | memoryview]:
    if body is None:
        return
    if isinstance(body, bytes):
        view = memoryview(body)
        for start in range(0, len(view), SLICE):
            yield view[start : start + SLICE]
        return
    count = 0
    for piece in body:
        count += len(piece)
        if count > body.length:
            raise ValueError(f"a body of {body.length} bytes went on for {count}")
        yield piece
    if count < body.length:
        raise ValueError(f"a body of {body.length} bytes ended after {count}")
