"""One runner, three shapes of wire: complete under failures, resumes and every length."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest

from vodkit.core.contract import UploadOptions
from vodkit.core.errors import ConnectionLost, SourceChanged, Superseded
from vodkit.engine.integrity import digest
from vodkit.engine.ledger import Ledger
from vodkit.engine.progress import Progress
from vodkit.engine.run import run_upload
from vodkit.engine.settings import EngineSettings

from .toys import (
    SHAPES,
    FileSource,
    StreamSource,
    ToyProvider,
    ToyServer,
    item_of,
    random_faults,
)

FAST = EngineSettings(backoff_base=0.0, part_tries=50, upload_tries=10_000, window=300)
OPTIONS = UploadOptions()


def write(tmp_path: Path, size: int, seed: int = 0) -> tuple[Path, bytes]:
    data = random.Random(seed).randbytes(size)
    path = tmp_path / "movie.mp4"
    path.write_bytes(data)
    return path, data


def crc64(data: bytes) -> str:
    hasher = digest("crc64")
    hasher.update(memoryview(data))
    return hasher.hexdigest()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 12_345])
def test_every_length(tmp_path: Path, shape: str, size: int) -> None:
    path, data = write(tmp_path, size)
    server = ToyServer()
    result = run_upload(ToyProvider(server, shape), [item_of(FileSource(path))], OPTIONS, settings=FAST)
    assert server.media[result.media.id] == data
    assert result.receipt["items"][0]["crc64"] == crc64(data)
    assert (result.total_bytes, result.resumed) == (size, False)
    assert not [thread for thread in threading.enumerate() if thread.name == "vodkit-upload"]


@pytest.mark.parametrize("shape", ["parallel", "sequential"])
@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 3999, 4000, 4001])
@pytest.mark.parametrize("told", [False, True])
def test_a_source_that_cannot_seek(shape: str, size: int, told: bool) -> None:
    data = random.Random(size).randbytes(size)
    server = ToyServer(fault=random_faults(size, 0.15))
    item = item_of(StreamSource(data, size if told else None))
    result = run_upload(ToyProvider(server, shape), [item], OPTIONS, settings=FAST)
    assert server.media[result.media.id] == data
    assert item.size == size == result.total_bytes
    assert result.receipt["items"][0]["crc64"] == crc64(data)


@pytest.mark.parametrize("size", [1, 1001, 7000])
@pytest.mark.parametrize("seekable", [False, True])
def test_a_server_that_takes_only_the_front_of_a_block(tmp_path: Path, size: int, seekable: bool) -> None:
    path, data = write(tmp_path, size)
    source = FileSource(path) if seekable else StreamSource(data)
    server = ToyServer(takes_halves=True, fault=random_faults(size, 0.1))
    result = run_upload(ToyProvider(server, "sequential"), [item_of(source)], OPTIONS, settings=FAST)
    assert server.media[result.media.id] == data


@pytest.mark.parametrize("said", [900, 1000, 2000, 2500])
def test_a_stream_that_is_not_as_long_as_it_said(said: int) -> None:
    server = ToyServer()
    item = item_of(StreamSource(bytes(1500), said))
    with pytest.raises(SourceChanged):
        run_upload(ToyProvider(server), [item], OPTIONS, settings=FAST)
    assert not server.media


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(60))
def test_random_failures_and_resumes(tmp_path: Path, shape: str, seed: int) -> None:
    """Runs that lose requests and answers, and sometimes give up and are started again, end right."""
    dice = random.Random(seed)
    path, data = write(tmp_path, dice.choice([1, 1000, 5000, 7777, 20_000]), seed)
    server = ToyServer(fault=random_faults(seed, dice.choice([0.02, 0.1, 0.3])))
    settings = EngineSettings(backoff_base=0.0, part_tries=dice.choice([2, 5, 20]), window=1024)
    with Ledger(tmp_path / "state") as ledger:
        for _ in range(500):
            seen: list[Progress] = []
            try:
                result = run_upload(
                    ToyProvider(server, shape),
                    [item_of(FileSource(path))],
                    OPTIONS,
                    settings=settings,
                    ledger=ledger,
                    on_progress=seen.append,
                )
                break
            except ConnectionLost:
                assert ledger.list("open")
        else:
            pytest.fail("it never came to an end")
        assert server.media[result.media.id] == data
        assert [progress.sent for progress in seen] == sorted(progress.sent for progress in seen)
        assert (seen[-1].phase, seen[-1].sent, seen[-1].total) == ("done", len(data), len(data))
        assert [entry.status for entry in ledger.list()] == ["done"]
        assert ledger.get(result.media.id).id == result.upload_id
        assert result.receipt["items"][0]["crc64"] == crc64(data)


@pytest.mark.parametrize("shape", SHAPES)
def test_superseded_begins_anew_under_the_same_id(tmp_path: Path, shape: str) -> None:
    path, data = write(tmp_path, 9000)
    server = ToyServer()
    puts = 0

    def fault(what: str) -> None:
        nonlocal puts
        puts += what in ("before put", "before append", "before put_slice")
        if puts == 4:
            server.gone.add("u1")

    server.fault = fault
    notices: list[str] = []
    with Ledger(tmp_path / "state") as ledger:
        result = run_upload(
            ToyProvider(server, shape),
            [item_of(FileSource(path))],
            OPTIONS,
            settings=FAST,
            ledger=ledger,
            on_notice=notices.append,
        )
        assert result.media.id == "u2"
        assert server.media["u2"] == data
        assert len(ledger.list()) == 1
    assert len(notices) == 1 and "gone" in notices[0]
    assert not result.resumed
    assert result.sent_bytes > len(data)


def test_superseded_again_and_again_gives_up(tmp_path: Path) -> None:
    path, _ = write(tmp_path, 9000)
    server = ToyServer()
    server.fault = lambda what: server.gone.update(server.uploads) if what == "before put" else None
    with Ledger(tmp_path / "state") as ledger:
        with pytest.raises(Superseded):
            run_upload(
                ToyProvider(server), [item_of(FileSource(path))], OPTIONS, settings=FAST, ledger=ledger
            )
        assert [entry.status for entry in ledger.list()] == ["failed"]
    assert len(server.uploads) == 1 + FAST.supersedes
