from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodkit.core.errors import SourceChanged, SourceNotFound, SourceUnreadable
from vodkit.core.source import Reader, Source
from vodkit.engine.sources import open_source

DATA = bytes(range(256)) * 5


def read(reader: Reader, offset: int, length: int) -> bytes:
    buffer = bytearray(length)
    return bytes(buffer[: reader.read_at(offset, memoryview(buffer))])


def whole(source: Source) -> bytes:
    reader = source.open()
    pieces, offset = [], 0
    while piece := read(reader, offset, 100):
        pieces.append(piece)
        offset += len(piece)
    reader.close()
    return b"".join(pieces)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "电影 1.mp4"
    path.write_bytes(DATA)
    return path


def test_path(file: Path) -> None:
    for given_as in (file, str(file), file.as_uri()):
        source = open_source(given_as)
        assert (source.name, source.size, source.location) == (
            "电影 1.mp4",
            len(DATA),
            os.path.realpath(file),
        )
        assert whole(source) == DATA
    assert open_source(file, "other.mp4").name == "other.mp4"


def test_links_lead_to_one_location(file: Path) -> None:
    link = file.with_name("link.mp4")
    link.symlink_to(file)
    assert open_source(link).location == open_source(file).location
    assert open_source(link).name == "link.mp4"


def test_identity_follows_the_content(file: Path) -> None:
    source = open_source(file)
    before = source.identity()
    assert before is not None
    assert (before.size, before.inode) == (len(DATA), file.stat().st_ino)
    assert source.identity() == before
    status = file.stat()
    file.write_bytes(DATA[:-1] + b"x")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = source.identity()
    assert after is not None
    assert (after.mtime_ns, after.size) == (before.mtime_ns, before.size)
    assert after.fingerprint != before.fingerprint


def test_what_is_not_there(tmp_path: Path, file: Path) -> None:
    for missing in (tmp_path / "no.mp4", file / "below", ""):
        with pytest.raises(SourceNotFound):
            open_source(missing if missing else "")
    dangling = tmp_path / "dangling"
    dangling.symlink_to("nowhere")
    with pytest.raises(SourceNotFound, match="dangling"):
        open_source(dangling)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="is a directory"):
        open_source(tmp_path)


UNPRIVILEGED = """
import os, sys
from vodkit.engine.sources import open_source
from vodkit.core.errors import SourceUnreadable
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    open_source(sys.argv[1])
except SourceUnreadable as error:
    print(error)
"""


def test_a_file_without_permission_is_refused() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mine.mp4")
        path.write_bytes(b"x")
        path.chmod(0)
        Path(folder).chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, str(path)],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    assert (done.returncode, done.stdout.strip()) == (0, f"no permission to read {str(path)!r}"), done.stderr


def test_a_file_that_shrinks_is_noticed_while_reading(file: Path) -> None:
    reader = open_source(file).open()
    os.truncate(file, 100)
    with pytest.raises(SourceChanged):
        read(reader, 0, 200)
    reader.close()


def test_many_threads_read_one_reader(file: Path) -> None:
    reader = open_source(file).open()
    wrong: list[int] = []

    def check(start: int) -> None:
        for offset in range(start, len(DATA), 7):
            if read(reader, offset, 13) != DATA[offset : offset + 13]:
                wrong.append(offset)

    threads = [threading.Thread(target=check, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader.close()
    assert not wrong


def test_a_named_pipe_is_a_stream(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.ts"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(DATA))
    source = open_source(pipe)
    assert (source.size, source.location, source.identity()) == (None, None, None)
    writer.start()
    assert whole(source) == DATA
    writer.join()


def test_open_file_from_its_position_neither_moved_nor_closed(file: Path) -> None:
    with file.open("rb") as opened:
        assert open_source(opened).location == os.path.realpath(file)
        opened.seek(10)
        source = open_source(opened)
        assert (source.size, source.location) == (len(DATA) - 10, None)
        assert whole(source) == DATA[10:]
        assert source.identity() is not None
        assert opened.tell() == 10
        assert not opened.closed


def test_open_file_that_lost_its_name_cannot_be_found_again(file: Path) -> None:
    with file.open("rb") as opened:
        file.unlink()
        source = open_source(opened)
        assert source.location is None
        assert whole(source) == DATA


def test_unbuffered_and_written_files(file: Path) -> None:
    with file.open("rb", buffering=0) as raw:
        assert whole(open_source(raw)) == DATA
    with file.open("w+b") as both:
        both.write(b"fresh")
        both.seek(0)
        assert whole(open_source(both)) == b"fresh"


def test_a_compressing_file_yields_its_own_bytes_not_those_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(DATA))
    with gzip.open(path) as opened:
        source = open_source(opened, "a.mp4")  # type: ignore[arg-type]
        assert (source.size, whole(source)) == (len(DATA), DATA)


def test_buffer_and_temporary_files() -> None:
    buffer = io.BytesIO(DATA)
    buffer.seek(3)
    source = open_source(buffer, "b.mp4")
    assert (source.size, whole(source), buffer.tell()) == (len(DATA) - 3, DATA[3:], 3)
    with tempfile.SpooledTemporaryFile() as spooled:
        spooled.write(DATA)
        spooled.seek(0)
        assert whole(open_source(spooled, "s.mp4")) == DATA  # type: ignore[arg-type]


def test_pipe_objects_are_streams() -> None:
    receiving, sending = os.pipe()
    with open(receiving, "rb") as reader:
        with open(sending, "wb") as writer:
            writer.write(DATA)
        source = open_source(reader, "p.mp4")
        assert (source.size, whole(source)) == (None, DATA)
        assert not reader.closed
        with pytest.raises(SourceUnreadable, match="already"):
            source.open()


def test_standard_input() -> None:
    code = (
        "import sys; from vodkit.engine.sources import open_source\n"
        "r = open_source('-', 'in.mp4').open(); b = bytearray(9); n = r.read_at(0, memoryview(b))\n"
        "sys.stdout.write(repr(bytes(b[:n])))"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], input=b"hello", capture_output=True, env=env)
    assert done.stdout == b"b'hello'", done.stderr


def test_files_that_cannot_be_read(file: Path) -> None:
    with file.open() as text, pytest.raises(SourceUnreadable, match="binary mode"):
        open_source(text)  # type: ignore[arg-type]
    with file.open("ab") as writing, pytest.raises(SourceUnreadable, match="not open for reading"):
        open_source(writing)
    with file.open("rb") as closed:
        pass
    with pytest.raises(SourceUnreadable, match="closed"):
        open_source(closed)


@given(st.lists(st.binary(max_size=50)), st.integers(1, 60))
def test_iterators_of_any_pieces(pieces: list[bytes], window: int) -> None:
    source = open_source(iter(pieces), "i.mp4")
    reader = source.open()
    got, offset = b"", 0
    while piece := read(reader, offset, window):
        got += piece
        offset += len(piece)
    assert got == b"".join(pieces)


def test_a_generator_is_closed() -> None:
    closed = threading.Event()

    def pieces() -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            closed.set()

    reader = open_source(pieces(), "g.mp4").open()
    assert read(reader, 0, 2) == b"on"
    reader.close()
    assert closed.is_set()


def test_an_iterator_of_text_is_refused() -> None:
    with pytest.raises(SourceUnreadable, match="yielded a str"):
        whole(open_source(iter(["x"]), "i.mp4"))  # type: ignore[list-item]


@pytest.mark.parametrize("data", [DATA, bytearray(DATA), memoryview(DATA)[::1]])
def test_bytes(data: Any) -> None:
    source = open_source(data, "b.mp4")
    assert (source.size, source.identity(), whole(source)) == (len(DATA), None, DATA)
    assert read(source.open(), 5, 3) == DATA[5:8]


@pytest.mark.parametrize("nameless", [b"x", iter([b"x"]), io.BytesIO(b"x"), "-"])
def test_what_has_no_name_must_be_given_one(nameless: Any) -> None:
    with pytest.raises(SourceUnreadable, match='name="movie'):
        open_source(nameless)


@pytest.mark.parametrize("name", ["", "..", "a/b.mp4", "a\nb.mp4", "a\\b.mp4"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(SourceUnreadable, match="not a file name"):
        open_source(b"x", name)


def test_things_that_are_no_source() -> None:
    with pytest.raises(SourceUnreadable, match="a int cannot"):
        open_source(3)  # type: ignore[arg-type]


def test_a_source_of_the_callers_own_passes() -> None:
    source = open_source(b"x", "x.mp4")
    assert open_source(source) is source
