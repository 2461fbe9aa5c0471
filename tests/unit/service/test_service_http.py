"""What the service makes of requests, over raw sockets."""

from __future__ import annotations

import hashlib

import pytest

from tests.waiting import until

from .conftest import Running


def get(target: str, host: str = "a.toy", *headers: str) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", f"Host: {host}", *headers, "", ""]).encode()


@pytest.mark.parametrize(
    ("line", "host", "expected"),
    [
        ("/key%20x?a=b", "B.toy:80", ("b.toy:80", "/key%20x", "a=b")),
        ("http://bucket.toy/key?x=1", "127.0.0.1", ("bucket.toy", "/key", "x=1")),
        ("http://bucket.toy:8080/a//b%2Fc?", "other.toy", ("bucket.toy:8080", "/a//b%2Fc", "")),
        ("http://user:word@bucket.toy", "x", ("bucket.toy", "/", "")),
        ("HTTP://BUCKET_1.toy?x=1", "x", ("bucket_1.toy", "/", "x=1")),
        ("toy/new_slice?u=http://x/", "127.0.0.1", ("127.0.0.1", "/toy/new_slice", "u=http://x/")),
        ("//double/x", "a.toy", ("a.toy", "//double/x", "")),
    ],
)
def test_targets(running: Running, line: str, host: str, expected: tuple[str, str, str]) -> None:
    with running.wire() as wire:
        seen = wire.send(get(line, host)).json()
    assert (seen["authority"], seen["path"], seen["query"]) == expected


def test_target_without_slash_in_two_pieces(running: Running) -> None:
    with running.wire() as wire:
        wire.send(b"GE")
        wire.send(b"T toy/x HTTP/1.1\r\nHost: h\r\n\r\n")
        assert wire.json()["path"] == "/toy/x"


def test_unclaimed_request_says_what_this_is(running: Running) -> None:
    with running.wire() as wire:
        status, headers, body = wire.send(get("/nothing", "example.org")).answer()
    assert status == 404
    assert headers["content-type"] == "application/json"
    assert b"vodkit" in body and b"toy" in body


def test_health(running: Running) -> None:
    with running.wire() as wire:
        assert wire.send(get("/health", "localhost")).json()["status"] == "ok"


def test_a_virtual_host_owns_all_its_paths(running: Running) -> None:
    with running.wire() as wire:
        assert wire.send(get("/health", "b.toy")).json()["path"] == "/health"


def test_pipelined_requests_are_answered_in_order(running: Running) -> None:
    posts = [
        b"POST /%d HTTP/1.1\r\nHost: a.toy\r\nContent-Length: %d\r\n\r\n%b" % (n, 70_000, bytes([n]) * 70_000)
        for n in range(5)
    ]
    with running.wire() as wire:
        wire.send(b"".join(posts))
        for n in range(5):
            seen = wire.json()
            assert seen["path"] == f"/{n}"
            assert seen["md5"] == hashlib.md5(bytes([n]) * 70_000).hexdigest()


def test_chunked_body(running: Running) -> None:
    head = b"PUT /k HTTP/1.1\r\nHost: a.toy\r\nTransfer-Encoding: chunked\r\n\r\n"
    with running.wire() as wire:
        seen = wire.send(head + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n").json()
    assert (seen["size"], seen["md5"]) == (11, hashlib.md5(b"hello world").hexdigest())


def test_expect_continue_then_body(running: Running) -> None:
    with running.wire() as wire:
        wire.send(b"PUT /k HTTP/1.1\r\nHost: a.toy\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert wire.answer()[0] == 100
        assert wire.send(b"abc").json()["size"] == 3


def test_expect_continue_refused_closes(running: Running) -> None:
    with running.wire() as wire:
        wire.send(
            b"PUT /k?refuse HTTP/1.1\r\nHost: a.toy\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        )
        status, headers, _ = wire.answer()
        assert (status, headers["connection"]) == (403, "close")
        assert wire.status() == 0


def test_answer_before_the_body_is_read_keeps_the_connection_usable(running: Running) -> None:
    body = bytes(500_000)
    with running.wire() as wire:
        wire.send(b"PUT /k?refuse HTTP/1.1\r\nHost: a.toy\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert wire.answer()[0] == 403
        assert wire.send(get("/next")).json()["path"] == "/next"


@pytest.mark.parametrize("coding", [b"Content-Length: 1000", b"Transfer-Encoding: chunked"])
def test_a_client_that_goes_away_leaves_a_truncated_body(running: Running, coding: bytes) -> None:
    note = running.data / "refused"
    note.unlink(missing_ok=True)
    with running.wire() as wire:
        wire.send(b"PUT /k HTTP/1.1\r\nHost: a.toy\r\n" + coding + b"\r\n\r\n5\r\nhello\r\n")
    until(note.exists)
    assert note.read_text() == "Truncated"


@pytest.mark.parametrize("announced", [True, False])
def test_read_stops_at_its_limit(running: Running, announced: bool) -> None:
    head = b"POST /k?small HTTP/1.1\r\nHost: a.toy\r\n"
    if announced:
        message = head + b"Content-Length: 1001\r\n\r\n" + bytes(1001)
    else:
        message = head + b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + bytes(1001) + b"\r\n0\r\n\r\n"
    with running.wire() as wire:
        status, _, body = wire.send(message).answer()
    assert (status, b"TooLarge" in body) == (400, True)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: a.toy\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a.toy\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: a.toy\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a.toy\r\nX: " + b"x" * 4_000_000,
    ],
)
def test_oversize_head_is_refused(running: Running, head: bytes) -> None:
    with running.wire() as wire:
        try:
            wire.send(head)
            status = wire.status()
        except ConnectionError:
            status = 431
        assert status == 431


@pytest.mark.parametrize(
    "message",
    [
        b"nonsense\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a.toy\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a.toy\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: a.toy\r\nContent-Length: -1\r\n\r\n",
        b"CONNECT a.toy:443 HTTP/1.1\r\nHost: a.toy\r\n\r\n",
        b"G" * 40,
    ],
)
def test_what_is_not_http_is_refused(running: Running, message: bytes) -> None:
    with running.wire() as wire:
        assert wire.send(message).status() in (400, 404)


def test_a_failing_room_answers_500_with_the_request_id(running: Running) -> None:
    with running.wire() as wire:
        status, _, body = wire.send(get("/?fail")).answer()
    assert status == 500
    assert b"request" in body and b"on purpose" not in body
