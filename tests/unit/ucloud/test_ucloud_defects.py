"""What the vendor's SDKs get wrong, given to our client: it does the right thing."""

from __future__ import annotations

import io
import logging
import os
import random
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from vodkit.core.contract import Body, UploadOptions
from vodkit.core.errors import (
    AuthError,
    NotFound,
    ServerError,
    TransferError,
    VodError,
)
from vodkit.core.part import DONE, Part, Saved
from vodkit.core.source import Item
from vodkit.providers.ucloud import sign, wire
from vodkit.providers.ucloud.client.bucket import Bucket, Connection
from vodkit.providers.ucloud.client.options import Wanted
from vodkit.providers.ucloud.client.session import UCloudSession
from vodkit.providers.ucloud.client.spaces import Gateway, UCloudSpaces
from vodkit.providers.ucloud.errors import error
from vodkit.testing.faults import FaultProxy

from .exchange import Wire, reply

Connect = Callable[..., Any]
BLOCK = wire.BLOCK


def content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def made(path: Path, size: int) -> Path:
    path.write_bytes(content(size))
    return path


def holds(vod: Any, id: str, data: bytes, folder: Path) -> None:
    vod.media.download(id, folder / "back")
    assert (folder / "back").read_bytes() == data


def pieces(data: bytes, length: int = 77_777) -> Any:
    return (data[at : at + length] for at in range(0, len(data), length))


@pytest.mark.covers("ucloud O-1", "ucloud O-4", "ucloud O-10")
def test_uploads_and_private_downloads_work_with_current_libraries(connect: Connect, tmp_path: Path) -> None:
    with connect() as vod:
        for size in (0, 5, BLOCK + 5):
            media = vod.upload(content(size), name="a b+中.mp4", allow_empty=True)
            holds(vod, media.id, content(size), tmp_path)
            link = urlsplit(vod.objects.link(media.id))
            assert link.path.isascii() and not set(link.query) & set(" +@")
            assert parse_qs(link.query)["UCloudPublicKey"] == ["one@example.com"]


@pytest.mark.covers("ucloud O-2", "ucloud D-23")
def test_a_stream_to_a_service_that_is_gone_ends_with_an_error(connect: Connect, proxy: FaultProxy) -> None:
    proxy.refuse(10_000)
    with connect(part_tries=2) as vod, pytest.raises(VodError) as caught:
        vod.upload(pieces(content(100)), name="stream.mp4")
    assert caught.value.retryable
    proxy.refuse(-10_000)


@pytest.mark.covers("ucloud O-3", "ucloud D-9")
def test_an_upload_whose_opening_failed_is_taken_up(
    connect: Connect, proxy: FaultProxy, tmp_path: Path
) -> None:
    file = made(tmp_path / "movie.mp4", BLOCK + 9)
    proxy.refuse(10_000)
    with connect(part_tries=1) as vod, pytest.raises(TransferError):
        vod.upload(file)
    proxy.refuse(-10_000)
    with connect() as vod:
        holds(vod, vod.upload(file).id, file.read_bytes(), tmp_path)


@pytest.mark.covers("ucloud O-5", "ucloud D-6", "ucloud D-14", "ucloud 12-57")
@pytest.mark.parametrize("parallel", [1, 4])
def test_a_stream_that_breaks_on_a_part_is_stored_whole(
    connect: Connect, proxy: FaultProxy, tmp_path: Path, parallel: int
) -> None:
    data = content(3 * BLOCK + 4)
    proxy.cut(after=BLOCK + BLOCK // 2)
    with connect(parallel=parallel) as vod:
        holds(vod, vod.upload(pieces(data), name="stream.mp4").id, data, tmp_path)


@pytest.mark.covers("ucloud O-6", "ucloud D-3", "ucloud D-2")
def test_management_and_lists_with_nothing_but_defaults(connect: Connect) -> None:
    with connect() as vod:
        vod.upload(b"x", name="listed.mp4")
        assert "defects" in {space.name for space in vod.spaces.list()}
        assert any(media.title == "listed.mp4" for media in vod.media.list())
        assert vod.spaces.create("defects-made", access="public").access == "public"
        assert vod.spaces.update("defects-made", access="private").access == "private"
        vod.spaces.delete("defects-made")


@pytest.mark.covers("ucloud O-7", "ucloud D-4")
def test_everything_can_be_printed(connect: Connect) -> None:
    with connect() as vod:
        media = vod.upload(b"x", name="printed.mp4")
        with pytest.raises(NotFound) as caught:
            vod.media.get(media.id + "x")
        shown = f"{media!r} {media} {caught.value!r} {vod!r} {vod.provider!r} {vod.spaces!r}"
    assert "secret-one" not in shown


@pytest.mark.covers("ucloud O-8", "ucloud D-1")
def test_vendor_headers_can_be_signed() -> None:
    headers = {"X-UCloud-Foo": " a\r\n b ", "x-ucloud-bar": "c"}
    given = sign.parse_authorization(sign.authorization("p", "s", "PUT", "b", "k", headers=headers))
    assert given is not None
    pairs = tuple(headers.items())
    assert sign.verify(given, "s", method="PUT", bucket="b", key="k", query="", headers=pairs)


@pytest.mark.covers("ucloud O-9")
def test_the_life_of_links_is_the_connections(connect: Connect) -> None:
    with connect(link_life=60) as short, connect(link_life=6000) as long:
        ends = [
            int(parse_qs(urlsplit(vod.objects.link("defects/x")).query)["Expires"][0])
            for vod in (short, long)
        ]
    assert 5800 < ends[1] - ends[0] < 6100


@pytest.mark.covers("ucloud O-11")
def test_connecting_adds_no_log_handlers(connect: Connect) -> None:
    def handlers() -> int:
        loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
        return sum(len(logger.handlers) for logger in [logging.root, *loggers])

    before = handlers()
    for _ in range(2):
        with connect() as vod:
            vod.upload(b"x", name="log.mp4")
    assert handlers() == before


@pytest.mark.covers("ucloud D-5")
def test_parts_that_fail_in_parallel_are_listed_once(
    connect: Connect, proxy: FaultProxy, tmp_path: Path
) -> None:
    file = made(tmp_path / "movie.mp4", 4 * BLOCK + 1)
    with connect(part_tries=1, parallel=4, bandwidth=4 * BLOCK) as vod, pytest.raises(VodError):
        vod.upload(file, on_progress=lambda p: proxy.answer(500) if 0 < p.sent < BLOCK else None)
    proxy.calm()
    with connect() as vod:
        holds(vod, vod.upload(file).id, file.read_bytes(), tmp_path)


class Sink:
    """A part's body and digests, for sessions that are driven by hand."""

    length = 0

    def __init__(self, data: bytes) -> None:
        self._data, self.length = data, len(data)

    def __iter__(self) -> Any:
        yield memoryview(self._data)

    def __getitem__(self, name: str) -> str:
        import hashlib

        return hashlib.new("sha1", self._data).hexdigest()


def session(wired: Wire, data: bytes, saved: Saved | None, **connection: Any) -> UCloudSession:
    bucket = Bucket(Connection("p", "s", **connection), "space", wired)
    item = Item(0, "media", None, "a.mp4", len(data))  # type: ignore[arg-type]
    wanted = Wanted("space", "a.mp4", "a.mp4", "video/mp4")
    return UCloudSession(bucket, item, wanted, UploadOptions(), saved, multipart=False, link_life=60)


def drive(running: UCloudSession, data: bytes) -> None:
    """Run a session to its end, one part after the other."""
    while (part := running.next()) is not DONE:
        assert isinstance(part, Part)
        sink = Sink(data[part.offset : part.offset + part.length])
        body: Body = sink
        running.sent(part, running.send(part, body, sink))


def vendor(data: bytes, **odd: Any) -> Callable[[str, str], Any]:
    """A service that takes these bytes."""
    parts = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]

    def answer(method: str, url: str) -> Any:
        query = urlsplit(url).query
        if query == "uploads":
            return reply(body=wire.dumps({"UploadId": "u", "BlkSize": BLOCK}))
        if query.startswith("muploadpart"):
            return reply(body=wire.dumps({"Parts": [], "IsTruncated": False}))
        if "partNumber" in query:
            etag = wire.part_etag(Sink(parts[int(query.rpartition("=")[2])])["sha1"])
            return odd.get("part") or reply(body=b"{}", etag=wire.quoted(etag))
        etag = wire.whole_etag(len(data), [Sink(part)["sha1"] for part in parts])
        return reply(body=b"{}", etag=wire.quoted(etag))

    return answer


@pytest.mark.covers("ucloud D-7", "ucloud D-17", "ucloud D-18", "ucloud D-22")
@pytest.mark.parametrize("saved", [None, Saved({"key": "a.mp4", "upload_id": "u", "block": BLOCK})])
def test_every_request_of_a_resumed_upload_goes_to_the_same_host_by_https(saved: Saved | None) -> None:
    data = content(2 * BLOCK + 1)
    wired = Wire(vendor(data))
    suffixes = {"upload_suffix": ".cn-sh2.ufileos.com", "download_suffix": ".cn-sh2.ufileos.com"}
    drive(session(wired, data, saved, **suffixes), data)
    assert {urlsplit(url)[:2] for _, url, _ in wired.asked} == {("https", "space.cn-sh2.ufileos.com")}
    assert len([url for _, url, _ in wired.asked if "partNumber" in url]) == 3


@pytest.mark.covers("ucloud D-18", "ucloud O-6")
def test_management_calls_are_sent_once_and_by_https() -> None:
    wired = Wire(lambda method, url: reply(body=b'{"Retcode":0,"DataSet":[]}'))
    gateway = Gateway(Connection("p", "s"), wired, "api.ucloud.cn", {}, "BucketName", "")
    assert list(UCloudSpaces(gateway, "").list()) == []
    ((method, url, _),) = wired.asked
    assert (method, urlsplit(url)[:2]) == ("GET", ("https", "api.ucloud.cn"))


@pytest.mark.covers("ucloud D-8")
@pytest.mark.parametrize("part", [reply(body=b"not json"), reply(body=b"not json", etag='"wrong"')])
def test_a_part_with_a_senseless_answer_is_an_error(part: Any) -> None:
    data = content(BLOCK + 1)
    with pytest.raises(VodError, match="part 0"):
        drive(session(Wire(vendor(data, part=part)), data, None), data)


def test_a_part_answered_without_json_but_with_its_etag_counts() -> None:
    data = content(BLOCK + 1)
    etags = iter([wire.part_etag(Sink(data[:BLOCK])["sha1"]), wire.part_etag(Sink(data[BLOCK:])["sha1"])])
    usual = vendor(data)

    def answer(method: str, url: str) -> Any:
        if "partNumber" in url:
            return reply(body=b"<html>", etag=next(etags), content_type="application/json")
        return usual(method, url)

    drive(session(Wire(answer), data, None), data)


@pytest.mark.covers("ucloud D-11")
def test_time_outs_hold_for_everything(connect: Connect, proxy: FaultProxy, tmp_path: Path) -> None:
    with connect(timeout=0.3, stall_timeout=0.5, part_tries=1) as vod:
        media = vod.upload(b"x", name="frozen.mp4")
        proxy.freeze()
        for call in (
            lambda: list(vod.media.list()),
            lambda: list(vod.spaces.list()),
            lambda: vod.media.get(media.id),
            lambda: vod.media.download(media.id, tmp_path / "back"),
            lambda: vod.upload(b"y", name="frozen.mp4"),
        ):
            with pytest.raises(TransferError):
                call()
        proxy.thaw()


@pytest.mark.covers("ucloud D-15")
def test_a_pipe_without_a_type(connect: Connect, tmp_path: Path) -> None:
    reading, writing = os.pipe()

    def fill() -> None:
        with open(writing, "wb") as file:
            file.write(content(100_000))

    threading.Thread(target=fill, daemon=True).start()
    with connect() as vod, open(reading, "rb") as pipe:
        media = vod.upload(pipe, name="pipe")
        holds(vod, media.id, content(100_000), tmp_path)


@pytest.mark.covers("ucloud D-16")
def test_a_buffer_is_sent_from_where_it_stands(connect: Connect, tmp_path: Path) -> None:
    buffer = io.BytesIO(b"01234and the rest")
    buffer.seek(5)
    with connect() as vod:
        holds(vod, vod.upload(buffer, name="buffer.mp4").id, b"and the rest", tmp_path)


@pytest.mark.covers("ucloud D-19", "ucloud 12-29")
@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (
            reply(404, b'{"RetCode":-1,"ErrMsg":"x"}', content_type="application/json; charset=utf-8"),
            NotFound,
            "-1",
        ),
        (reply(403, b'{"RetCode":-148658}'), AuthError, "-148658"),
        (reply(416, b"", content_range="bytes */16"), VodError, None),
        (reply(201, b""), VodError, None),
        (reply(500, b"<html>"), ServerError, None),
        (reply(400, b'{"RetCode":-148653,"ErrMsg":"bucket not exists"}'), NotFound, "-148653"),
    ],
)
def test_errors_of_every_shape(answer: Any, kind: type[VodError], code: str | None) -> None:
    found = error(answer, "doing")
    assert isinstance(found, kind)
    assert (found.code, found.status) == (code, answer.status)


@pytest.mark.covers("ucloud D-20")
def test_verifying_what_is_gone(connect: Connect, tmp_path: Path) -> None:
    with connect() as vod:
        result = vod.upload_detailed(made(tmp_path / "gone.mp4", 100))
        assert vod.verify(result.upload_id).ok
        vod.media.delete(result.media.id)
        with pytest.raises(NotFound):
            vod.verify(result.upload_id)


@pytest.mark.covers("ucloud D-21")
@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_is_not_tried_again(connect: Connect, proxy: FaultProxy, status: int) -> None:
    with connect(part_tries=5) as vod:
        proxy.answer(status, times=1)
        with pytest.raises(VodError) as caught:
            vod.upload(content(100), name="refused.mp4")
    assert not caught.value.retryable


@pytest.mark.covers("ucloud D-10")
def test_a_download_that_breaks_in_the_middle_goes_on(
    connect: Connect, proxy: FaultProxy, tmp_path: Path
) -> None:
    data = content(2_000_000)
    with connect() as vod:
        media = vod.upload(data, name="broken.mp4")
        proxy.lose_reply()
        holds(vod, media.id, data, tmp_path)


def test_the_ways_around_an_upload(connect: Connect, tmp_path: Path) -> None:
    data = content(BLOCK + 3)
    with connect(variant="uvideo") as vod:
        holds(vod, vod.upload(data, name="uvideo.mp4").id, data, tmp_path)
        holds(vod, vod.upload(b"", name="empty.mp4", allow_empty=True).id, b"", tmp_path)
    with connect(word="AutoAI") as vod:
        media = vod.upload(data, name="word.mp4", metadata={"owner": "me"}, storage_class="ia")
        found = vod.media.get(media.id)
        assert (found.extra["UserMeta"], found.extra["StorageClass"]) == ({"owner": "me"}, "IA")
        again = vod.upload_detailed(data, name="again.mp4", instant=True)
        assert again.sent_bytes == 0
        holds(vod, again.media.id, data, tmp_path)
        copied = vod.objects.copy(media.id, "defects-public/copied.mp4")
        with urllib.request.urlopen(copied.url) as answer:
            assert answer.read() == data
        assert vod.objects.rename(copied.id, "renamed.mp4").id == "defects-public/renamed.mp4"
        cold = vod.objects.switch_class(media.id, "ARCHIVE")
        assert cold.extra["Restore"] == "frozen"
        with pytest.raises(VodError):
            vod.media.download(media.id, tmp_path / "cold")
        assert vod.objects.restore(media.id).extra["Restore"] == "restored"
        assert vod.media.update(media.id, content_type="video/webm").extra["ContentType"] == "video/webm"
        vod.media.delete("defects-public/renamed.mp4")


@pytest.mark.parametrize(
    "odd",
    [
        {"space": "A_B"},
        {"upload_suffix": "cn-bj.ufileos.com"},
        {"variant": "other"},
        {"word": "Other"},
        {"actions": ["Nothing=x"]},
        {"public_key": "a:b"},
    ],
)
def test_settings_that_cannot_be(connect: Connect, odd: dict[str, Any]) -> None:
    with pytest.raises(VodError):
        connect(**odd)


@pytest.mark.parametrize(
    "odd",
    [
        {"key": "a/../b"},
        {"key": "./a"},
        {"space": "-"},
        {"storage_class": "COLD"},
        {"metadata": {"a b": "c"}},
        {"metadata": {"a": "é"}},
        {"content_type": "a\nb"},
        {"callback_url": "ftp://a"},
        {"callback_body": "a=b"},
    ],
)
def test_options_that_cannot_be_are_refused_before_a_byte(
    connect: Connect, proxy: FaultProxy, odd: dict[str, Any]
) -> None:
    with connect() as vod, pytest.raises(VodError):
        vod.upload(b"x", name="a.mp4", **odd)
    assert proxy.connections == 0


def test_actions_and_the_name_of_a_space_can_be_renamed(connect: Connect) -> None:
    with connect(actions=["DescribeBucket=DescribeVideoSpace"], name_parameter="SpaceName") as vod:
        assert "defects" in {space.name for space in vod.spaces.list()}
        assert vod.call("GetVideoSpaceStatus")["DataSet"]
