"""urllib3 connections whose blocking calls, the TLS handshake included, another thread can end."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import ssl
import threading
import time
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from .cancel import Cancel
from .target import Endpoint, proxy_endpoint, proxy_headers


class _Wakeable(HTTPConnection):
    """A connection that keeps a duplicate of its socket, made before connecting.

    Shutting the duplicate down ends whatever the connection waits for. The socket object itself would not
    do: wrapping it in TLS detaches it. The duplicate lives until :meth:`dispose`, because closing only one
    of the two leaves the connection open.
    """

    scope: Cancel
    twin: socket.socket | None = None
    idle_since: float = 0.0
    lengthless: bool = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._twin_lock = threading.Lock()

    def prepare(self, scope: Cancel, connect_timeout: float) -> None:
        """Make ready for the next request, which ``scope`` can cancel."""
        self.scope = scope
        self.timeout = connect_timeout

    def putheader(self, header: str, *values: str) -> None:  # type: ignore[override]
        """Leave out the ``Content-Length: 0`` that urllib3 gives to a request without a body."""
        if not (self.lengthless and header == "Content-Length"):
            super().putheader(header, *values)

    def wake(self) -> None:
        """End whatever blocks on the socket. Called from any thread."""
        with self._twin_lock:
            if self.twin is not None:
                with contextlib.suppress(OSError):
                    self.twin.shutdown(socket.SHUT_RDWR)

    def dispose(self) -> None:
        """Close the connection and its duplicate."""
        self.close()
        self._drop_twin()

    def _drop_twin(self) -> None:
        with self._twin_lock:
            if self.twin is not None:
                self.twin.close()
                self.twin = None

    def _new_conn(self) -> socket.socket:
        assert isinstance(self.timeout, int | float)
        deadline = time.monotonic() + self.timeout
        failure: OSError | None = None
        for family, kind, protocol, _, address in socket.getaddrinfo(
            self._dns_host, self.port, 0, socket.SOCK_STREAM
        ):
            self.scope.check()
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._twin_lock:
                    self.twin = sock.dup()
                self._connect_within(sock, address, deadline)
                sock.settimeout(self.timeout)
                return sock
            except OSError as error:
                failure = error
                sock.close()
                self._drop_twin()
            except BaseException:
                sock.close()
                raise
        raise failure or OSError("the name has no address")

    def _connect_within(self, sock: socket.socket, address: object, deadline: float) -> None:
        """Connect without blocking, so that a cancellation is seen whenever it comes."""
        sock.setblocking(False)
        code = sock.connect_ex(address)  # type: ignore[arg-type]
        self.scope.check()
        if code == errno.EINPROGRESS:
            poll = select.poll()
            poll.register(sock, select.POLLOUT)
            left = max(0.0, deadline - time.monotonic())
            if not poll.poll(left * 1000):
                raise TimeoutError
            self.scope.check()
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))


class PlainConnection(_Wakeable):
    """To an ``http`` endpoint."""


class TlsConnection(_Wakeable, HTTPSConnection):
    """To an ``https`` endpoint."""


def new_connection(endpoint: Endpoint, tls: ssl.SSLContext | None) -> _Wakeable:
    """A connection object for ``endpoint``, not yet connected; ``tls`` is needed for ``https`` only."""
    nearest = proxy_endpoint(endpoint.proxy) if endpoint.proxy else endpoint
    if endpoint.scheme == "http":
        return PlainConnection(nearest.host, nearest.port)
    connection = TlsConnection(nearest.host, nearest.port, ssl_context=tls)
    if endpoint.proxy:
        connection.set_tunnel(endpoint.host, endpoint.port, proxy_headers(endpoint.proxy), scheme="http")
    return connection


Connection = _Wakeable
