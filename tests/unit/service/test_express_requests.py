"""Which requests are answered without a parser, and which go the long way to be understood or refused."""

from __future__ import annotations

import math
import time

import pytest

from vodkit.server.blobs import BlobStore
from vodkit.server.express import Express, Ready
from vodkit.server.views import Views

BODY = b"0123456789"
HEADERS = b"Host: a:1\r\nUser-Agent: player\r\nRange: bytes=2-4\r\n"


class Seen(Views):
    def __init__(self) -> None:
        self.begins: list[tuple[str, str, str]] = []

    def begun(self, media: str, address: str, player: str) -> None:
        self.begins.append((media, address, player))


class World:
    def __init__(self) -> None:
        self.seen = Seen()
        self.version, self.now = 1, 1000.0
        store: BlobStore = None  # type: ignore[assignment]
        self.express = Express(store, lambda: self.version, lambda: self.now, self.seen)
        self.remember()

    def remember(self, target: bytes = b"/v/film?x=1", *, listed: bool = False) -> None:
        ready = Ready(b"etag: x\r\n", len(BODY), (), BODY, 2000.0, "media", listed)
        self.express.remember(b"a:1", target, self.version, ready)

    def ask(self, request: bytes) -> bytes | None:
        answer = self.express.answer(request, "1.2.3.4")
        return None if answer is None else b"".join(answer)


@pytest.fixture
def world() -> World:
    return World()


def get(headers: bytes, target: bytes = b"/v/film?x=1") -> bytes:
    return b"GET %b HTTP/1.1\r\n%b\r\n" % (target, headers)


@pytest.mark.parametrize(
    "headers",
    [
        b"Host: a:1\r\n",
        b"HOST:A:1\r\n",
        b"host:\t a:1 \t\r\n",
        b"Host: a:1\r\nConnection: Keep-Alive\r\n",
        b"Host: a:1\r\nUser-Agent: \xe4\xb8\xad\r\nAccept:\r\n",
    ],
)
def test_the_whole(world: World, headers: bytes) -> None:
    expected = b"HTTP/1.1 200 OK\r\netag: x\r\ncontent-length: 10\r\n" + BODY
    assert [world.ask(get(headers)) for _ in range(2)] == [expected] * 2


def test_a_range(world: World) -> None:
    head = b"HTTP/1.1 206 Partial Content\r\netag: x\r\ncontent-range: bytes 2-4/10\r\ncontent-length: 3\r\n"
    assert world.ask(get(HEADERS)) == head + b"234"


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"GET /v/film?x=1 HTTP/1.1\r\n",
        get(b""),
        get(HEADERS)[:-1],
        get(HEADERS) + b"\r\n",
        get(HEADERS) + get(HEADERS),
        get(HEADERS).replace(b"GET", b"HEAD"),
        get(HEADERS).replace(b"1.1", b"1.0"),
        get(HEADERS).replace(b"\r\n", b"\n"),
        get(HEADERS, b"/v/other"),
        get(HEADERS, b" /v/film?x=1"),
        get(HEADERS, b"/v/film?x=1 "),
        get(HEADERS, b"http://a:1/v/film?x=1"),
        get(b"Host: b:1\r\n"),
        get(b"User-Agent: player\r\n"),
        get(b"Host: a:1\r\nHost: a:1\r\n"),
        get(b"Host: b:1\r\nhost: a:1\r\n"),
        get(b"Host : a:1\r\n"),
        get(b" Host: a:1\r\n"),
        get(b"Host: a:1\r\n folded\r\n"),
        get(b"Host: a:1\r\nAccept: a\rb\r\n"),
        get(b"Host: a:1\r\nAccept: a\nRange: bytes=1-1\r\n"),
        get(b"Host: a:1\r\nAccept: a\0\r\n"),
        get(b"Host: a:1\r\nAccept\r\n"),
        get(b"Host: a:1\r\nContent-Length: 3\r\n") + b"GET",
        get(b"Host: a:1\r\nContent-Length: 0\r\n"),
        get(b"Host: a:1\r\nTransfer-Encoding: chunked\r\n"),
        get(b"Host: a:1\r\nExpect: 100-continue\r\n"),
        get(b"Host: a:1\r\nCookie: a=b\r\n"),
        get(b"Host: a:1\r\nIf-Range: x\r\n"),
        get(b"Host: a:1\r\nConnection: close\r\n"),
        get(b"Host: a:1\r\nConnection: keep-alive, te\r\n"),
        get(b"Host: a:1\r\nRange: bytes=-1\r\n"),
        get(b"Host: a:1\r\nRange: bytes=11-12\r\n"),
        get(b"Host: a:1\r\nAccept: " + b"a" * 5000 + b"\r\n"),
    ],
)
def test_the_long_way(world: World, request_: bytes) -> None:
    assert [world.ask(request_) for _ in range(2)] == [None, None]
    assert world.ask(get(HEADERS)) is not None


def test_who_begins_to_play_is_counted(world: World) -> None:
    world.ask(get(HEADERS))
    assert world.seen.begins == []
    world.ask(get(HEADERS.replace(b"2-4", b"0-")))
    assert world.seen.begins == []
    world.ask(get(HEADERS.replace(b"2-4", b"0-9")))
    assert world.seen.begins == [("media", "1.2.3.4", "player")]


def test_who_asks_for_a_list_of_streams_begins_to_play(world: World) -> None:
    world.remember(listed=True)
    world.ask(get(HEADERS))
    assert world.seen.begins == [("media", "1.2.3.4", "player")]


def test_who_downloads_a_file_does_not_play_it(world: World) -> None:
    world.ask(get(b"Host: a:1\r\n"))
    assert world.seen.begins == []


@pytest.mark.parametrize("change", ["version", "now"])
def test_nothing_is_given_for_longer_than_it_holds(world: World, change: str) -> None:
    assert world.ask(get(HEADERS)) is not None
    setattr(world, change, math.inf)
    assert world.ask(get(HEADERS)) is None


def test_many_different_players_fill_no_memory(world: World) -> None:
    for number in range(3000):
        assert world.ask(get(b"Host: a:1\r\nUser-Agent: %d\r\n" % number)) is not None
    assert len(world.express._asked) <= 1024


def test_what_nobody_asks_for_any_more_fills_no_memory(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(100):
        world.remember(b"/v/%d" % number)
    assert len(world.express._known) == 101
    later = time.monotonic() + 2.0
    monkeypatch.setattr("vodkit.server.express.time.monotonic", lambda: later)
    world.remember()
    assert len(world.express._known) == 1
