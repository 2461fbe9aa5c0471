"""A service in a thread of the test's process, on a real socket, with a clock of its own."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

import pytest
import urllib3
import uvicorn
from sqlalchemy import Connection

from tests.waiting import PATIENCE
from vodkit.server import quota
from vodkit.server import service as service_module
from vodkit.server.contract import Settings
from vodkit.server.limits import connection_class
from vodkit.server.service import Service


class Clock:
    """The service's clock: the real one, and what it is put forward by."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead


@dataclass(frozen=True)
class Answer:
    """An answer, taken apart; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


A = TypeVar("A", bound=Answer)


@dataclass(frozen=True)
class Served:
    """A service that accepts requests.

    Attributes:
        port: Where, on the loopback interface.
        service: Its parts; to be used in ``loop`` only.
        loop: The event loop that it runs in.
        clock: What it takes for the time.
    """

    port: int
    service: Service
    loop: asyncio.AbstractEventLoop
    clock: Clock


class World(Generic[A]):
    """A service, reached over a real socket and from the inside; attributes as in :class:`Served`.

    Args:
        served: The service.
        answer: What answers are taken apart as.
    """

    provider = ""
    """The room that :meth:`sweep` sweeps."""

    def __init__(self, served: Served, answer: type[A]) -> None:
        self.port, self.service, self.loop, self.clock = (
            served.port,
            served.service,
            served.loop,
            served.clock,
        )
        self._answer = answer
        self._pool = urllib3.HTTPConnectionPool(
            "127.0.0.1", served.port, maxsize=16, retries=False, timeout=PATIENCE
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> A:
        """One HTTP request."""
        reply = self._pool.urlopen(method, target, headers=headers, body=body, redirect=False)
        found = {name.lower(): value for name, value in reply.headers.items()}
        return self._answer(reply.status, found, reply.data)

    def play(self, url: str, **headers: str) -> A:
        """Fetch a play URL."""
        path = url.removeprefix(self.service.settings.public_url)
        assert path != url
        return self.send("GET", path, {"Host": f"127.0.0.1:{self.port}", **headers})

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something in the service's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def write(self, work: Callable[[Connection], Any]) -> Any:
        """Run something in a transaction."""
        return self.do(self.service.catalog.write(work))

    def sweep(self) -> None:
        """Let the room remove what is expired."""
        self.do(self.service.rooms[self.provider].sweep(self.clock.now()))


@contextmanager
def serving(folder: Path, accounts: str, **settings: Any) -> Iterator[Served]:
    """A service until the block ends; a second one on the same folder goes on with its data.

    Args:
        folder: For its data and its accounts file.
        accounts: What the file says.
        settings: More than the folder, the accounts and the address.
    """
    clock = Clock()
    (folder / "accounts.toml").write_text(accounts)
    (folder / "data").mkdir(exist_ok=True)
    begun = threading.Event()
    found: list[Served] = []
    servers: list[uvicorn.Server] = []
    problems: list[BaseException] = []

    async def serve() -> None:
        # Only a socket that says that it is TCP gets TCP_NODELAY from asyncio.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        where = Settings(
            data=str(folder / "data"),
            public_url=f"http://127.0.0.1:{port}",
            accounts=str(folder / "accounts.toml"),
            **settings,
        )
        async with Service.open(where) as service:
            server = uvicorn.Server(_config(service))
            servers.append(server)
            task = asyncio.create_task(server.serve(sockets=[listener]))
            while not (server.started or task.done()):
                await asyncio.sleep(0.01)
            found.append(Served(port, service, asyncio.get_running_loop(), clock))
            begun.set()
            await task

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as problem:
            problems.append(problem)
        finally:
            begun.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service_module, "time", SimpleNamespace(time=clock.now))
        # On a busy machine any sum takes long; that such a sum is kept has tests of its own.
        patch.setattr(quota, "_CHEAP", float("inf"))
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            if not (begun.wait(PATIENCE) and found):
                raise AssertionError("the service did not start") from (problems[0] if problems else None)
            yield found[0]
        finally:
            for server in servers:
                server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive(), "the service does not end"
    assert not problems, problems


def _config(service: Service) -> uvicorn.Config:
    return uvicorn.Config(
        service.app,
        http=connection_class(64 * 1024, 60.0),
        interface="asgi3",
        lifespan="off",
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
