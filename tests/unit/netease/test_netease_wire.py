"""Messages, made and read; what strangers send is refused and never raises."""

from __future__ import annotations

import json

import pytest

from vodkit.providers.netease import wire


def test_an_answer_of_the_api() -> None:
    answer = wire.parse_answer(wire.success({"vid": 7}, "r1"))
    assert answer == wire.Answer(200, "", "r1", {"vid": 7})
    assert json.loads(wire.success({}, "r"))["ret"] == {}
    refused = wire.parse_answer(wire.failure(710, "no", "r2"))
    assert refused == wire.Answer(710, "no", "r2", {})
    assert wire.parse_answer(b'{"code":"200","ret":null}') == wire.Answer(200, "", "", {})


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"7", b"{}", b'{"code":null}', b'{"code":"--5"}', b'{"code":true}',
     b'{"code":1.5}',
     '{"code":"²"}'.encode(), b"\xff", b"[" * 100_000, b'{"code":' + b"9" * 30 + b"}"],
)  # fmt: skip
def test_what_is_no_answer(body: bytes) -> None:
    assert wire.parse_answer(body) is None


def test_a_lookups_answer() -> None:
    assert wire.parse_lbs(wire.lbs_answer("http://l/lbs", ["http://a"])) == ("http://a", "http://a")
    assert wire.parse_lbs(b'{"upload":["http://a/","b",7,"https://c:1"]}') == ("http://a", "https://c:1")
    for body in (b"", b"[]", b'{"upload":"http://a"}', b'{"Code":"x","Message":"y"}'):
        assert wire.parse_lbs(body) == ()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("offset=0&complete=true&version=1.0", (0, True, "")),
        ("version=1.0&complete=false&offset=12", (12, False, "")),
        ("complete=true&version=1.0", (0, True, "")),
        ("offset=7&complete=false&context=a%2Fb%20%2B%26&version=1.0", (7, False, "a/b +&")),
        ("offset=0&complete=true&context=&version=1.0", (0, True, "")),
    ],
)
def test_a_blocks_query(query: str, expected: tuple[int, bool, str]) -> None:
    found = wire.parse_block_query(query)
    assert (found.offset, found.complete, found.context) == expected


def test_queries_come_back_as_they_were_made() -> None:
    found = wire.parse_block_query(wire.block_query(7, False, "a/b +&=%视"))
    assert (found.offset, found.complete, found.context) == (7, False, "a/b +&=%视")
    assert wire.is_resume_query(wire.resume_query("c d"))
    assert wire.parse_resume_query(wire.resume_query("c d&e")) == "c d&e"
    assert wire.is_node_query(wire.resume_query("c"))
    assert wire.is_node_query(wire.block_query(0, True, ""))
    assert not wire.is_node_query("uploads&version=1.0")
    assert wire.parse_lbs_query(wire.lbs_query("a b")) == "a b"


@pytest.mark.parametrize("name", ["a.mp4", "a/b c.mp4", "视频?#%.mp4", "..", "a+b&c=d"])
def test_paths_come_back_as_they_were_made(name: str) -> None:
    path = wire.object_path("bucket", name)
    assert path.count("/") == 2
    assert wire.parse_object_path(path) == ("bucket", name)


@pytest.mark.parametrize("path", ["/", "/bucket", "/bucket/", "//x", "/app/vod", "/lbs/x", "/stat/sdk", ""])
def test_what_is_no_objects_path(path: str) -> None:
    assert wire.parse_object_path(path) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"offset":"5"}', b'{"offset":-1}', b'{"offset":true}', b'{"offset":1.5}', b"[1]", b"null"],
)
def test_what_is_no_answer_to_a_block(body: bytes) -> None:
    assert wire.parse_block_reply(body) is None


def test_a_publishing_message_that_cannot_be_read_is_none() -> None:
    for message in ("%%%", "bm90IGpzb24=", 7, None):
        reply = wire.parse_block_reply(json.dumps({"offset": 5, "callbackRetMsg": message}).encode())
        assert reply is not None
        assert reply.callback is None


@pytest.mark.parametrize(
    ("name", "kind", "type"),
    [
        ("a.MP4", "video", "video/mp4"), ("a.jpg", "image", "image/jpeg"), ("a.mp3", "audio", "audio/mpeg"),
        ("noext", "video", "application/octet-stream"), (".jpg", "video", "application/octet-stream"),
    ],
)  # fmt: skip
def test_kinds(name: str, kind: str, type: str) -> None:
    assert (wire.kind(name), wire.content_type(name)) == (kind, type)


def test_names() -> None:
    assert wire.clean_name('C:\\x\\a?b"c.mp4') == "a_b_c.mp4"
    assert wire.clean_name("/etc/") == ""
    assert wire.object_name("u", "a.TAR.gz") == "u.gz"
    assert wire.object_name("u", ".hidden") == "u"
    assert wire.media_id(7, None) == "7"
    assert wire.media_id(None, 7) == "img-7"
