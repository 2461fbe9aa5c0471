"""Running the service in this process: sockets, signals, the data folder's lock, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

import platformdirs
import uvicorn

from vodkit.core.errors import ConfigError

from . import logs
from .contract import Settings
from .limits import connection_class, drop_stalled, keep_freed_memory
from .service import Service
from .supervise import Supervisor

GRACE = 5
"""Seconds that requests in flight get to finish after a stop signal."""

URL_FILE = "url"
"""In the data folder: where the service is, for workers that were not told."""

KEEP_ALIVE = 60
"""Seconds that an idle connection is kept for its client's next request."""


def serve(settings: Settings, *, stop_on_eof: bool = False) -> None:
    """Run the service until SIGTERM or SIGINT, then return.

    Prints ``vodkit ready http://…`` on stdout, once, when requests are accepted.

    Args:
        settings: How it runs.
        stop_on_eof: Also stop when standard input ends, as it does when the process at its other end dies.

    Raises:
        ConfigError: the data folder is in use, the address is taken, or the configuration is wrong.
    """
    keep_freed_memory()
    data = Path(settings.data)
    with _own(data), _listen(settings.listen) as listener:
        public = settings.public_url or _url(listener)
        uvicorn_config = uvicorn.Config(
            _never,
            http=connection_class(settings.max_header, settings.request_timeout),
            interface="asgi3",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
        )
        server = _Server(uvicorn_config, f"vodkit ready {_url(listener)}", stop_on_eof=stop_on_eof)
        settings = replace(settings, data=str(data.resolve()), public_url=public.rstrip("/"))
        _publish(data / URL_FILE, settings.public_url)
        with asyncio.Runner(loop_factory=uvicorn_config.get_loop_factory()) as runner:
            runner.run(_serve(server, settings, listener))


def _publish(path: Path, url: str) -> None:
    """Leave the service's address where workers and scripts look for it; nobody reads half of it."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(url, encoding="utf-8")
    fresh.replace(path)


async def _serve(server: _Server, settings: Settings, listener: socket.socket) -> None:
    async with Service.open(settings) as service:
        await service.check_procedure()
        server.config.app = service.app
        background = [
            asyncio.create_task(drop_stalled(server.server_state, settings.request_timeout)),
            asyncio.create_task(service.sweep_forever()),
            asyncio.create_task(Supervisor(settings, service.catalog, service.now).run()),
        ]
        try:
            await server.serve(sockets=[listener])
        finally:
            for task in background:
                task.cancel()
            # uvicorn does not wait for the requests that it cancels; they still use what is closed next.
            await asyncio.gather(*background, *server.server_state.tasks, return_exceptions=True)
    logs.get("service").info("stopped")


async def _never(*_: object) -> None:
    raise RuntimeError("the application is set before the server starts")


class _Server(uvicorn.Server):
    """uvicorn's server, with our ready line, and with a stop signal being an ordinary end."""

    def __init__(self, config: uvicorn.Config, ready: str, *, stop_on_eof: bool) -> None:
        super().__init__(config)
        self._ready = ready
        self._stop_on_eof = stop_on_eof

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        print(self._ready, flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT; at once on the second."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        if self._stop_on_eof:
            # An event loop cannot wait for every kind of input (a file, /dev/null); a thread can.
            threading.Thread(target=self._await_eof, daemon=True).start()
        yield

    def _await_eof(self) -> None:
        with contextlib.suppress(OSError):
            while sys.stdin is not None and os.read(sys.stdin.fileno(), 4096):
                pass
        self.should_exit = True

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


@contextlib.contextmanager
def _own(data: Path) -> Iterator[IO[str]]:
    """Make the data folder ours, and only ours, for as long as the block runs."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.fdopen(os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+")
    except OSError as problem:
        raise ConfigError(
            f"the data folder {data} cannot be used: {problem.strerror}",
            advice="Name another one with --data",
        ) from problem
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            owner = lock.read().strip()
            raise ConfigError(
                f"the data folder {data} is used by another vodkit service (process {owner or 'unknown'})",
                advice="Stop that one, or name another folder with --data",
            ) from problem
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield lock


def _listen(address: str) -> socket.socket:
    """A bound socket for ``host:port``; port 0 takes a free one."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ConfigError(
            f"cannot listen on {address!r}", advice="Give host:port, for example 127.0.0.1:8600"
        )
    host = host.strip("[]")
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host or None, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(where)
        except OSError:
            listener.close()
            raise
    except OSError as problem:
        raise ConfigError(
            f"cannot listen on {address}: {problem.strerror}",
            advice="Choose another address with --listen; port 0 takes any free one",
        ) from problem
    return listener


def _url(listener: socket.socket) -> str:
    """How clients on this machine reach the service."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def default_data() -> Path:
    """The data folder when none is named: per user, where the system keeps such data."""
    return Path(platformdirs.user_data_dir("vodkit")) / "service"
