"""What one upload does around its sessions: cancel, resume, changes, the record, the crash."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes import child
from tests.threads import only_one
from vodkit.core.contract import Body, Digests, UploadOptions
from vodkit.core.errors import (
    AuthError,
    Cancelled,
    ConnectionLost,
    NotResumable,
    ServerError,
    SourceChanged,
    UploadBusy,
)
from vodkit.core.part import Next, Part, Wait
from vodkit.engine.integrity import digest
from vodkit.engine.ledger import Ledger
from vodkit.engine.progress import Progress
from vodkit.engine.run import UploadResult, abort_upload, run_upload
from vodkit.engine.settings import EngineSettings
from vodkit.transport import Cancel, Transport, TransportSettings

from .toys import FileSource, ParallelSession, StreamSource, ToyProvider, ToyServer, item_of

FAST = EngineSettings(backoff_base=0.0, window=300)
OPTIONS = UploadOptions()


@pytest.fixture
def movie(tmp_path: Path) -> FileSource:
    path = tmp_path / "movie.mp4"
    path.write_bytes(random.Random(7).randbytes(9500))
    return FileSource(path)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "state") as opened:
        yield opened


def run(
    provider: ToyProvider,
    movie: FileSource,
    *,
    options: UploadOptions = OPTIONS,
    settings: EngineSettings = FAST,
    **more: Any,
) -> UploadResult:
    """Upload a file; ``more`` as for :func:`run_upload`."""
    return run_upload(provider, [item_of(movie)], options, settings=settings, **more)


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "vodkit-upload"]


def interrupt_after(server: ToyServer, puts: int, error: Exception | None = None) -> None:
    """Fail for good once ``puts`` parts have arrived."""
    seen = [0]

    def fault(what: str) -> None:
        if what == "before put":
            seen[0] += 1
            if seen[0] > puts:
                raise error or AuthError("the key was withdrawn")

    server.fault = fault


def test_a_fatal_error_ends_it_and_resume_sends_only_the_rest(movie: FileSource, ledger: Ledger) -> None:
    server = ToyServer()
    interrupt_after(server, 5)
    with pytest.raises(AuthError, match="withdrawn") as caught:
        run(ToyProvider(server), movie, ledger=ledger)
    assert caught.value.part is not None
    assert not workers()
    (entry,) = ledger.list("open")
    assert entry.sent == 5000 and entry.error is not None and "withdrawn" in entry.error

    server.fault = lambda _: None
    seen: list[Progress] = []
    result = run(ToyProvider(server), movie, ledger=ledger, on_progress=seen.append)
    assert (result.resumed, result.upload_id, result.sent_bytes) == (True, entry.id, 2 * 4500)
    assert server.media["u1"] == movie.path.read_bytes()
    assert seen[0].sent >= 5000


def test_the_original_error_is_raised_not_the_echo_of_the_others(movie: FileSource) -> None:
    server = ToyServer()
    interrupt_after(server, 2, ValueError("a bug"))
    with pytest.raises(ValueError, match="a bug"):
        run(ToyProvider(server), movie)
    assert not workers()


def test_the_budget_of_a_part_ends(movie: FileSource) -> None:
    server = ToyServer()
    tries = [0]

    def fault(what: str) -> None:
        if what == "before complete":
            tries[0] += 1
            raise ServerError("no luck")

    server.fault = fault
    with pytest.raises(ServerError):
        run(ToyProvider(server), movie)
    assert tries[0] == FAST.part_tries


def test_a_callback_that_raises_ends_it_and_it_can_be_resumed(movie: FileSource, ledger: Ledger) -> None:
    """The same way out as Ctrl-C, which arrives in the calling thread too."""
    server, reached = ToyServer(), threading.Event()

    def fault(what: str) -> None:
        if what == "before complete":
            reached.set()
            raise ConnectionLost("wait for it")

    def report(_: Progress) -> None:
        if reached.is_set():
            raise KeyboardInterrupt

    server.fault = fault
    patient = EngineSettings(backoff_base=30.0, window=300)
    with pytest.raises(KeyboardInterrupt):
        run(ToyProvider(server), movie, settings=patient, ledger=ledger, on_progress=report)
    assert not workers()
    server.fault = lambda _: None
    result = run(ToyProvider(server), movie, ledger=ledger)
    assert result.resumed and result.sent_bytes == 0
    assert server.aborted == []


class Waiting(ParallelSession):
    """Never gets anywhere."""

    def next(self) -> Next:
        return Wait(3600.0) if self.id else super().next()


class Stuck(ParallelSession):
    """Waits for a part that it has not handed out."""

    def next(self) -> Next:
        return Wait()


@pytest.mark.parametrize("where", ["session", "backoff"])
def test_cancel_ends_every_kind_of_waiting(movie: FileSource, ledger: Ledger, where: str) -> None:
    server, cancel = ToyServer(), Cancel()
    provider = ToyProvider(server)
    if where == "session":
        provider.make = Waiting
    else:
        interrupt_after(server, 2, ConnectionLost("x"))
    threading.Timer(0.2, cancel.cancel).start()
    with pytest.raises(Cancelled):
        run(
            provider,
            movie,
            settings=EngineSettings(backoff_base=3600.0, backoff_cap=7200.0),
            ledger=ledger,
            cancel=cancel,
        )
    assert not workers()
    assert ledger.list("open")


def test_cancelled_before_it_began(movie: FileSource) -> None:
    server, cancel = ToyServer(), Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        run(ToyProvider(server), movie, cancel=cancel)
    assert not server.calls


def test_a_session_that_waits_for_nothing_is_an_error_not_a_hang(movie: FileSource) -> None:
    provider = ToyProvider(ToyServer())
    provider.make = Stuck
    with pytest.raises(RuntimeError, match="waits"):
        run(provider, movie)


@pytest.mark.parametrize("how", ["rewritten", "replaced", "appended", "cut"])
@pytest.mark.parametrize("shape", ["parallel", "sequential", "sliced"])
def test_a_source_that_changes_commits_nothing(
    movie: FileSource, ledger: Ledger, shape: str, how: str
) -> None:
    server = ToyServer()
    calls = [0]

    def fault(what: str) -> None:
        calls[0] += what in ("before put", "before append", "before put_slice")
        if calls[0] == 4 and what.startswith("before"):
            calls[0] += 1
            data = movie.path.read_bytes()
            if how == "replaced":
                movie.path.with_suffix(".new").write_bytes(data)
                movie.path.with_suffix(".new").rename(movie.path)
            else:
                changed = {"rewritten": data[::-1], "appended": data + b"x", "cut": data[:-1]}[how]
                movie.path.write_bytes(changed)
                os.utime(movie.path, ns=(1, 1))

    server.fault = fault
    with pytest.raises(SourceChanged):
        run(ToyProvider(server, shape), movie, ledger=ledger)
    assert not server.media
    assert server.aborted == ["u1"]
    assert [entry.status for entry in ledger.list()] == ["aborted"]


@pytest.mark.parametrize("what", ["source", "options"])
def test_what_changed_since_the_interruption_begins_anew(
    movie: FileSource, ledger: Ledger, what: str
) -> None:
    server = ToyServer()
    interrupt_after(server, 3)
    with pytest.raises(AuthError):
        run(ToyProvider(server), movie, ledger=ledger)
    server.fault = lambda _: None
    options = OPTIONS
    if what == "source":
        movie.path.write_bytes(b"quite another film" * 100)
        movie = FileSource(movie.path)
    else:
        options = UploadOptions(values={"title": "another"})
    notices: list[str] = []
    result = run(ToyProvider(server), movie, options=options, ledger=ledger, on_notice=notices.append)
    assert len(notices) == 1 and what in notices[0]
    assert server.aborted == ["u1"] and not result.resumed
    assert server.media[result.media.id] == movie.path.read_bytes()
    assert sorted(entry.status for entry in ledger.list()) == ["aborted", "done"]


def test_the_same_upload_twice_at_once(movie: FileSource, ledger: Ledger) -> None:
    server, inside, release = ToyServer(), threading.Event(), threading.Event()

    def fault(what: str) -> None:
        if what == "before complete":
            inside.set()
            release.wait(30)

    server.fault = fault
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(run(ToyProvider(server), movie, ledger=ledger)))
    thread.start()
    assert inside.wait(30)
    with pytest.raises(UploadBusy):
        run(ToyProvider(server), movie, ledger=ledger)
    release.set()
    thread.join()
    assert results[0].media.id == "u1"


HOLDING = """
import sys, pathlib
sys.path.insert(0, sys.argv[3])
from tests.unit.engine.toys import *
from vodkit.engine.ledger import Ledger
from vodkit.engine.run import run_upload
def fault(what):
    if what == "before complete":
        print("inside", flush=True)
        sys.stdin.read()
source = FileSource(pathlib.Path(sys.argv[1]))
run_upload(ToyProvider(ToyServer(fault=fault)), [item_of(source)], UploadOptions(),
    ledger=Ledger(pathlib.Path(sys.argv[2])))
"""


def test_another_process_is_at_it_until_it_dies(movie: FileSource, tmp_path: Path) -> None:
    root, state = str(Path(__file__).parents[3]), tmp_path / "state"
    command = [sys.executable, "-c", HOLDING, str(movie.path), str(state), root]
    with child(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"inside\n"
        with Ledger(state) as ledger:
            server = ToyServer()
            server.uploads["u1"] = {}
            with pytest.raises(UploadBusy):
                run(ToyProvider(server), movie, ledger=ledger)
            other.kill()
            other.wait()
            result = run(ToyProvider(server), movie, ledger=ledger)
    assert result.resumed
    assert server.media["u1"] == movie.path.read_bytes(), "the server is believed, not the ledger"


def test_an_upload_goes_on_with_the_threads_it_gets(
    movie: FileSource, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = only_one(monkeypatch, "vodkit-upload")
    server = ToyServer()
    result = run(ToyProvider(server), movie, ledger=ledger)
    assert server.media[result.media.id] == movie.path.read_bytes()
    assert refused


def test_a_record_that_fills_up_does_not_stop_the_upload(movie: FileSource, ledger: Ledger) -> None:
    server = ToyServer()

    def fault(what: str) -> None:
        if what == "after put":
            ledger._db.execute("PRAGMA max_page_count = 1")
            ledger._db.execute("PRAGMA query_only = 1")

    server.fault = fault
    notices: list[str] = []
    result = run(ToyProvider(server), movie, ledger=ledger, on_notice=notices.append)
    assert server.media[result.media.id] == movie.path.read_bytes()
    assert len(notices) == 1 and "record" in notices[0]


def test_a_record_that_cannot_be_written_from_the_start(movie: FileSource, ledger: Ledger) -> None:
    ledger._db.execute("PRAGMA query_only = 1")
    server = ToyServer()
    notices: list[str] = []
    run(ToyProvider(server), movie, ledger=ledger, on_notice=notices.append)
    assert notices == ["this upload will not be resumable: attempt to write a readonly database"]
    strict = EngineSettings(require_resume=True)
    before = len(server.calls)
    with pytest.raises(NotResumable):
        run(ToyProvider(server), movie, settings=strict, ledger=ledger)
    with pytest.raises(NotResumable):
        run_upload(ToyProvider(server), [item_of(StreamSource(b"x"))], OPTIONS, settings=strict)
    assert len(server.calls) == before


def test_what_must_be_known_is_computed_once_and_kept(movie: FileSource, ledger: Ledger) -> None:
    server = ToyServer()
    provider = ToyProvider(server, needs=frozenset({"size", "md5"}))
    for _ in range(2):
        item = item_of(movie)
        seen: list[Progress] = []
        result = run_upload(provider, [item], OPTIONS, settings=FAST, ledger=ledger, on_progress=seen.append)
        assert seen[-1].phase == "done"
        assert item.digests["md5"] == hashlib.md5(movie.path.read_bytes()).hexdigest()
        assert result.receipt["items"][0]["md5"] == item.digests["md5"]
    reads = [0]
    opened = movie.open

    def counting() -> Any:
        reads[0] += 1
        return opened()

    movie.open = counting  # type: ignore[method-assign]
    run(provider, movie, ledger=ledger)
    assert reads[0] == 1, "once for sending, not again for hashing"


def test_abort_tells_the_provider(movie: FileSource, ledger: Ledger) -> None:
    server = ToyServer()
    interrupt_after(server, 3)
    with pytest.raises(AuthError):
        run(ToyProvider(server), movie, ledger=ledger)
    (entry,) = ledger.list("open")
    with Transport(TransportSettings()) as transport:
        abort_upload(
            ToyProvider(server), [item_of(movie)], OPTIONS, entry, ledger=ledger, transport=transport
        )
    assert server.aborted == ["u1"]
    assert ledger.get(entry.id).status == "aborted"


class Counting(ParallelSession):
    """Notes how many parts are in flight at once, and how much memory their bodies come from."""

    most = 0
    now = 0
    owners: set[int]
    guard = threading.Lock()

    def send(self, part: Part, body: Body, digests: Digests) -> Any:
        cls = type(self)
        with cls.guard:
            cls.now += 1
            cls.most = max(cls.most, cls.now)
        try:
            for piece in body:
                cls.owners.add(id(piece.obj))
            return super().send(part, body, digests)
        finally:
            with cls.guard:
                cls.now -= 1


@pytest.mark.parametrize(("wanted", "most"), [(None, 4), (1, 1), (2, 2), (16, 4)])
def test_never_more_in_flight_than_either_side_wants(
    movie: FileSource, wanted: int | None, most: int
) -> None:
    Counting.most, Counting.now, Counting.owners = 0, 0, set()
    server = ToyServer()
    provider = ToyProvider(server)
    provider.make = Counting
    settings = EngineSettings(parallel=wanted, window=300)
    run(provider, movie, settings=settings)
    assert Counting.most <= most
    assert len(Counting.owners) <= most, "one buffer per worker, however many parts"


def test_a_stream_is_held_part_by_part(movie: FileSource) -> None:
    Counting.most, Counting.now, Counting.owners = 0, 0, set()
    provider = ToyProvider(ToyServer())
    provider.make = Counting
    run_upload(provider, [item_of(StreamSource(bytes(50_000)))], OPTIONS, settings=FAST)
    assert len(Counting.owners) <= 4


KILLED = """
import sys, pathlib, os, signal
sys.path.insert(0, sys.argv[3])
from tests.unit.engine.toys import *
from vodkit.engine.ledger import Ledger
from vodkit.engine.run import run_upload
from vodkit.engine.settings import EngineSettings
puts = [0]
def fault(what):
    puts[0] += what == "after put"
    if puts[0] == 4:
        os.kill(os.getpid(), signal.SIGKILL)
source = FileSource(pathlib.Path(sys.argv[1]))
run_upload(ToyProvider(ToyServer(fault=fault)), [item_of(source)], UploadOptions(),
    settings=EngineSettings(parallel=1), ledger=Ledger(pathlib.Path(sys.argv[2])))
"""


def test_kill_9_leaves_every_acknowledged_part_in_the_ledger(movie: FileSource, tmp_path: Path) -> None:
    root = str(Path(__file__).parents[3])
    state = tmp_path / "state"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(movie.path), str(state), root], timeout=60, check=False
    )
    assert done.returncode == -signal.SIGKILL
    with Ledger(state) as ledger:
        (entry,) = ledger.list("open")
        assert entry.sent == 3000
        server = ToyServer()
        server.uploads["u1"] = {at: movie.path.read_bytes()[at : at + 1000] for at in (0, 1000, 2000, 3000)}
        result = run(ToyProvider(server), movie, ledger=ledger)
        assert result.resumed and result.upload_id == entry.id
        assert server.media["u1"] == movie.path.read_bytes()
        assert server.calls.count("put") == 6
        whole = digest("crc64")
        whole.update(memoryview(movie.path.read_bytes()))
        assert result.receipt["items"][0]["crc64"] == whole.hexdigest(), "also of the part nobody noted"
