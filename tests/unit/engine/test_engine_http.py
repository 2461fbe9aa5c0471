"""The engine over real sockets: a server that fails, breaks off, stalls and is slow."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import Handler, Server
from vodkit.core.contract import Body, Digests, Exchange, Reply, UploadOptions
from vodkit.core.errors import Cancelled, InvalidRequest, ServerError
from vodkit.core.part import Part
from vodkit.core.source import Identity
from vodkit.engine.progress import Progress
from vodkit.engine.run import run_upload
from vodkit.engine.settings import EngineSettings
from vodkit.transport import Cancel

from .toys import ParallelSession, ToyProvider, ToyServer, item_of

PART = 256 * 1024


class DiskSource:
    """A file, read by position."""

    seekable = True

    def __init__(self, path: Path) -> None:
        self.name, self.location = path.name, str(path)
        self.path = path
        self.size: int | None = path.stat().st_size

    def identity(self) -> Identity | None:
        status = self.path.stat()
        return Identity(status.st_size, status.st_mtime_ns, status.st_ino)

    def open(self) -> DiskSource:
        self.descriptor = os.open(self.path, os.O_RDONLY)
        return self

    def read_at(self, offset: int, into: memoryview) -> int:
        return os.preadv(self.descriptor, [into], offset)

    def close(self) -> None:
        os.close(self.descriptor)


class HttpSession(ParallelSession):
    """Parts go by PUT; the rest of the toy's protocol stays in memory."""

    exchange: Exchange
    base: str

    def send(self, part: Part, body: Body, digests: Digests) -> Any:
        if not part.body:
            return super().send(part, body, digests)
        reply = self.exchange(
            "PUT",
            f"{self.base}/{self.id}/{part.offset}?signature=hush",
            headers={"X-MD5": digests["md5"]},
            body=body,
        )
        return self.judge(reply)

    @staticmethod
    def judge(reply: Reply) -> Reply:
        if reply.status >= 500:
            raise ServerError("the server failed", status=reply.status)
        if reply.status != 200:
            raise InvalidRequest(reply.body.decode(), status=reply.status)
        return reply


class HttpProvider(ToyProvider):
    """The toy over a real connection."""

    def __init__(self, server: ToyServer, base: str) -> None:
        super().__init__(server, part_size=PART)
        self.base = base
        self.make = HttpSession

    def begin(self, items: Any, options: Any, saved: Any, exchange: Exchange) -> Any:
        session = super().begin(items, options, saved, exchange)
        session.exchange, session.base = exchange, self.base
        return session


@contextmanager
def http_server(server: ToyServer, behave: Any) -> Iterator[str]:
    """Stores parts; ``behave(handler)`` says how a request is treated."""

    class Storing(Handler):
        def do_PUT(self) -> None:
            length = int(self.headers["Content-Length"])
            how = behave(self)
            if how == "reset":
                self.rfile.read(length // 2)
                self.close_connection = True
                return
            if how == "stall":
                stalled.wait(30)
                self.close_connection = True
                return
            if how == "refuse":
                self.answer(403, b"no entry")
                self.close_connection = True
                return
            data = self.rfile.read(length)
            if how == "fail":
                self.answer(503)
                return
            _, id, offset = self.path.partition("?")[0].split("/")
            if len(data) == length:
                with server.lock:
                    server.uploads[id][int(offset)] = data
            if how == "mute":
                self.close_connection = True
                return
            self.answer(200)

    stalled = threading.Event()
    with Server(Storing) as httpd:
        try:
            yield httpd.base
        finally:
            stalled.set()


@pytest.fixture
def source(tmp_path: Path) -> DiskSource:
    path = tmp_path / "movie.mp4"
    path.write_bytes(random.Random(3).randbytes(10 * PART + 17))
    return DiskSource(path)


def test_it_gets_through_a_bad_line(source: DiskSource) -> None:
    dice, lock, seen = random.Random(11), threading.Lock(), Counter[str]()

    def behave(_: object) -> str:
        with lock:
            how = dice.choice(["ok", "ok", "ok", "reset", "fail", "mute", "stall"])
            seen[how] += 1
            return how

    server = ToyServer()
    progress: list[Progress] = []
    settings = EngineSettings(
        backoff_base=0.0, part_tries=60, stall_timeout=0.2, answer_timeout=0.2, window=100_000
    )
    with http_server(server, behave) as base:
        result = run_upload(
            HttpProvider(server, base),
            [item_of(source)],  # type: ignore[arg-type]
            UploadOptions(),
            settings=settings,
            on_progress=progress.append,
        )
    assert server.media[result.media.id] == source.path.read_bytes()
    assert sum(seen.values()) > seen["ok"]
    assert result.sent_bytes > result.total_bytes
    sent = [moment.sent for moment in progress]
    assert sent == sorted(sent) and sent[-1] == source.size


def test_a_refusal_in_mid_body_is_the_error_that_is_raised(source: DiskSource) -> None:
    server = ToyServer()
    with (
        http_server(server, lambda _: "refuse") as base,
        pytest.raises(InvalidRequest, match="no entry") as caught,
    ):
        run_upload(
            HttpProvider(server, base),
            [item_of(source)],  # type: ignore[arg-type]
            UploadOptions(),
            settings=EngineSettings(),
        )
    assert caught.value.status == 403


def test_cancel_cuts_connections_that_stall(source: DiskSource) -> None:
    server, cancel, reached = ToyServer(), Cancel(), threading.Semaphore(0)

    def behave(_: object) -> str:
        reached.release()
        return "stall"

    def stop() -> None:
        for _ in range(4):
            reached.acquire(timeout=30)
        cancel.cancel()

    stopper = threading.Thread(target=stop)
    stopper.start()
    with http_server(server, behave) as base, pytest.raises(Cancelled):
        run_upload(
            HttpProvider(server, base),
            [item_of(source)],  # type: ignore[arg-type]
            UploadOptions(),
            settings=EngineSettings(stall_timeout=3600, answer_timeout=3600),
            cancel=cancel,
        )
    stopper.join()
    assert not [thread for thread in threading.enumerate() if thread.name == "vodkit-upload"]
