"""A service process with the toy room, and a raw client for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SERVE = """\
import json, sys
from vodkit.server import logs, run
from vodkit.server.contract import Settings
logs.configure()
run.serve(Settings(**json.loads(sys.argv[1])))
"""
SOURCES = HERE.parents[2] / "src"


class Running:
    """``vodkit serve`` in a process of its own."""

    def __init__(self, data: Path, *options: str, fails: bool = False, **settings: object) -> None:
        paths = [str(SOURCES), str(HERE / "toy"), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.data = data
        # A file, because a pipe that nobody reads would fill up and stop the service.
        self.said = data.with_name(f"{data.name}.{os.urandom(4).hex()}.log")
        command = ["-m", "vodkit", "serve", "--listen", "127.0.0.1:0", "--data", str(data), *options]
        if settings:
            command = ["-c", SERVE, json.dumps({"data": str(data), "listen": "127.0.0.1:0", **settings})]
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdout=subprocess.PIPE,
            stderr=self.said.open("w"),
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline()
        if not self.ready and not fails:
            raise AssertionError(self.stop()[1])
        self.url = self.ready.rpartition(" ")[2].strip()
        self.port = int(self.url.rpartition(":")[2]) if self.url else 0

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Exit code and what was written to stderr."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=30)
        return self.process.returncode, self.said.read_text()

    def wire(self) -> Wire:
        return Wire(self.port)


class Wire:
    """A connection on which a test writes bytes and reads answers."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()

    def send(self, data: bytes) -> Wire:
        self.socket.sendall(data)
        return self

    def status(self) -> int:
        line = self.file.readline()
        return int(line.split()[1]) if line else 0

    def answer(self, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
        """Status (0 when the connection ended), headers, body."""
        status = self.status()
        headers: dict[str, str] = {}
        while (line := self.file.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        length = 0 if head else int(headers.get("content-length", "0"))
        return status, headers, self.file.read(length)

    def json(self) -> dict[str, object]:
        return dict(json.loads(self.answer()[2]))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for the tests of a module."""
    service = Running(tmp_path_factory.mktemp("data"))
    yield service
    service.stop()


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start services of one's own; they are stopped afterwards."""
    started: list[Running] = []

    def run(data: Path, *options: str, fails: bool = False, **settings: object) -> Running:
        started.append(Running(data, *options, fails=fails, **settings))
        return started[-1]

    yield run
    for service in started:
        if service.process.poll() is None:
            service.process.kill()
        service.process.communicate()
