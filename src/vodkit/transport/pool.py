"""The connections of one transport: bounded, kept alive, never reused when in doubt."""

from __future__ import annotations

import ssl
import threading
import time
from collections import defaultdict

from urllib3.util.wait import wait_for_read

from .connection import Connection, new_connection
from .target import Endpoint

MAX_IDLE_SECONDS = 4.0
"""Servers commonly close after 5 idle seconds; a request sent into that moment would be lost."""


class Pool:
    """Idle connections by endpoint."""

    def __init__(self, ca_file: str | None) -> None:
        self._ca_file = ca_file
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._idle: dict[Endpoint, list[Connection]] = defaultdict(list)

    def take(self, endpoint: Endpoint) -> Connection:
        """A connection to ``endpoint``: an idle one that is still good, or a new one."""
        while True:
            with self._lock:
                idle = self._idle[endpoint]
                connection = idle.pop() if idle else None
            if connection is None:
                return new_connection(endpoint, self._context() if endpoint.scheme == "https" else None)
            fresh = time.monotonic() - connection.idle_since < MAX_IDLE_SECONDS
            if fresh and connection.sock is not None and not wait_for_read(connection.sock, timeout=0.0):
                return connection
            connection.dispose()

    def give_back(self, endpoint: Endpoint, connection: Connection) -> None:
        """Keep a connection whose last answer was read to its end."""
        if connection.sock is None:
            connection.dispose()
            return
        connection.idle_since = time.monotonic()
        with self._lock:
            self._idle[endpoint].append(connection)

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            everything = [connection for idle in self._idle.values() for connection in idle]
            self._idle.clear()
        for connection in everything:
            connection.dispose()

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = ssl.create_default_context(cafile=self._ca_file)
            return self._tls
