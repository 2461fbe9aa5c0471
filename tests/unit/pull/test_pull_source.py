"""One file: bounded, resumed, never mixed, and never from where it may not come."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import fastcrc
import pytest

from vodkit.server.media.errors import Stopped
from vodkit.server.pull import download as module
from vodkit.server.workflow.contract import WorkFailed

from .conftest import DATA, Puller
from .source import Source

MIB = 1 << 20


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.01)


def test_it_comes_whole(pull: Puller, source: Source) -> None:
    fetched = pull(source.url("/a.mp4"))
    assert pull.read(fetched.file) == DATA
    assert fetched.content_type == "video/mp4"
    assert fetched.digests == {"crc64": f"{fastcrc.crc64.xz(DATA):016x}"}
    assert source.asked == [("/a.mp4", "")]
    assert pull.shares == sorted(pull.shares)
    assert pull.shares[-1] == 1.0


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("VIDEO/quicktime; x=y", "video/quicktime"),
        ("text/html", "video/mp4"),
        ("image/svg+xml", "video/mp4"),
        ("application/octet-stream", "video/mp4"),
        ("", "video/mp4"),
    ],
)
def test_no_page_of_others_becomes_one_of_ours(pull: Puller, source: Source, told: str, kept: str) -> None:
    source.types["/a.mp4"] = told
    assert pull(source.url("/a.mp4")).content_type == kept


def test_a_lost_connection_goes_on_where_it_was(pull: Puller, source: Source) -> None:
    source.cuts = [3_000_000, 5_000_000, 1]
    assert pull.read(pull(source.url("/a.mp4")).file) == DATA
    assert [asked[1] for asked in source.asked] == [
        "",
        "bytes=3000000-",
        "bytes=8000000-",
        "bytes=8000001-",
    ]


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_without_a_strong_validator_it_begins_again(pull: Puller, source: Source, etag: str) -> None:
    source.etag = lambda data: etag
    source.cuts = [3_000_000]
    assert pull.read(pull(source.url("/a.mp4")).file) == DATA
    assert source.asked == [("/a.mp4", "")] * 2


def test_a_date_is_a_validator_as_well(pull: Puller, source: Source) -> None:
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    source.etag = lambda data: ""
    source.headers["Last-Modified"] = date
    source.cuts = [3_000_000]

    def only_if(handler: Any) -> bool:
        assert handler.headers.get("If-Range") in (None, date)
        del handler.headers["If-Range"]
        return False

    source.before = only_if
    assert pull.read(pull(source.url("/a.mp4")).file) == DATA
    assert source.asked[1][1] == "bytes=3000000-"


def test_without_ranges_it_begins_again(pull: Puller, source: Source) -> None:
    source.ranges = False
    source.cuts = [3_000_000, 4_000_000]
    assert pull.read(pull(source.url("/a.mp4")).file) == DATA


def test_a_source_that_changes_between_ranges_is_never_mixed(pull: Puller, source: Source) -> None:
    source.cuts = [3_000_000]
    fresh = DATA[::-1]

    def change(handler: Any) -> bool:
        if len(source.asked) == 2:
            source.files["/a.mp4"] = fresh
        return False

    source.before = change
    assert pull.read(pull(source.url("/a.mp4")).file) == fresh


def test_a_range_of_something_else_is_not_believed(pull: Puller, source: Source) -> None:
    source.cuts = [3_000_000]

    def lie(handler: Any) -> bool:
        if len(source.asked) == 2:
            body = b"x" * 100
            where = {"Content-Range": "bytes 0-99/100", "Content-Length": "100", "ETag": '"other"'}
            handler.send(206, where, body)
        return len(source.asked) == 2

    source.before = lie
    assert pull.read(pull(source.url("/a.mp4")).file) == DATA


def test_a_source_that_always_breaks_is_given_up(pull: Puller, source: Source) -> None:
    source.cuts = [1000] * 100
    source.etag = lambda data: ""
    with pytest.raises(WorkFailed, match="broke off"):
        pull(source.url("/a.mp4"))
    assert len(source.asked) == 5


def test_less_than_announced_is_not_all(pull: Puller, source: Source) -> None:
    def lie(handler: Any) -> bool:
        handler.send(200, {"Content-Length": "1000"}, b"x" * 900)
        return True

    source.before = lie
    with pytest.raises(WorkFailed, match="broke off"):
        pull(source.url("/a.mp4"))


def test_a_length_that_nobody_tells(pull: Puller, source: Source) -> None:
    def chunked(handler: Any) -> bool:
        pieces = [DATA[at : at + 100_000] for at in range(0, 1_000_000, 100_000)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        handler.send(200, {"Transfer-Encoding": "chunked"}, body)
        return True

    source.before = chunked
    assert pull.read(pull(source.url("/a.mp4")).file) == DATA[:1_000_000]


def test_chunks_that_break_off_are_not_all(pull: Puller, source: Source) -> None:
    def broken(handler: Any) -> bool:
        handler.send(200, {"Transfer-Encoding": "chunked"}, b"5\r\nhello\r\n5\r\nwo")
        return True

    source.before = broken
    with pytest.raises(WorkFailed, match="broke off"):
        pull(source.url("/a.mp4"))


def test_what_is_compressed_on_the_way_is_refused(pull: Puller, source: Source) -> None:
    source.headers["Content-Encoding"] = "gzip"
    with pytest.raises(WorkFailed, match="gzip"):
        pull(source.url("/a.mp4"))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 304, 206])
def test_a_source_that_says_no(pull: Puller, source: Source, status: int) -> None:
    def refuse(handler: Any) -> bool:
        handler.send(status, {"Content-Length": "0"}, b"")
        return True

    source.before = refuse
    with pytest.raises(WorkFailed, match=f"answers {status}"):
        pull(source.url("/a.mp4"))
    assert len(source.asked) == 1


def test_a_source_that_says_later(pull: Puller, source: Source) -> None:
    def busy(handler: Any) -> bool:
        if len(source.asked) < 4:
            handler.send(503, {"Content-Length": "0"}, b"")
        return len(source.asked) < 4

    source.before = busy
    assert pull.read(pull(source.url("/a.mp4")).file) == DATA


def test_an_empty_source(pull: Puller, source: Source) -> None:
    source.files["/a.mp4"] = b""
    with pytest.raises(WorkFailed, match="empty"):
        pull(source.url("/a.mp4"))


def test_a_huge_source_is_refused_before_its_bytes(pull: Puller, source: Source) -> None:
    pull.settings["pull_size"] = len(DATA) - 1
    with pytest.raises(WorkFailed, match=f"more than {len(DATA) - 1} bytes"):
        pull(source.url("/a.mp4"))
    assert not (pull.folder / "kept" / "0").exists()
    pull.settings["pull_size"] = len(DATA)
    pull(source.url("/a.mp4"))


def endless(handler: Any) -> bool:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(DATA[: 1 << 20])


def test_an_endless_source_ends_at_the_bound(pull: Puller, source: Source) -> None:
    source.before = endless
    pull.settings["pull_size"] = 30 * MIB
    with pytest.raises(WorkFailed, match="more than"):
        pull(source.url("/a.mp4"))
    assert (pull.folder / "kept" / "0").stat().st_size <= 31 * MIB


def test_an_endless_source_ends_at_the_quota(pull: Puller, source: Source) -> None:
    source.before = endless
    pull.allow(quota=10 * MIB)
    with pytest.raises(WorkFailed, match="quota"):
        pull(source.url("/a.mp4"))
    assert (pull.folder / "kept" / "0").stat().st_size <= 10 * MIB + 8 * MIB + MIB, "it is asked every 8 MiB"


def test_the_quota_is_asked_before_the_first_byte(pull: Puller, source: Source) -> None:
    pull.allow(quota=len(DATA) - 1)
    with pytest.raises(WorkFailed, match=f"quota is {len(DATA) - 1} bytes"):
        pull(source.url("/a.mp4"))
    assert not (pull.folder / "kept" / "0").exists()
    pull.allow(quota=len(DATA))
    pull(source.url("/a.mp4"))


def test_a_stalled_source_is_given_up(pull: Puller, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    source.hold = threading.Event()
    source.etag = lambda data: ""
    monkeypatch.setattr(module, "STALL", 0.1)
    with pytest.raises(WorkFailed, match="nothing moved"):
        pull(source.url("/a.mp4"))


def test_a_slow_source_is_given_up(pull: Puller, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SLOW_SECONDS", 0.2)

    def drip(handler: Any) -> bool:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.05)

    source.before = drip
    with pytest.raises(WorkFailed, match="too slow"):
        pull(source.url("/a.mp4"))


def test_the_whole_has_a_time(pull: Puller, source: Source) -> None:
    source.hold = threading.Event()
    pull.settings["pull_seconds"] = 0.3
    with pytest.raises(WorkFailed, match=r"took (too long|longer)"):
        pull(source.url("/a.mp4"))


def test_nobody_wants_it_any_more(pull: Puller, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    source.hold = threading.Event()
    monkeypatch.setattr(module, "STALL", 3600.0)
    pull.wanted = lambda: not source.asked
    with pytest.raises(Stopped):
        pull(source.url("/a.mp4"))


@pytest.mark.parametrize(
    "place",
    ["http://127.0.0.1:{port}/a.mp4", "http://169.254.169.254/latest/meta-data", "http://[::1]:{port}/"],
)
def test_private_addresses_are_refused(pull: Puller, source: Source, place: str) -> None:
    pull.settings["private_targets"] = False
    with pytest.raises(WorkFailed, match="private address"):
        pull(place.format(port=source.server_port))
    assert source.asked == []


def test_an_account_may_be_allowed_private_addresses(pull: Puller, source: Source) -> None:
    pull.settings["private_targets"] = False
    pull.allow(private_targets=True)
    assert pull.read(pull(source.url("/a.mp4")).file) == DATA


@pytest.mark.parametrize(
    "target", ["ftp://example.com/a.mp4", "file:///etc/passwd", "http://user:pass@127.0.0.1/"]
)
def test_redirects_are_checked_like_the_address(pull: Puller, source: Source, target: str) -> None:
    def onward(handler: Any) -> bool:
        handler.send(302, {"Location": target, "Content-Length": "0"}, b"")
        return True

    source.before = onward
    with pytest.raises(WorkFailed):
        pull(source.url("/a.mp4"))
    assert len(source.asked) == 1


def test_redirects_are_followed(pull: Puller, source: Source) -> None:
    def onward(handler: Any) -> bool:
        if handler.path == "/first":
            handler.send(302, {"Location": "/a.mp4", "Content-Length": "0"}, b"")
        return bool(handler.path == "/first")

    source.before = onward
    assert pull.read(pull(source.url("/first")).file) == DATA


KILLED = """
import os, sys, signal
from pathlib import Path
from tests.unit.pull.conftest import Puller
pull = Puller(Path(sys.argv[1]))
(Path(sys.argv[1]) / "data").mkdir(exist_ok=True)
pull.settings["private_targets"] = True
class Shares(list):
    def append(self, share):
        if share > 0.7:
            os.kill(os.getpid(), signal.SIGKILL)
pull.shares = Shares()
pull(sys.argv[2])
"""


def test_after_a_kill_it_goes_on_from_what_was_safe(pull: Puller, source: Source, tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    place = tmp_path / "killed"
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(place), source.url("/a.mp4")],
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"},
    )
    assert done.returncode == -signal.SIGKILL
    pull.folder = place
    pull.runs = 1
    assert pull.read(pull(source.url("/a.mp4")).file) == DATA
    (_, first), (_, second) = source.asked
    assert first == ""
    assert int(second.removeprefix("bytes=").removesuffix("-")) >= 8 * MIB


def test_what_is_done_is_not_fetched_again(pull: Puller, source: Source) -> None:
    pull(source.url("/a.mp4"))
    assert pull.read(pull(source.url("/a.mp4")).file) == DATA
    assert len(source.asked) == 1


def test_a_torn_file_is_not_believed(pull: Puller, source: Source) -> None:
    pull(source.url("/a.mp4"))
    kept = pull.folder / "kept" / "0"
    kept.unlink()
    kept.write_bytes(DATA[:100])
    assert pull.read(pull(source.url("/a.mp4")).file) == DATA
    assert len(source.asked) == 2
