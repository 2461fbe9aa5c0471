"""Answers that are given without the catalog: the same ones, and never for longer than they hold."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3
from sqlalchemy import update

from tests.waiting import until
from vodkit.server.catalog.tables import media
from vodkit.server.contract import Settings
from vodkit.server.service import tools

from . import conftest
from .conftest import Running
from .test_playback import BODY, ask, link, put

HTTP = urllib3.PoolManager(retries=False)
DATED = {"date"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("express") / "data")
    put(running, "film.mp4", BODY, "video/mp4")
    put(running, "list.m3u8", b"#EXTM3U\n", "application/vnd.apple.mpegurl")
    put(running, "empty", b"", "")
    yield running
    running.stop()


def twice(url: str, **headers: str) -> list[tuple[int, dict[str, str], bytes]]:
    """The answer that asks the catalog, and the one right after it."""
    found = []
    for extra in ({"X-Long-Way": "1"}, {}, {}):
        answer = HTTP.request("GET", url, headers={**headers, **extra})
        shown = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in DATED}
        found.append((answer.status, shown, answer.data))
    assert "date" in answer.headers
    return found


@pytest.mark.parametrize("name", ["film.mp4", "list.m3u8", "empty"])
@pytest.mark.parametrize(
    "wanted",
    [None, "bytes=0-0", "bytes=3-5", "bytes=0-99999999", "bytes=-3", "bytes=5-", "bytes=7-2", "x=1-2"],
)
def test_the_answers_are_the_same(service: Running, name: str, wanted: str | None) -> None:
    long, *short = twice(link(service, name)[0], **({"Range": wanted} if wanted else {}))
    assert short == [long, long]


def test_signed_links_and_downloads(service: Running) -> None:
    url, signed = link(service, "film.mp4")
    for target in (signed, f"{url}?download=a.mp4"):
        long, *short = twice(target, Range="bytes=10-19")
        assert long[0] == 206
        assert short == [long, long]
    assert HTTP.request("GET", signed[:-3] + "xyz").status == 403


def test_a_host_name_of_its_own(service: Running) -> None:
    url = link(service, "film.mp4")[0]
    assert HTTP.request("GET", url).status == 200
    answer = HTTP.request("GET", url, headers={"Host": "room.toy"})
    assert answer.json()["authority"] == "room.toy"


def test_conditions_take_the_long_way(service: Running) -> None:
    url = link(service, "film.mp4")[0]
    assert HTTP.request("GET", url).status == 200
    assert HTTP.request("GET", url, headers={"If-None-Match": '"tag"'}).status == 304
    assert HTTP.request("HEAD", url).data == b""


def test_answers_to_requests_sent_at_once_stay_in_order(service: Running) -> None:
    path = link(service, "film.mp4")[0].removeprefix(service.url).encode()
    asked = [b"bytes=1-2", b"bytes=-1", b"bytes=5-1048580", b"bytes=9-9"]
    host = service.url.removeprefix("http://").encode()
    head = b"GET %b HTTP/1.1\r\nHost: %b\r\n" % (path, host)
    with service.wire() as wire:
        wire.send(b"".join(b"%bRange: %b\r\n\r\n" % (head, wanted) for wanted in asked * 3))
        got = [wire.answer() for _ in asked * 3]
    assert [answer[0] for answer in got] == [206] * len(got)
    assert [answer[2] for answer in got] == [BODY[1:3], BODY[-1:], BODY[5:1048581], BODY[9:10]] * 3


def test_a_client_that_goes_while_many_answers_wait_is_no_error(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    running = start(tmp_path / "data", log_level="info")
    put(running, "film.mp4", BODY, "video/mp4")
    path = link(running, "film.mp4")[0].removeprefix(running.url).encode()
    request = b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (path, running.url.removeprefix("http://").encode())
    with running.wire() as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**12)
        wire.send(request * 20)
        time.sleep(0.5)
    code, said = running.stop()
    assert code == 0
    assert "exception" not in said and "error" not in said


def test_an_answer_that_is_taken_slowly_is_whole(service: Running) -> None:
    path = link(service, "film.mp4")[0].removeprefix(service.url).encode()
    head = b"GET %b HTTP/1.1\r\nHost: %b\r\n" % (path, service.url.removeprefix("http://").encode())
    assert len(BODY) > 2**21
    ends = (2**20, 2**21 - 1, len(BODY) - 1)
    with service.wire() as wire, service.wire() as other:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**17)
        for end in ends:
            wire.send(b"%bRange: bytes=1-%d\r\n\r\n" % (head, end))
        time.sleep(0.2)
        # What others are given meanwhile comes from the same memory.
        assert other.send(b"%bRange: bytes=7-1000000\r\n\r\n" % head).answer()[2] == BODY[7:1000001]
        assert [wire.answer()[2] for _ in ends] == [BODY[1 : end + 1] for end in ends]


def test_a_connection_in_use_lives_and_an_idle_one_ends(
    start: Callable[..., Running], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        conftest, "SERVE", conftest.SERVE.replace("logs.conf", "run.KEEP_ALIVE = 1; logs.conf")
    )
    running = start(tmp_path / "data", log_level="info")
    put(running, "film.mp4", BODY, "video/mp4")
    path = link(running, "film.mp4")[0].removeprefix(running.url).encode()
    head = b"GET %b HTTP/1.1\r\nHost: %b\r\n" % (path, running.url.removeprefix("http://").encode())
    with running.wire() as wire:
        for _ in range(10):
            assert wire.send(b"%bRange: bytes=1-2\r\n\r\n" % head).answer()[0] == 206
            time.sleep(0.3)
        assert wire.status() == 0


def test_new_bytes_show_at_once(service: Running) -> None:
    for body in (b"one", b"other"):
        put(service, "changing", body, "video/mp4")
        assert [HTTP.request("GET", link(service, "changing")[0]).data for _ in range(3)] == [body] * 3


def test_what_another_process_hides_is_hidden_soon(service: Running) -> None:
    put(service, "hidden.mp4", b"film", "video/mp4")
    ask(service, "/toy/media", id="hidden", space="room", key="hidden.mp4")
    url = link(service, "hidden.mp4")[0]
    assert [HTTP.request("GET", url).status for _ in range(2)] == [200, 200]
    private = update(media).where(media.c.id == "hidden").values(access="private")
    with tools(Settings(data=str(service.data))) as parts:
        parts.catalog.write_now(lambda conn: conn.execute(private))
    until(lambda: HTTP.request("GET", url).status == 403)
