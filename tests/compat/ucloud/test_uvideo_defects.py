"""The defects of the vendor's SDKs, each with its input: O-numbers of ``ucloud``, D-numbers of ``ufile``."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ucloud import logger as log
from ucloud.ufile import bucketmanager, multipartuploadufile, putufile
from ucloud.uvideo import config, deleteuvideo, downloaduvideo, multipartuploaduvideo, spacemanager

from vodkit.providers.ucloud import wire
from vodkit.server.embedded import EmbeddedService
from vodkit.testing.faults import FaultProxy

from ..meddler import Answer, Asked, Forward, Meddler
from ..service import environment
from .cloud import BLOCK, KEYS, get, put

SPACE = "private-space"
SIZE = 3 * BLOCK + 4

Handler = multipartuploaduvideo.MultipartUploadUVideo


class Pipe(io.RawIOBase):
    """Bytes that come once, in pieces of at most 100,000."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        piece = self._data[self._at : self._at + min(len(into), 100_000)]
        into[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


@pytest.fixture
def data() -> bytes:
    return os.urandom(SIZE)


@pytest.fixture
def meddled(
    turned: EmbeddedService, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Callable[[Asked, Forward], Answer | None]], Meddler]]:
    """Puts something between drop-in and service."""
    running: list[Meddler] = []

    def start(meddle: Callable[[Asked, Forward], Answer | None]) -> Meddler:
        made = Meddler(turned.url, meddle)
        running.append(made.__enter__())
        monkeypatch.setenv("VODKIT_SERVICE", made.url)
        return made

    yield start
    for made in running:
        made.__exit__(None, None, None)


def is_part(asked: Asked, number: int | None = None) -> bool:
    query = parse_qs(urlsplit(asked.path).query)
    return "partNumber" in query and number in (None, int(query["partNumber"][0]))


def drops(number: int, times: int = 1) -> Callable[[Asked, Forward], Answer | None]:
    """Breaks the connection on a part, so many times."""
    left = iter(range(times))

    def drop(asked: Asked, forward: Forward) -> Answer | None:
        return None if is_part(asked, number) and next(left, None) is not None else forward(asked)

    return drop


def recovered(handler: Any, result: tuple[Any, Any], resume: Callable[[], tuple[Any, Any]]) -> int:
    """The loop of the vendor's page; how often it went on."""
    _, resp = result
    for times in count():
        if resp.status_code != -1:
            assert resp.status_code == 200, resp
            return times
        assert times < 5
        _, resp = resume()
    raise AssertionError


@pytest.mark.covers("ucloud O-1")
def test_o1_a_stream_comes_through(turned: EmbeddedService, data: bytes) -> None:
    handler = Handler(*KEYS)
    assert handler.uploadstream(SPACE, "o1", io.BytesIO(data))[1].status_code == 200
    assert get(turned, SPACE, "o1") == data


@pytest.mark.covers("ucloud O-2", "ucloud O-3", "ucloud D-9")
def test_o2_o3_a_file_is_gone_on_with_though_its_upload_never_began(
    turned: EmbeddedService, tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "movie.mp4").write_bytes(data)
    handler = Handler(*KEYS)
    monkeypatch.setenv("VODKIT_SERVICE", "http://127.0.0.1:9")
    ret, resp = handler.uploadfile(SPACE, "o3", str(tmp_path / "movie.mp4"), 1, 0)
    assert (ret, resp.status_code) == (None, -1)
    assert (handler.uploadid, handler.blocksize, handler.etaglist, handler.pausepartnumber) == (
        None,
        BLOCK,
        [],
        0,
    )
    assert handler.resumeuploadfile(1, 0)[1].status_code == -1
    monkeypatch.setenv("VODKIT_SERVICE", turned.url)
    assert handler.resumeuploadfile(1, 0)[1].status_code == 200
    assert get(turned, SPACE, "o3") == data


@pytest.mark.covers("ucloud O-4")
def test_o4_a_private_object_is_fetched(turned: EmbeddedService, tmp_path: Path, data: bytes) -> None:
    put(turned, SPACE, "o4", data)
    ret, resp = downloaduvideo.DownloadUVideo(*KEYS).download_file(SPACE, "o4", str(tmp_path / "o4"))
    assert (ret, resp.status_code, resp.content) == ({}, 200, None)
    assert resp.content_length == str(SIZE)
    assert (tmp_path / "o4").read_bytes() == data


@pytest.mark.covers("ucloud 12-57", "ucloud O-5", "ucloud D-6", "ucloud D-14")
@pytest.mark.parametrize("make", [io.BytesIO, Pipe], ids=["seekable", "pipe"])
@pytest.mark.parametrize("half", [Handler, multipartuploadufile.MultipartUploadUFile])
def test_o5_d6_a_stream_that_broke_is_stored_as_it_was(
    half: Any, make: Any, meddled: Any, turned: EmbeddedService, data: bytes
) -> None:
    meddled(drops(1, times=4))
    handler = half(*KEYS)
    key = f"o5/{half.__name__}/{make.__name__}"
    result = handler.uploadstream(SPACE, key, make(data), 2, 0)
    assert handler.uploadid
    assert handler.pausepartnumber == 1
    assert handler.blocksize == BLOCK
    assert len(handler.etaglist) == 1
    assert recovered(handler, result, lambda: handler.resumeuploadstream(2, 0)) == 2
    assert get(turned, SPACE, key) == data
    assert len(handler.etaglist) == handler.pausepartnumber == 4


def test_a_pipe_begins_anew_where_the_service_forgot_it(
    meddled: Any, turned: EmbeddedService, data: bytes
) -> None:
    meddled(drops(1))
    handler = Handler(*KEYS)
    assert handler.uploadstream(SPACE, "forgotten", Pipe(data), 1, 0)[1].status_code == -1
    first = handler.uploadid
    ret, resp = handler.resumeuploadstream(1, 0, uploadid="no-such-upload")
    assert (ret is not None, resp.status_code) == (True, 200)
    assert handler.uploadid not in (first, "no-such-upload")
    assert get(turned, SPACE, "forgotten") == data


def test_a_file_goes_on_in_another_process_by_arguments(
    meddled: Any, turned: EmbeddedService, tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ledger is elsewhere, and what it is told of the parts is wrong: the service knows better."""
    (tmp_path / "movie.mp4").write_bytes(data)
    meddler = meddled(drops(2))
    handler = Handler(*KEYS)
    assert handler.uploadfile(SPACE, "elsewhere", str(tmp_path / "movie.mp4"), 1, 0)[1].status_code == -1
    assert handler.pausepartnumber == len(handler.etaglist) == 2
    meddler.asked.clear()
    monkeypatch.setenv("VODKIT_STATE_DIR", str(tmp_path / "elsewhere"))
    other = Handler(*KEYS)
    ret, resp = other.resumeuploadfile(
        1,
        0,
        SPACE,
        "elsewhere",
        handler.uploadid,
        handler.blocksize,
        ["wrong"],
        str(tmp_path / "movie.mp4"),
        handler.pausepartnumber,
    )
    assert (ret, resp.status_code) == ({"Bucket": SPACE, "Key": "elsewhere", "FileSize": SIZE}, 200)
    assert other.uploadid == handler.uploadid
    assert [number for number in range(4) if any(is_part(one, number) for one in meddler.asked)] == [2, 3]
    assert get(turned, SPACE, "elsewhere") == data


def test_a_file_that_changed_is_not_mixed(
    meddled: Any, turned: EmbeddedService, tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "movie.mp4"
    path.write_bytes(data)
    meddled(drops(3))
    handler = Handler(*KEYS)
    assert handler.uploadfile(SPACE, "changed", str(path), 1, 0)[1].status_code == -1
    new = os.urandom(SIZE)
    path.write_bytes(new)
    assert handler.resumeuploadfile(1, 0)[1].status_code == 200
    assert get(turned, SPACE, "changed") == new


def test_the_same_call_after_a_crash_goes_on(turned: EmbeddedService, tmp_path: Path, data: bytes) -> None:
    """Another process, killed in the middle: the ledger knows."""
    (tmp_path / "movie.mp4").write_bytes(data)
    program = tmp_path / "killed.py"
    program.write_text(
        "import os, sys\n"
        "from ucloud.uvideo import multipartuploaduvideo as m\n"
        f"m.MultipartUploadUVideo(*{KEYS!r}).uploadfile({SPACE!r}, 'killed', 'movie.mp4')\n"
    )

    def kill(asked: Asked, forward: Forward) -> Answer | None:
        answer = forward(asked)
        if is_part(asked, 3):
            running.kill()
            running.wait()
        return answer

    with Meddler(turned.url, kill) as meddler:
        env = environment(turned, tmp_path, VODKIT_SERVICE=meddler.url)
        running = subprocess.Popen([sys.executable, program], cwd=tmp_path, env=env)
        running.wait(60)
    assert running.returncode == -9
    with Meddler(turned.url) as meddler:
        env = environment(turned, tmp_path, VODKIT_SERVICE=meddler.url)
        subprocess.run([sys.executable, program], cwd=tmp_path, env=env, check=True, timeout=60)
        assert len([asked for asked in meddler.asked if is_part(asked)]) < 4
        assert not [asked for asked in meddler.asked if "uploads" in urlsplit(asked.path).query]
    assert get(turned, SPACE, "killed") == data


@pytest.mark.covers("ucloud O-6", "ucloud D-3")
def test_o6_d3_new_keys_for_a_manager(turned: EmbeddedService) -> None:
    for manager in (spacemanager.BucketManager("a", "b"), bucketmanager.BucketManager("a", "b")):
        manager.set_keys(*KEYS)
        assert manager.getfilelist(SPACE)[1].ok()


@pytest.mark.covers("ucloud O-7", "ucloud D-4")
def test_o7_d4_a_response_has_a_repr(turned: EmbeddedService) -> None:
    _, resp = deleteuvideo.DeleteUVideo(*KEYS).deletefile(SPACE, "none")
    assert "404" in repr(resp)
    assert "404" in str(resp)


@pytest.mark.covers("ucloud O-8", "ucloud D-1")
def test_o8_d1_vendor_headers_are_signed(turned: EmbeddedService) -> None:
    put(turned, SPACE, "o8", b"data")
    _, resp = deleteuvideo.DeleteUVideo(*KEYS).deletefile(SPACE, "o8", {"X-UCloud-Foo": "a"})
    assert resp.status_code == 204


@pytest.mark.covers("ucloud O-9")
def test_o9_settings_count_when_a_call_is_made(turned: EmbeddedService) -> None:
    handler = downloaduvideo.DownloadUVideo(*KEYS)

    def life() -> int:
        query = parse_qs(urlsplit(handler.private_download_url(SPACE, "key")).query)
        return int(query["Expires"][0]) - int(time.time())

    assert 290 < life() <= 300
    config.set_default(expires=60)
    assert 50 < life() <= 60


@pytest.mark.covers("ucloud O-10")
def test_o10_links_are_encoded(turned: EmbeddedService) -> None:
    handler = downloaduvideo.DownloadUVideo("a+b/c=@x", "secret")
    for number in range(50):
        link = handler.private_download_url(SPACE, f"键 {number}?#.mp4")
        query = urlsplit(link).query
        assert "+" not in query
        assert parse_qs(query)["UCloudPublicKey"] == ["a+b/c=@x"]
        assert urlsplit(link).path == wire.encode_key(f"/键 {number}?#.mp4")
    assert handler.public_download_url(SPACE, "a.mp4").endswith(f"://{SPACE}.uvideo.ucloud.com.cn/a.mp4")


@pytest.mark.covers("ucloud O-11")
def test_o11_a_log_file_is_set_once(tmp_path: Path) -> None:
    handlers = list(log.logger.handlers)
    try:
        log.set_log_file(str(tmp_path / "own.log"))
        log.set_log_file(str(tmp_path / "own.log"))
        log.logger.info("a line")
        assert (tmp_path / "own.log").read_text().count("a line") == 1
    finally:
        for handler in set(log.logger.handlers) - set(handlers):
            log.logger.removeHandler(handler)
            handler.close()


@pytest.mark.covers("ucloud O-12")
def test_o12_functions_of_the_module_are_the_newest_managers(turned: EmbeddedService) -> None:
    spacemanager.BucketManager("nobody", "nothing")
    assert not spacemanager.describespace(SPACE)[1].ok()
    spacemanager.BucketManager(*KEYS)
    ret, resp = spacemanager.describespace(SPACE)
    assert resp.ok()
    assert ret is not None
    assert ret["DataSet"][0]["BucketName"] == SPACE


def test_a_refused_management_call_is_not_taken_for_done(turned: EmbeddedService) -> None:
    ret, resp = spacemanager.BucketManager(*KEYS).deletespace("no-such-space")
    assert ret is not None
    assert ret["RetCode"] == 15010
    assert (resp.status_code, resp.ret_code, resp.ok()) == (200, 15010, False)
    assert resp.error


@pytest.mark.covers("ucloud 12-58", "ucloud D-8")
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"PartNumber": 0}'])
def test_d8_an_answer_that_makes_no_sense_is_never_200(
    body: bytes, meddled: Any, turned: EmbeddedService, tmp_path: Path, data: bytes
) -> None:
    """No call hangs, none succeeds falsely, and none asks to be called again for ever."""
    (tmp_path / "movie.mp4").write_bytes(data)
    nonsense = Answer(200, {"content-type": "application/json"}, body)
    meddled(lambda asked, forward: nonsense if is_part(asked) else forward(asked))
    handler = Handler(*KEYS)
    for result in (
        handler.uploadfile(SPACE, "d8", str(tmp_path / "movie.mp4"), 2, 0),
        handler.resumeuploadfile(2, 0),
        handler.uploadstream(SPACE, "d8", io.BytesIO(data), 2, 0),
        handler.resumeuploadstream(2, 0),
    ):
        ret, resp = result
        assert (ret, resp.status_code, resp.ok(), resp.need_retry()) == (None, 502, False, False)


@pytest.mark.covers("ucloud 12-58")
def test_a_service_that_is_silent_does_not_block(turned: EmbeddedService, proxy: FaultProxy) -> None:
    config.set_default(connection_timeout=1)
    proxy.freeze()
    handler = Handler(*KEYS)
    calls: list[Callable[[], tuple[Any, Any]]] = [
        lambda: handler.uploadstream(SPACE, "silent", io.BytesIO(b"data"), 1, 0),
        lambda: handler.resumeuploadstream(1, 0),
        lambda: deleteuvideo.DeleteUVideo(*KEYS).deletefile(SPACE, "silent"),
        lambda: spacemanager.BucketManager(*KEYS).describespace(),
    ]
    for call in calls:
        ret, resp = call()
        assert (ret, resp.status_code) == (None, -1)
    proxy.thaw()
    assert recovered(handler, (ret, resp), lambda: handler.resumeuploadstream(1, 0)) == 1


@pytest.mark.covers("ucloud D-21")
@pytest.mark.parametrize("status", [400, 403, 404])
def test_d21_a_refusal_is_not_repeated(
    status: int, meddled: Any, turned: EmbeddedService, tmp_path: Path
) -> None:
    (tmp_path / "movie.mp4").write_bytes(b"data")
    said = Answer(status, {"content-type": "application/json"}, wire.error_body(-1, "no"))
    meddler = meddled(lambda asked, forward: said if "uploads" in asked.path else forward(asked))
    ret, resp = Handler(*KEYS).uploadfile(SPACE, "d21", str(tmp_path / "movie.mp4"), 3, 5)
    assert (ret, resp.status_code, resp.error) == (None, status, "no")
    assert len(meddler.asked) == 1


def test_tries_are_the_callers(meddled: Any, turned: EmbeddedService, tmp_path: Path) -> None:
    (tmp_path / "movie.mp4").write_bytes(b"data")
    said = Answer(503, {}, b"")
    meddler = meddled(lambda asked, forward: said if is_part(asked) else forward(asked))
    ret, resp = Handler(*KEYS).uploadfile(SPACE, "tries", str(tmp_path / "movie.mp4"), 4, 0)
    assert (ret, resp.status_code) == (None, 503)
    assert len([asked for asked in meddler.asked if is_part(asked)]) == 4


@pytest.mark.covers("ucloud D-13")
@pytest.mark.parametrize("key", ["a#b.mp4", "a?b.mp4", "a%20b.mp4", "/lead.mp4", "第一集 +&.mp4"])
def test_d13_any_key(key: str, turned: EmbeddedService, tmp_path: Path) -> None:
    handler = Handler(*KEYS)
    assert handler.uploadstream(SPACE, key, io.BytesIO(key.encode()))[1].status_code == 200
    assert get(turned, SPACE, key) == key.encode()
    assert deleteuvideo.DeleteUVideo(*KEYS).deletefile(SPACE, key)[1].status_code == 204


@pytest.mark.covers("ucloud D-13")
@pytest.mark.parametrize("key", ["a/../b.mp4", "", "x\n"])
def test_d13_keys_that_cannot_travel(key: str, turned: EmbeddedService) -> None:
    ret, resp = Handler(*KEYS).uploadstream(SPACE, key, io.BytesIO(b"data"))
    assert (ret, resp.status_code) == (None, 400)
    assert resp.error


@pytest.mark.covers("ucloud D-15")
def test_d15_a_pipe_needs_no_type(turned: EmbeddedService, data: bytes) -> None:
    reading, writing = os.pipe()

    def feed() -> None:
        with os.fdopen(writing, "wb") as file:
            file.write(data)

    threading.Thread(target=feed).start()
    with os.fdopen(reading, "rb") as file:
        _, resp = Handler(*KEYS).uploadstream(SPACE, "pipe", file)
    assert resp.status_code == 200
    assert get(turned, SPACE, "pipe") == data


@pytest.mark.covers("ucloud D-16")
def test_d16_a_stream_is_rewound_or_not(turned: EmbeddedService) -> None:
    stream = io.BytesIO(b"0123456789")
    stream.seek(5)
    handler = putufile.PutUFile(*KEYS)
    handler.putstream(SPACE, "whole", stream)
    assert get(turned, SPACE, "whole") == b"0123456789"
    stream.seek(5)
    handler.rewind = False
    handler.putstream(SPACE, "rest", stream)
    assert get(turned, SPACE, "rest") == b"56789"


@pytest.mark.covers("ucloud D-17")
def test_d17_https_stays(turned: EmbeddedService) -> None:
    handler = downloaduvideo.DownloadUVideo(*KEYS)
    assert handler.public_download_url(SPACE, "k").startswith("https://")
    config.set_default(open_ssl=False)
    config.set_default(expires=60)
    assert handler.public_download_url(SPACE, "k").startswith("http://")
    config.set_default(open_ssl=True)
    config.set_default(expires=60)
    assert handler.public_download_url(SPACE, "k").startswith("https://")


@pytest.mark.covers("ucloud D-22")
def test_d22_nothing_sent_yet(turned: EmbeddedService, tmp_path: Path) -> None:
    (tmp_path / "movie.mp4").write_bytes(b"data")
    _, resp = Handler(*KEYS).resumeuploadfile(
        bucket=SPACE, key="d22", localfile=str(tmp_path / "movie.mp4"), etaglist=[], pausepartnumber=0
    )
    assert resp.status_code == 200
    assert get(turned, SPACE, "d22") == b"data"


def test_nothing_to_go_on_with(turned: EmbeddedService) -> None:
    with pytest.raises(ValueError, match="nothing to go on with"):
        Handler(*KEYS).resumeuploadfile()
    with pytest.raises(ValueError, match="nothing to go on with"):
        Handler(*KEYS).resumeuploadstream(bucket=SPACE, key="key")


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_sizes(size: int, turned: EmbeddedService, tmp_path: Path) -> None:
    data = os.urandom(size)
    (tmp_path / "movie.ts").write_bytes(data)
    handler = Handler(*KEYS)
    for ret, resp in (
        handler.uploadfile(SPACE, f"size {size}", str(tmp_path / "movie.ts")),
        handler.uploadstream(SPACE, f"size {size} as a pipe", Pipe(data)),
    ):
        assert resp.status_code == 200
        assert ret is not None
        assert ret["FileSize"] == size
    assert get(turned, SPACE, f"size {size}") == get(turned, SPACE, f"size {size} as a pipe") == data


def test_a_wrong_whole_is_not_called_done(meddled: Any, turned: EmbeddedService, tmp_path: Path) -> None:
    (tmp_path / "movie.mp4").write_bytes(b"data")

    def lie(asked: Asked, forward: Forward) -> Answer:
        answer = forward(asked)
        if "/finish/" in asked.path:
            answer.headers["etag"] = wire.quoted(wire.object_etag(5, "00" * 20))
        return answer

    meddled(lie)
    ret, resp = Handler(*KEYS).uploadfile(SPACE, "wrong", str(tmp_path / "movie.mp4"), 1, 0)
    assert (ret, resp.status_code, resp.ok()) == (None, 502, False)


def test_no_place_for_the_ledger_is_a_warning(
    turned: EmbeddedService,
    bad_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("VODKIT_STATE_DIR", str(bad_folder))
    (tmp_path / "movie.mp4").write_bytes(b"data")
    with caplog.at_level(logging.WARNING, "UCLOUD"):
        _, resp = Handler(*KEYS).uploadfile(SPACE, "stateless", str(tmp_path / "movie.mp4"))
    assert resp.status_code == 200
    assert "resum" in caplog.text
    assert get(turned, SPACE, "stateless") == b"data"


def test_a_disk_without_room_for_a_pipe_is_a_warning(
    turned: EmbeddedService,
    meddled: Any,
    data: bytes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The upload itself goes on; only a second try of the pipe cannot be."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: open("/dev/full", "wb"))  # noqa: SIM115
    meddled(drops(2))
    handler = Handler(*KEYS)
    with caplog.at_level(logging.WARNING, "UCLOUD"):
        assert handler.uploadstream(SPACE, "no room", Pipe(data), 1, 0)[1].status_code == -1
        ret, resp = handler.resumeuploadstream(1, 0)
    assert (ret, resp.status_code) == (None, 400)
    assert "could not be kept" in resp.error
    assert "cannot be resumed" in caplog.text
