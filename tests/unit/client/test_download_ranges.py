"""Large originals in parallel ranges, from a real server with scripted faults."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import vodkit
from tests.processes import child
from tests.threads import only_one
from vodkit.core.contract import CRC64_HEADER
from vodkit.engine.download import Downloader
from vodkit.engine.integrity import digest
from vodkit.engine.partfile import RANGE
from vodkit.engine.settings import EngineSettings
from vodkit.transport import Transport

from .shelf import Shelf, Store

SIZE = 5 * RANGE + 12_345
CONTENT = os.urandom(SIZE)

Fetch = Callable[..., bytes]

DRIVER = """
import os, sys
from pathlib import Path
from tests.unit.client.shelf import Store
from vodkit.engine.download import Downloader
from vodkit.engine.settings import EngineSettings
from vodkit.transport import Cancel, Transport
url, path, stop_at = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
def stop(progress):
    if progress.sent >= stop_at:
        os.kill(os.getpid(), 9)
settings = EngineSettings(parallel=3, bandwidth=16 << 20, report_interval=0.01)
with Transport() as transport:
    Downloader(Store(url), "toy", transport, settings, Cancel(), stop).run("m", path, None)
"""


def hex_of(name: str, content: bytes) -> str:
    hasher = digest(name)
    hasher.update(memoryview(content))
    return hasher.hexdigest()


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    shelf = Shelf(CONTENT)
    shelf.tell("md5")
    yield shelf
    shelf.close()


@pytest.fixture
def fetch(shelf: Shelf, tmp_path: Path) -> Fetch:
    """Downloads the file, and gives its bytes."""

    def run(
        byte_range: tuple[int, int] | None = None,
        cancel: vodkit.Cancel | None = None,
        on_progress: Callable[[vodkit.Progress], None] | None = None,
        **settings: object,
    ) -> bytes:
        quick = EngineSettings(**{"backoff_base": 0.001, "report_interval": 0.001, **settings})  # type: ignore[arg-type]
        with Transport() as transport:
            Downloader(Store(shelf.url), "toy", transport, quick, cancel or vodkit.Cancel(), on_progress).run(
                "m", tmp_path / "back", byte_range
            )
        assert not list(tmp_path.glob("back.*"))
        return (tmp_path / "back").read_bytes()

    return run


def breaks_once(at: int, missing: int) -> Callable[[int], int | None]:
    """The first answer that begins at this byte lacks its last ones; others are whole."""
    left = [at]

    def fault(first: int) -> int | None:
        if first in left:
            left.remove(first)
            return -missing
        return None

    return fault


def test_every_byte_is_asked_for_once(shelf: Shelf, fetch: Fetch) -> None:
    seen: list[vodkit.Progress] = []
    assert fetch(on_progress=seen.append) == CONTENT
    expected = {f"{start}-{min(start + RANGE, SIZE) - 1}" for start in range(0, SIZE, RANGE)}
    assert len(shelf.asked) == len(expected)
    assert set(shelf.asked) == expected
    counts = [progress.sent for progress in seen]
    assert counts == sorted(counts)
    assert (seen[-1].phase, seen[-1].sent, seen[-1].total) == ("done", SIZE, SIZE)


@pytest.mark.parametrize("parallel", [1, 16])
def test_as_many_at_once_as_wanted(shelf: Shelf, fetch: Fetch, parallel: int) -> None:
    assert fetch(parallel=parallel) == CONTENT


@pytest.mark.parametrize("name", ["crc64", "sha1_blocks", "md5", "sha1"])
@pytest.mark.parametrize("size", [0, 1, RANGE - 1, RANGE, RANGE + 1, 2 * RANGE, 3 * RANGE + 1])
def test_digests_at_the_edges(shelf: Shelf, fetch: Fetch, name: str, size: int) -> None:
    shelf.content = CONTENT[:size]
    shelf.digests = {f"digest-{name}": hex_of(name, shelf.content)}
    assert fetch() == CONTENT[:size]
    assert len(shelf.asked) == -(-size // RANGE)


@pytest.mark.parametrize("name", ["crc64", "sha1_blocks", "md5"])
def test_wrong_digests_leave_nothing(shelf: Shelf, fetch: Fetch, tmp_path: Path, name: str) -> None:
    shelf.digests = {f"digest-{name}": hex_of(name, b"something else")}
    with pytest.raises(vodkit.IntegrityError, match=name):
        fetch()
    assert not list(tmp_path.glob("back*"))


def test_the_header_of_a_service_is_heeded(shelf: Shelf, fetch: Fetch) -> None:
    shelf.digests = {CRC64_HEADER: "0123456789abcdef"}
    with pytest.raises(vodkit.IntegrityError, match="crc64"):
        fetch()


def test_a_range_that_breaks_goes_on_within_itself(shelf: Shelf, fetch: Fetch) -> None:
    shelf.fault = breaks_once(2 * RANGE, missing=1 << 20)
    assert fetch() == CONTENT
    assert f"{3 * RANGE - (1 << 20)}-{3 * RANGE - 1}" in shelf.asked


@pytest.mark.parametrize("status", [429, 503])
def test_a_range_that_is_refused_once(shelf: Shelf, fetch: Fetch, status: int) -> None:
    left = [status]
    shelf.fault = lambda first: left.pop() if left and first == RANGE else None
    assert fetch() == CONTENT


def test_a_range_that_is_always_refused(shelf: Shelf, fetch: Fetch, tmp_path: Path) -> None:
    shelf.fault = lambda first: 503 if first == RANGE else None
    with pytest.raises(vodkit.ServerError):
        fetch(part_tries=3, parallel=1)
    assert shelf.asked.count(f"{RANGE}-{2 * RANGE - 1}") == 3
    shelf.fault = lambda first: None
    shelf.asked.clear()
    assert fetch() == CONTENT
    assert f"0-{RANGE - 1}" not in shelf.asked


def test_without_ranges_there_is_one_stream(shelf: Shelf, fetch: Fetch) -> None:
    shelf.has_ranges = False
    shelf.fault = breaks_once(0, missing=RANGE)
    assert fetch() == CONTENT
    assert shelf.asked[-1] == "all"


def test_without_a_version_there_is_one_stream(shelf: Shelf, fetch: Fetch) -> None:
    shelf.etag = ""
    assert fetch() == CONTENT
    assert shelf.asked == ["all"]


def test_a_size_that_is_unknown(shelf: Shelf, fetch: Fetch) -> None:
    shelf.has_ranges = shelf.tells_size = False
    seen: list[vodkit.Progress] = []
    assert fetch(on_progress=seen.append) == CONTENT
    assert (seen[-1].phase, seen[-1].sent) == ("done", SIZE)


def test_ranges_that_turn_out_to_be_none(shelf: Shelf, fetch: Fetch) -> None:
    shelf.forgets_ranges = True
    assert fetch() == CONTENT
    with pytest.raises(vodkit.ProtocolError, match="ranges"):
        fetch(byte_range=(5, 2 * RANGE))


@pytest.mark.parametrize("heeds_if_range", [True, False])
@pytest.mark.parametrize("size", [SIZE, SIZE + 1, 2 * RANGE])
def test_a_content_that_is_replaced_is_never_mixed(
    shelf: Shelf, fetch: Fetch, heeds_if_range: bool, size: int
) -> None:
    other = os.urandom(size)
    shelf.heeds_if_range = heeds_if_range

    def replace(first: int) -> int | None:
        if first == 3 * RANGE:
            shelf.content, shelf.etag = other, '"two"'
            shelf.tell("md5")
        # What comes after it may be asked for before it; then all would be of the old content.
        return 503 if first > 3 * RANGE and shelf.content is not other else None

    shelf.fault = replace
    assert fetch() == other


@pytest.mark.parametrize(
    "wanted", [(0, SIZE - 1), (RANGE - 1, 3 * RANGE), (7, RANGE + 6), (SIZE - 1, SIZE + 5)]
)
def test_part_of_it(shelf: Shelf, fetch: Fetch, wanted: tuple[int, int]) -> None:
    shelf.fault = breaks_once(wanted[0], missing=1)
    assert fetch(byte_range=wanted) == CONTENT[wanted[0] : wanted[1] + 1]


def test_part_of_it_without_a_version(shelf: Shelf, fetch: Fetch) -> None:
    shelf.etag = ""
    assert fetch(byte_range=(5, RANGE * 2)) == CONTENT[5 : RANGE * 2 + 1]


def test_after_a_cancel_no_byte_is_fetched_again(shelf: Shelf, fetch: Fetch) -> None:
    cancel, counts = vodkit.Cancel(), list[int]()

    def stop(progress: vodkit.Progress) -> None:
        if progress.sent > SIZE // 3:
            cancel.cancel()

    with pytest.raises(vodkit.Cancelled):
        fetch(cancel=cancel, on_progress=stop, bandwidth=32 << 20)
    shelf.asked.clear()
    assert fetch(on_progress=lambda progress: counts.append(progress.sent)) == CONTENT
    assert counts[0] > SIZE // 3
    asked = [tuple(map(int, text.split("-"))) for text in shelf.asked]
    assert sum(last + 1 - first for first, last in asked) == SIZE - counts[0]


def test_after_a_kill_only_ranges_in_flight_are_fetched_again(
    shelf: Shelf, fetch: Fetch, tmp_path: Path
) -> None:
    shelf.digests = {f"digest-{name}": hex_of(name, CONTENT) for name in ("crc64", "sha1_blocks")}
    killed = subprocess.run(
        [sys.executable, "-c", DRIVER, shelf.url, str(tmp_path / "back"), str(4 * RANGE)],
        cwd=Path(__file__).parents[3],
    )
    assert killed.returncode == -9
    assert not (tmp_path / "back").exists()
    shelf.asked.clear()
    assert fetch() == CONTENT
    # Three were in flight, of which one may have become whole.
    assert 0 < len(shelf.asked) <= 4


def test_what_a_crash_left_of_the_log(shelf: Shelf, fetch: Fetch, tmp_path: Path) -> None:
    shelf.fault = lambda first: 404 if first == 4 * RANGE else None
    with pytest.raises(vodkit.NotFound):
        fetch(parallel=1)
    (part,) = tmp_path.glob("back.*.part")
    with part.open("r+b") as file:
        file.truncate(part.stat().st_size - 3)
    shelf.fault = lambda first: None
    shelf.asked.clear()
    assert fetch(parallel=1) == CONTENT
    assert shelf.asked == [f"{n * RANGE}-{min(n * RANGE + RANGE, SIZE) - 1}" for n in (3, 4, 5)]


def test_what_a_crash_left_of_a_sealed_file(shelf: Shelf, fetch: Fetch, tmp_path: Path) -> None:
    shelf.fault = lambda first: 404 if first == 4 * RANGE else None
    with pytest.raises(vodkit.NotFound):
        fetch(parallel=1)
    (part,) = tmp_path.glob("back.*.part")
    part.write_bytes(CONTENT)
    shelf.asked.clear()
    assert fetch() == CONTENT
    assert shelf.asked == []


@pytest.mark.parametrize("kept", [b"", b"x" * 100, CONTENT[: SIZE - 1], b"y" * (SIZE + 100)])
def test_what_is_no_part_file_of_ours(shelf: Shelf, fetch: Fetch, tmp_path: Path, kept: bytes) -> None:
    shelf.fault = lambda first: 404
    with pytest.raises(vodkit.NotFound):
        fetch()
    (part,) = tmp_path.glob("back.*.part")
    part.write_bytes(kept)
    shelf.fault = lambda first: None
    assert fetch() == CONTENT


def test_a_link_that_has_expired_is_asked_for_again(shelf: Shelf, tmp_path: Path) -> None:
    class Links(Store):
        """Each link serves three requests."""

        made = 0

        def download_request(self, id: str) -> tuple[str, dict[str, str]]:
            self.made += 1
            return f"{self.url}?link={self.made}", {}

    left = [3]

    def expire(first: int) -> int | None:
        left[0] -= 1
        if left[0] < 0:
            left[0] = 3
            return 403
        return None

    shelf.fault = expire
    store = Links(shelf.url)
    with Transport() as transport:
        settings = EngineSettings(parallel=1)
        Downloader(store, "toy", transport, settings, vodkit.Cancel(), None).run("m", tmp_path / "back", None)
    assert (tmp_path / "back").read_bytes() == CONTENT
    assert store.made == 2


def test_a_disk_that_is_full(
    shelf: Shelf, fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.pwrite

    def full(descriptor: int, data: memoryview, offset: int) -> int:
        if 3 * RANGE <= offset < SIZE:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        fetch(parallel=1)
    assert not (tmp_path / "back").exists()
    monkeypatch.undo()
    shelf.asked.clear()
    assert fetch() == CONTENT
    assert len(shelf.asked) == 3


def test_a_download_goes_on_with_the_threads_it_gets(
    shelf: Shelf, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = only_one(monkeypatch, "vodkit-download")
    assert fetch() == CONTENT
    assert refused


def test_another_process_that_fetches_it_already(shelf: Shelf, fetch: Fetch, tmp_path: Path) -> None:
    shelf.fault = lambda first: 404
    with pytest.raises(vodkit.NotFound):
        fetch()
    (part,) = tmp_path.glob("back.*.part")
    shelf.fault = lambda first: None
    hold = ["flock", str(part), "sh", "-c", "echo held; read line"]
    with child(hold, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(vodkit.UploadBusy):
            fetch()
        holder.communicate(b"\n")
    assert fetch() == CONTENT
