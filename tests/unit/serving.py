"""A service in a thread of the test's process, on a real socket, with a clock of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

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


@contextmanager
def serving(folder: Path, accounts: str, patch: pytest.MonkeyPatch, **settings: Any) -> Iterator[Served]:
    """A service until the block ends; a second one on the same folder goes on with its data.

    Args:
        folder: For its data and its accounts file.
        accounts: What the file says.
        patch: Undone after the service has ended.
        settings: More than the folder, the accounts and the address.
    """
    clock = Clock()
    patch.setattr(service_module, "time", SimpleNamespace(time=clock.now))
    (folder / "accounts.toml").write_text(accounts)
    (folder / "data").mkdir(exist_ok=True)
    begun = threading.Event()
    found: list[Served] = []
    servers: list[uvicorn.Server] = []
    problems: list[BaseException] = []

    async def serve() -> None:
        config = uvicorn.Config(
            lambda *_: None,
            http=connection_class(64 * 1024, 60.0),
            interface="asgi3",
            lifespan="off",
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
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
            config.app = service.app
            server = uvicorn.Server(config)
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

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait()
    try:
        if not found:
            raise AssertionError("the service did not start") from (problems[0] if problems else None)
        yield found[0]
    finally:
        for server in servers:
            server.should_exit = True
        thread.join()
    assert not problems, problems
