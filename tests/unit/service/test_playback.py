"""Play URLs over HTTP: bytes, headers, links, and media that may not play."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import pytest
import urllib3

from .conftest import Running

BODY = bytes(range(256)) * 12_000
KEY = "films/ü b?#%.mp4"
HTTP = urllib3.PoolManager(retries=False)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("play") / "data")
    put(running, KEY, BODY, "video/mp4")
    put(running, "empty", b"", "")
    yield running
    running.stop()


def put(running: Running, key: str, body: bytes, kind: str) -> None:
    target = f"{running.url}/toy/put/room/{quote(key, safe='')}"
    answer = HTTP.request("PUT", target, body=body, headers={"Content-Type": kind})
    assert answer.status == 200, answer.data


def ask(running: Running, path: str, **fields: str) -> Any:
    answer = HTTP.request("GET", f"{running.url}{path}", fields=fields)
    assert answer.status == 200, answer.data
    return answer.json()


def link(running: Running, key: str = KEY, lifetime: float = 60) -> tuple[str, str]:
    found = ask(running, "/toy/link", space="room", key=key, lifetime=str(lifetime))
    return found["url"], found["signed"]


def test_the_whole(service: Running) -> None:
    answer = HTTP.request("GET", link(service)[0])
    assert (answer.status, answer.data) == (200, BODY)
    expected = {
        "content-type": "video/mp4",
        "content-length": str(len(BODY)),
        "etag": '"tag"',
        "accept-ranges": "bytes",
        "access-control-allow-origin": "*",
        "x-content-type-options": "nosniff",
    }
    assert {name: answer.headers[name] for name in expected} == expected


def test_head_has_the_length_and_no_body(service: Running) -> None:
    answer = HTTP.request("HEAD", link(service)[0])
    assert (answer.status, answer.headers["content-length"], answer.data) == (200, str(len(BODY)), b"")


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 0), (0, 1 << 20), (1_048_575, 1_048_577), (len(BODY) - 1, None)],
)
def test_ranges(service: Running, start: int, end: int | None) -> None:
    wanted = f"bytes={start}-{'' if end is None else end}"
    answer = HTTP.request("GET", link(service)[0], headers={"Range": wanted})
    piece = BODY[start : None if end is None else end + 1]
    assert (answer.status, answer.data) == (206, piece)
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(piece) - 1}/{len(BODY)}"


def test_range_after_the_end(service: Running) -> None:
    answer = HTTP.request("GET", link(service)[0], headers={"Range": f"bytes={len(BODY)}-"})
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(BODY)}")
    assert answer.headers["content-length"] == "0"


def test_an_empty_object(service: Running) -> None:
    answer = HTTP.request("GET", link(service, "empty")[0])
    assert (answer.status, answer.data) == (200, b"")
    assert answer.headers["content-type"] == "application/octet-stream"


def test_not_modified(service: Running) -> None:
    answer = HTTP.request("GET", link(service)[0], headers={"If-None-Match": '"tag"'})
    assert (answer.status, answer.data, answer.headers["etag"]) == (304, b"", '"tag"')


def test_download_names_the_file(service: Running) -> None:
    answer = HTTP.request("HEAD", link(service)[0] + "?download=%C3%BC%22.mp4")
    assert (
        answer.headers["content-disposition"]
        == "attachment; filename=\"__.mp4\"; filename*=UTF-8''%C3%BC%22.mp4"
    )
    assert "films" not in HTTP.request("HEAD", link(service)[0] + "?download").headers["content-disposition"]


@pytest.mark.parametrize(
    "path", ["/v", "/v/", "/v/toy/room/", "/v/toy/room/none", "/v/nobody/room/x", "/v/toy/room/%FF"]
)
def test_what_is_not_there(service: Running, path: str) -> None:
    assert HTTP.request("GET", service.url + path).status == 404


def test_a_player_elsewhere_sees_why_it_is_refused(service: Running) -> None:
    for url, status in ((f"{service.url}/v/toy/room/none", 404), (link(service, lifetime=-1)[1], 403)):
        answer = HTTP.request("GET", url)
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, "*")
        assert answer.headers["cache-control"] == "no-store"


def test_other_methods(service: Running) -> None:
    refused = HTTP.request("DELETE", link(service)[0])
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    preflight = HTTP.request("OPTIONS", link(service)[0])
    assert (preflight.status, "GET" in preflight.headers["access-control-allow-methods"]) == (204, True)


def test_signed_links(service: Running) -> None:
    url, signed = link(service)
    assert HTTP.request("GET", signed).data == BODY
    signature = signed.rpartition("=")[2]
    for wrong in (
        signed[:-3] + "xyz",
        signed.replace("expires=1", "expires=2"),
        f"{url}?signature={signature}",
    ):
        assert HTTP.request("GET", wrong).status == 403
    other = signed.replace(url, link(service, "empty")[0])
    assert HTTP.request("GET", other).status == 403


def test_a_signed_playlist_takes_its_folder_along(tmp_path: Path) -> None:
    running = Running(tmp_path / "data", "--signed-playback")
    try:
        for key in (
            "f/1/main.m3u8",
            "f/1/720p/a b.ts",
            "f/10/other.ts",
            "f/1x.ts",
            "f/2/main.m3u8",
            "loose/x",
        ):
            put(running, key, key.encode(), "application/octet-stream")
        for number in "12":
            where = {"key": f"f/{number}/main.m3u8", "folder": f"f/{number}/"}
            ask(running, "/toy/media", id=number, space="room", **where)

        def signed(lifetime: float = 60) -> str:
            where = {"space": "room", "key": "f/1/main.m3u8", "folder": "f/1/"}
            return str(ask(running, "/toy/link", lifetime=str(lifetime), **where)["signed"])

        def got(url: str) -> int:
            return HTTP.request("GET", url).status

        url = signed()
        assert HTTP.request("GET", url).data == b"f/1/main.m3u8"
        assert HTTP.request("GET", urljoin(url, "720p/a%20b.ts")).data == b"f/1/720p/a b.ts"
        assert HTTP.request("GET", url + "?download").headers["content-disposition"].startswith("attachment")
        base, token, _ = re.fullmatch(r"(.*/v/s/)([^/]+)(/.*)", url).groups()  # type: ignore[union-attr]
        for other in ("f/10/other.ts", "f/1x.ts", "f/2/main.m3u8", "loose/x"):
            assert got(f"{base}{token}/toy/room/{other}") == 403
        assert got(f"{base}{token}/toy/room/f/1/absent.ts") == 404
        expires, _, signature = token.partition("-")
        for wrong in (
            f"{expires}0-{signature}",
            f"{expires}-{signature[:-3]}xyz",
            f"-{signature}",
            expires,
            "-",
        ):
            assert got(f"{base}{wrong}/toy/room/f/1/main.m3u8") == 403
        assert got(f"{base}{token}") == 404
        assert got(f"{running.url}/v/toy/room/f/1/main.m3u8?expires={expires}&signature={signature}") == 403
        assert got(signed(-1)) == 403
        assert got(f"{running.url}/v/toy/room/f/1/main.m3u8") == 403
        where = {"space": "room", "key": "loose/x", "folder": "f/1/"}
        assert HTTP.request("GET", f"{running.url}/toy/link", fields=where).status == 500
    finally:
        running.stop()


def test_an_expired_link(service: Running) -> None:
    answer = HTTP.request("GET", link(service, lifetime=-1)[1])
    assert (answer.status, json.loads(answer.data)) == (403, {"error": "the link has expired"})


def test_the_room_has_a_say(service: Running) -> None:
    url = link(service)[0]
    assert HTTP.request("HEAD", url + "?toy=yes").status == 200
    assert HTTP.request("HEAD", url + "?toy=no").status == 403


def test_media_that_may_not_play(service: Running) -> None:
    for name in ("blocked", "over", "fine"):
        put(service, f"{name}/film", b"film", "video/mp4")
        put(service, f"{name}/hls/segment.ts", b"part", "video/mp2t")
    common = {"space": "room"}
    ask(service, "/toy/media", id="b", key="blocked/film", folder="blocked/", status="blocked", **common)
    ask(service, "/toy/media", id="o", key="over/film", folder="over/", expires="-1", **common)
    ask(service, "/toy/media", id="f", key="fine/film", folder="fine/", expires="100", **common)
    got = {
        name: {
            HTTP.request("HEAD", link(service, f"{name}/{end}")[0]).status
            for end in ("film", "hls/segment.ts")
        }
        for name in ("blocked", "over", "fine")
    }
    assert got == {"blocked": {403}, "over": {404}, "fine": {200}}


def test_signed_playback_only(tmp_path: Path) -> None:
    running = Running(tmp_path / "data", "--signed-playback")
    try:
        put(running, "film", b"film", "video/mp4")
        url, signed = link(running, "film")
        assert HTTP.request("GET", url).status == 403
        assert HTTP.request("GET", url + "?toy=yes").data == b"film"
        assert HTTP.request("GET", signed).data == b"film"
    finally:
        running.stop()


def test_what_is_made_of_media_plays_under_the_same_rules(tmp_path: Path) -> None:
    running = Running(tmp_path / "data")
    try:
        put(running, "film", b"film", "video/mp4")
        for access in ("all", "private", "password"):
            put(running, f"{access}.mp4", b"original", "video/mp4")
            about = {"id": access, "space": "room", "key": f"{access}.mp4", "access": access}
            ask(running, "/toy/media", password="sesame", **about)
            for name in ("master.m3u8", "stream-0.mp4", "sprite.vtt", "cover.jpg"):
                put_made(running, f"{access}/made/{name}", name.encode())
        put_made(running, "nobody/made/master.m3u8", b"of no media")

        base = f"{running.url}/v/toy/@media"
        open_one = HTTP.request("GET", f"{base}/all/made/master.m3u8")
        assert (open_one.status, open_one.data) == (200, b"master.m3u8")
        assert open_one.headers["content-type"] == "application/vnd.apple.mpegurl"
        assert open_one.headers["cache-control"] == "no-cache"
        forever = HTTP.request("GET", f"{base}/all/made/stream-0.mp4").headers["cache-control"]
        assert forever == "public, max-age=31536000, immutable"
        assert HTTP.request("GET", f"{base}/all/made/sprite.vtt").headers["content-type"] == "text/vtt"
        assert (
            HTTP.request("HEAD", f"{running.url}/v/toy/room/all.mp4").headers["cache-control"] == "no-cache"
        )
        for access in ("private", "password"):
            for url in (f"{base}/{access}/made/master.m3u8", f"{running.url}/v/toy/room/{access}.mp4"):
                assert HTTP.request("GET", url).status == 403
                assert HTTP.request("GET", url + "?password=sesame").status == 403
                assert HTTP.request("GET", url + "?toy=yes", redirect=False).status in (200, 302)
            where = {"space": "@media", "key": f"{access}/made/master.m3u8", "folder": f"{access}/"}
            signed = ask(running, "/toy/link", **where)["signed"]
            for name in ("master.m3u8", "stream-0.mp4", "sprite.vtt", "cover.jpg"):
                answer = HTTP.request("GET", urljoin(signed, name))
                assert (answer.status, answer.data) == (200, name.encode())
                caching = answer.headers["cache-control"]
                assert re.fullmatch(r"private, (no-cache|max-age=[1-6]\d?, immutable)", caching)
            other = signed.replace(f"/{access}/", "/all/")
            assert HTTP.request("GET", other).status == 403
    finally:
        running.stop()


def put_made(running: Running, key: str, body: bytes) -> None:
    target = f"{running.url}/toy/put/{quote('@media', safe='')}/{quote(key, safe='')}"
    assert HTTP.request("PUT", target, body=body).status == 200


def test_a_vendors_link_to_a_playlist_leads_to_a_signed_folder(tmp_path: Path) -> None:
    running = Running(tmp_path / "data")
    try:
        put(running, "film.mp4", b"original", "video/mp4")
        ask(running, "/toy/media", id="m", space="room", key="film.mp4", access="private")
        for name in ("master.m3u8", "stream-0.mp4"):
            put_made(running, f"m/made/{name}", name.encode())
        base = f"{running.url}/v/toy/@media/m/made/"
        answer = HTTP.request("GET", f"{base}master.m3u8?toy=yes", redirect=False)
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (302, "*")
        assert answer.headers["cache-control"] == "no-store"
        there = answer.headers["location"]
        assert HTTP.request("GET", there).data == b"master.m3u8"
        assert HTTP.request("GET", urljoin(there, "stream-0.mp4")).data == b"stream-0.mp4"
        assert HTTP.request("GET", f"{base}stream-0.mp4?toy=yes").data == b"stream-0.mp4"
        assert HTTP.request("GET", f"{base}stream-0.mp4?toy=no").status == 403
    finally:
        running.stop()
