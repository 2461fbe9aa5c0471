"""The watch page over HTTP: who gets which answer. What it looks like is in tests/playback."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import urllib3

import vodkit.server.watch
from tests.browser import PLAYERS
from vodkit.server.tries import ALL, EACH, WINDOW, Tries

from .conftest import Running
from .test_playback import ask, link, put

VENDOR = Path(vodkit.server.watch.__file__).parent / "vendor"
HLS = "cfc70cc9e9fc63d071919e087670abc760c8fd1bc889b88588026e4d22193bbe"
"""SHA-256 of dist/hls.min.js in the npm package hls.js 1.7.4."""

HTTP = urllib3.PoolManager(retries=False)
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("watch") / "data")
    for id, access in (("open", "all"), ("hidden", "private"), ("asks", "password"), ("tries", "password")):
        put(running, f"{id}.mp4", b"film", "video/mp4")
        ask(running, "/toy/media", id=id, space="room", key=f"{id}.mp4", access=access, password="sesame")
    put(running, "stopped.mp4", b"film", "video/mp4")
    ask(running, "/toy/media", id="stopped", space="room", key="stopped.mp4", status="blocked")
    ask(running, "/toy/media", id="over", space="room", key="over.mp4", expires="-1")
    yield running
    running.stop()


def get(service: Running, path: str, method: str = "GET", **headers: str) -> urllib3.BaseHTTPResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HTTP.request(method, f"{service.url}/watch/{path}", headers=named, redirect=False)


def say(service: Running, id: str, password: str, **headers: str) -> urllib3.BaseHTTPResponse:
    named = {**FORM, **{name.replace("_", "-"): value for name, value in headers.items()}}
    body = urlencode({"password": password})
    return HTTP.request("POST", f"{service.url}/watch/{id}", body=body, headers=named, redirect=False)


def test_the_player_is_the_one_that_its_makers_released() -> None:
    body = (VENDOR / "hls.min.js").read_bytes()
    assert hashlib.sha256(body).hexdigest() == HLS
    released = PLAYERS / "hls.js" / "dist" / "hls.min.js"
    if released.exists():
        assert released.read_bytes() == body
    notice = (Path(__file__).parents[3] / "NOTICE").read_text()
    assert "hls.js 1.7.4" in notice and (VENDOR / "LICENSE.hls.js").read_text().startswith("Copyright")


def test_a_page_lets_nothing_in_from_elsewhere(service: Running) -> None:
    answer = get(service, "open")
    assert answer.status == 200
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    text = answer.data.decode()
    assert not re.findall(r"https?://", text)
    for name in re.findall(r'(?:src|href)="(-/[^"]+)"', text):
        asset = get(service, name)
        assert (asset.status, "immutable" in asset.headers["cache-control"]) == (200, True), name
        assert get(service, name.partition("?")[0]).headers["cache-control"] == "no-cache"
    head = get(service, "open", "HEAD")
    assert (head.status, head.data, head.headers["content-length"]) == (200, b"", str(len(answer.data)))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("", 404), ("nobody", 404), ("open/more", 404), ("-/nothing.js", 404), ("-/../pages.py", 404),
        ("-/%2e%2e/pages.py", 404), ("over", 404), ("stopped", 403), ("hidden", 403), ("hidden/state", 403),
        ("asks", 403), ("asks/state", 403), ("%00", 404), ("%ff", 404), ("v/toy/room/none", 404),
        ("v/nobody/x", 404), ("open?expires=9999999999&signature=x", 403),
        ("asks?expires=9999999999&signature=x", 403), ("open?expires=%C2%B2&signature=x", 403),
    ],
)  # fmt: skip
def test_what_is_not_shown(service: Running, path: str, status: int) -> None:
    assert get(service, path).status == status


def test_methods(service: Running) -> None:
    assert get(service, "open", "DELETE").status == 405
    assert say(service, "open", "sesame").status == 405
    assert get(service, "open/view", "GET").status == 405
    assert get(service, "open/view", "POST").status == 204
    assert get(service, "hidden/view", "POST").status == 403


def test_the_state_of_a_media(service: Running) -> None:
    answer = get(service, "open/state")
    assert json.loads(answer.data) == {"status": "ready", "state": "", "progress": 0.0, "step": ""}


def test_from_a_play_url_to_the_page(service: Running) -> None:
    for name in ("open", "hidden"):
        url, signed = link(service, f"{name}.mp4")
        assert get(service, url.replace(f"{service.url}/", "")).headers["location"] == f"/watch/{name}"
        there = get(service, signed.replace(f"{service.url}/", "")).headers["location"]
        assert there.startswith(f"/watch/{name}?expires=")
        assert HTTP.request("GET", service.url + there).status == 200
        wrong = signed.replace(f"{service.url}/", "").replace("signature=", "signature=x")
        assert get(service, wrong).status == 403
    expired = link(service, "hidden.mp4", lifetime=-1)[1]
    assert get(service, expired.replace(f"{service.url}/", "")).status == 403


def test_a_signed_address_is_for_one_page(service: Running) -> None:
    signed = link(service, "hidden.mp4")[1].replace(f"{service.url}/", "")
    there = get(service, signed).headers["location"]
    assert HTTP.request("GET", service.url + there.replace("/hidden", "/asks")).status == 403


def test_the_password_gets_a_cookie_for_its_page(service: Running) -> None:
    assert say(service, "asks", "wrong").status == 403
    assert say(service, "asks", "").status == 403
    answer = say(service, "asks", "sesame")
    assert (answer.status, answer.headers["location"]) == (303, "asks")
    cookie = answer.headers["set-cookie"]
    assert re.search(r"; Path=/watch/asks; Max-Age=43200; HttpOnly; SameSite=Lax$", cookie)
    value = cookie.partition(";")[0]
    shown = get(service, "asks", cookie=value)
    assert shown.status == 200
    assert b"/v/toy/room/asks.mp4?expires=" in shown.data
    assert get(service, "tries", cookie=value).status == 403
    expires = int(re.search(r"=(\d+)\.", value)[1])  # type: ignore[index]
    assert 0 <= expires - time.time() - 43200 + 60 <= 120
    for wrong in (
        value[:-2] + "xx",
        value.replace(str(expires), str(expires + 1)),
        "vodkit-watch=",
        "=;,",
    ):
        assert get(service, "asks", cookie=wrong).status == 403


@pytest.mark.parametrize(
    "headers",
    [{"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}, {"origin": "http://evil.test"}],
)
def test_another_site_cannot_send_the_form(service: Running, headers: dict[str, str]) -> None:
    answer = say(service, "asks", "sesame", **headers)
    assert (answer.status, "set-cookie" in answer.headers) == (403, False)
    assert get(service, "open/view", "POST", **headers).status == 403
    assert say(service, "asks", "sesame", origin=service.url).status == 303


def test_passwords_cannot_be_guessed_at_speed(service: Running) -> None:
    assert [say(service, "tries", str(number)).status for number in range(EACH)] == [403] * EACH
    answer = say(service, "tries", "sesame")
    assert answer.status == 429
    assert 0 < int(answer.headers["retry-after"]) <= WINDOW
    assert say(service, "asks", "sesame").status == 303


def test_a_form_that_is_too_large(service: Running) -> None:
    assert say(service, "asks", "x" * 10_000).status == 413


def test_wrong_passwords_are_forgotten_after_a_while() -> None:
    clock = [0.0]
    tries = Tries(lambda: clock[0])
    for _ in range(EACH):
        assert tries.wait("m", "a") == 0
        tries.wrong("m", "a")
    assert tries.wait("m", "a") == WINDOW
    assert tries.wait("m", "b") == tries.wait("n", "a") == 0
    clock[0] = WINDOW
    assert tries.wait("m", "a") == 0
    for number in range(ALL):
        tries.wrong("m", f"address {number}")
    assert tries.wait("m", "b") == WINDOW


def test_quoted_ids(service: Running) -> None:
    put(service, "odd.mp4", b"film", "video/mp4")
    ask(service, "/toy/media", id="a b", space="room", key="odd.mp4")
    assert get(service, quote("a b")).status == 200
