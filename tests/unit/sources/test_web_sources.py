from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.loopback import Handler, Server

from vodkit.core.errors import SourceChanged, SourceNotFound, SourceUnreadable, TransferError
from vodkit.core.source import Reader
from vodkit.engine.sources import open_source
from vodkit.transport import TransportSettings

DATA = bytes(range(256)) * 1000
QUICK = TransportSettings(proxy="", answer_timeout=5, stall_timeout=5)


class Site(Server):
    """One file, with switches for what its server is good for."""

    ranges = True
    etag = '"v1"'
    length = True
    status = 0
    cut_after: int | None = None
    content = DATA

    def __init__(self) -> None:
        super().__init__(Serving)
        self.requests: list[tuple[str, str | None]] = []
        self.authorized: list[str | None] = []

    def url(self, path: str = "/a%20b.mp4") -> str:
        return self.base + path


class Serving(Handler):
    server: Site

    def do_GET(self) -> None:
        site = self.server
        wanted = self.headers.get("Range")
        site.requests.append((self.path, wanted))
        site.authorized.append(self.headers.get("Authorization"))
        if self.path == "/moved":
            self.answer(302, headers={"Location": "/a.mp4?x"})
            return
        if self.path == "/loop":
            self.answer(302, headers={"Location": "/loop"})
            return
        if site.status:
            self.answer(site.status, b"no")
            return
        headers = {"ETag": site.etag} if site.etag else {}
        body, status = site.content, 200
        fresh = self.headers.get("If-Range") in (None, site.etag)
        if site.ranges and wanted and fresh:
            first, last = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted).groups()  # type: ignore[union-attr]
            end = min(int(last) + 1 if last else len(body), len(body))
            if int(first) >= len(body):
                self.answer(416, headers={"Content-Range": f"bytes */{len(body)}"})
                return
            headers["Content-Range"] = f"bytes {first}-{end - 1}/{len(body)}"
            body, status = body[int(first) : end], 206
        self.answer(status, body, headers, cut=site.cut_after, sized=site.length)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        yield server


@contextmanager
def reading(url: str) -> Iterator[Reader]:
    reader = open_source(url, web=QUICK).open()
    try:
        yield reader
    finally:
        reader.close()


def read(reader: Reader, offset: int, length: int) -> bytes:
    buffer = bytearray(length)
    return bytes(buffer[: reader.read_at(offset, memoryview(buffer))])


def test_ranges_are_used_and_reading_on_needs_no_new_request(site: Site) -> None:
    source = open_source(site.url(), web=QUICK)
    assert (source.name, source.size, source.location) == ("a b.mp4", len(DATA), site.url())
    with reading(site.url()) as reader:
        assert reader.seekable
        site.requests.clear()
        got = b"".join(read(reader, offset, 10_000) for offset in range(100_000, 150_000, 10_000))
        assert got == DATA[100_000:150_000]
        assert site.requests == [("/a%20b.mp4", "bytes=100000-")]
        assert read(reader, 5, 10) == DATA[5:15]
        assert read(reader, len(DATA) - 3, 10) == DATA[-3:]
        assert read(reader, len(DATA), 10) == b""


def test_threads_read_side_by_side(site: Site) -> None:
    wrong: list[int] = []
    with reading(site.url()) as reader:

        def check(start: int) -> None:
            for offset in range(start, start + 50_000, 5_000):
                if read(reader, offset, 5_000) != DATA[offset : offset + 5_000]:
                    wrong.append(offset)

        threads = [threading.Thread(target=check, args=(n * 50_000,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_a_cut_connection_is_taken_up_again(site: Site) -> None:
    site.cut_after = 100_000
    with reading(site.url()) as reader:
        assert read(reader, 0, len(DATA)) == DATA


def test_identity_follows_the_etag(site: Site) -> None:
    source = open_source(site.url(), web=QUICK)
    before = source.identity()
    source.open().close()
    assert before is not None
    assert source.identity() == before
    site.etag = '"v2"'
    assert source.identity() != before


def test_a_file_that_changes_while_it_is_read(site: Site) -> None:
    with reading(site.url()) as reader:
        assert read(reader, 0, 10) == DATA[:10]
        site.etag, site.content = '"v2"', DATA[::-1]
        with pytest.raises(SourceChanged):
            read(reader, 100_000, 10)


def test_a_server_without_ranges_is_read_once(site: Site) -> None:
    site.ranges = False
    source = open_source(site.url(), web=QUICK)
    assert (source.size, source.location) == (len(DATA), None)
    reader = source.open()
    assert not reader.seekable
    assert b"".join(read(reader, at, 50_000) for at in range(0, len(DATA), 50_000)) == DATA
    reader.close()
    with pytest.raises(SourceUnreadable, match="only once"):
        source.open()


def test_a_server_that_does_not_say_the_length(site: Site) -> None:
    site.ranges = site.length = False
    site.etag = ""
    source = open_source(site.url(), web=QUICK)
    assert (source.size, source.identity()) == (None, None)
    reader = source.open()
    assert read(reader, 0, len(DATA) + 10) == DATA
    reader.close()


def test_an_answer_that_breaks_off_is_no_end(site: Site) -> None:
    site.ranges = False
    site.cut_after = 1000
    with reading(site.url()) as reader, pytest.raises((SourceUnreadable, SourceChanged)):
        read(reader, 0, len(DATA))


def test_an_empty_file(site: Site) -> None:
    site.content = b""
    assert open_source(site.url(), web=QUICK).size == 0


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, SourceNotFound), (410, SourceNotFound), (403, SourceUnreadable), (503, TransferError)],
)
def test_refusals(site: Site, status: int, error: type[Exception]) -> None:
    site.status = status
    with pytest.raises(error) as caught:
        open_source(site.url("/a.mp4?sig=secret"), web=QUICK)
    assert "secret" not in str(caught.value)


def test_redirects(site: Site) -> None:
    assert open_source(site.url("/moved"), web=QUICK).size == len(DATA)
    with pytest.raises(SourceUnreadable, match="redirects"):
        open_source(site.url("/loop"), web=QUICK)


def test_secrets_of_an_address_go_to_the_server_only(site: Site) -> None:
    url = site.url("/a.mp4?sig=s3cret").replace("127.0.0.1", "user:pa%40ss@127.0.0.1")
    source = open_source(url, web=QUICK)
    assert site.authorized == ["Basic dXNlcjpwYUBzcw=="]
    shown = f"{source.location} {source!r} {source.name}"
    assert source.location is not None
    assert "pa" not in shown.replace("path", "")
    assert "s3cret" not in shown
    other = open_source(site.url("/a.mp4?sig=other"), web=QUICK)
    assert source.location != other.location


def test_nobody_listens() -> None:
    with pytest.raises(TransferError):
        open_source("http://127.0.0.1:9/a.mp4", web=QUICK)


def test_an_address_without_a_file_name(site: Site) -> None:
    with pytest.raises(SourceUnreadable, match="no file name"):
        open_source(site.url("/"), web=QUICK)


def test_fsspec(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/fs/电影.mp4", DATA)
    source = open_source("memory://fs/电影.mp4")
    assert (source.name, source.size) == ("电影.mp4", len(DATA))
    reader = source.open()
    assert read(reader, 1000, 50) == DATA[1000:1050]
    reader.close()
    with pytest.raises(SourceNotFound):
        open_source("memory://fs/none.mp4")
    with pytest.raises(SourceUnreadable, match="is a directory"):
        open_source("memory:///fs")
    with pytest.raises(SourceUnreadable, match="nosuchscheme"):
        open_source("nosuchscheme://x/a.mp4")


def test_a_path_with_colons_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a::b.mp4").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert open_source("a::b.mp4").size == 1
