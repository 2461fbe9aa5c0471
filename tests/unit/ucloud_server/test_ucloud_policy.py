"""Upload policies: the callback goes out when the object is there, and its answer is that of the upload."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.waiting import until
from vodkit import webhooks
from vodkit.core.errors import RemoteError
from vodkit.providers.ucloud import sign
from vodkit.server.catalog.tables import deliveries
from vodkit.server.deliveries import rows
from vodkit.server.deliveries.sender import Sender

from ..receiver import Receiver, receiver
from ..serving import serving
from .test_ucloud_media import World
from .world import ACCOUNTS, Answer


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("service")
    with serving(folder, ACCOUNTS, workers=0, private_targets=True) as served:
        yield World(served, Answer)


@pytest.fixture
def shop() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def encoded(url: str, body: Any = "a=1&b=2", **more: Any) -> str:
    return sign.encode_policy({"callbackUrl": url, "callbackBody": body, **more})


def put(world: World, key: str, policy: str, data: bytes = b"hello") -> Answer:
    return world.one.do("PUT", key, data, headers={"Content-Type": "video/mp4"}, policy=policy)


def kept(world: World) -> list[Any]:
    """State and tries of all deliveries, the latest first."""
    query = select(deliveries.c.state, deliveries.c.attempts).order_by(deliveries.c.created.desc())
    return [tuple(row) for row in world.write(lambda conn: conn.execute(query).all())]


@pytest.mark.covers("ucloud policy")
@pytest.mark.parametrize("way", ["put", "parts"])
def test_the_answer_of_the_callback_is_that_of_the_upload(world: World, shop: Receiver, way: str) -> None:
    shop.answer = '{"id": 7, "名": "片"}'.encode()
    policy, key = encoded(f"{shop.url}/made?x=1"), f"policy/{way}.mp4"
    if way == "put":
        answer = put(world, key, policy)
    else:
        id = world.one.open(key)
        answer = world.one.finish(key, id, world.one.parts(key, id, b"hello"), policy=policy)
    assert (answer.status, answer.body) == (200, shop.answer)
    assert answer.headers["content-type"] == "application/json"
    assert answer.etag == "AQAAAKr0xh3cxeii2r7eDztILNmuqUNN"
    (got,) = shop.got
    assert (got.method, got.path, got.body) == ("POST", "/made?x=1&a=1&b=2", b"a=1&b=2")
    assert got.headers["content-type"] == "application/x-www-form-urlencoded"
    assert kept(world)[0] == ("done", 1)
    callback = webhooks.parse("ucloud", got.headers, got.body)
    assert (callback.type, dict(callback.payload)) == ("media.uploaded", {"a": "1", "b": "2"})
    assert callback.id == got.headers["x-vodkit-event"] != ""


def test_the_object_is_there_when_the_callback_comes(world: World, shop: Receiver) -> None:
    shop.wait = threading.Event()
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(put(world, "early.mp4", encoded(shop.url))))
    thread.start()
    try:
        until(lambda: shop.got)
        assert world.one.get("early.mp4").body == b"hello"
        assert not answers
    finally:
        shop.wait.set()
        thread.join()
    assert answers[0].status == 200


@pytest.mark.parametrize(
    ("body", "more", "type_", "sent"),
    [
        (
            '{"Name":"$(x:n)"}',
            {"callbackBodyType": "application/json"},
            "application/json",
            {"Name": 'A "b"'},
        ),
        ({"n": [1, "$(x:n)"]}, {}, "application/json", {"n": [1, 'A "b"']}),
    ],
)
def test_json_bodies_and_their_variables(
    world: World, shop: Receiver, body: Any, more: Any, type_: str, sent: Any
) -> None:
    policy = encoded(shop.url, body, callbackVar={"x:n": 'A "b"'}, **more)
    assert put(world, "json.mp4", policy).status == 200
    (got,) = shop.got
    assert (json.loads(got.body), got.path, got.headers["content-type"]) == (sent, "/", type_)


def test_variables_of_a_form(world: World, shop: Receiver) -> None:
    policy = encoded(shop.url, "n=$(x:n)&o=$(x:other)&p=$(key)", callbackVar={"x:n": "a&b 片"})
    assert put(world, "form.mp4", policy).status == 200
    assert shop.got[0].body == b"n=a%26b%20%E7%89%87&o=$(x:other)&p=$(key)"


def test_policies_as_other_sdks_encode_them(world: World, shop: Receiver) -> None:
    told = json.dumps({"callbackUrl": f"{shop.url}/~?>", "callbackBody": "a=1"}).replace('"', '\\"')
    policy = base64.b64encode(told.encode()).decode()
    assert put(world, "standard.mp4", policy).status == 200
    assert len(shop.got) == 1


@pytest.mark.parametrize(
    "told",
    [
        {"callbackUrl": "ftp://a/"},
        {"callbackUrl": "http://user:secret@a/"},
        {"callbackUrl": 7},
        {"callbackUrl": "http://a/", "callbackBody": 7},
        {"callbackUrl": "http://a/", "callbackVar": []},
        {"callbackUrl": "http://a/", "callbackBodyType": "a\r\nb: c"},
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused_before_a_byte(world: World, told: Any) -> None:
    answer = put(world, "refused.mp4", sign.encode_policy(told))
    assert answer.refusal == (400, -148650)
    assert "secret" not in answer.json["ErrMsg"]
    assert put(world, "refused.mp4", "AAAA").status == 400
    assert world.one.get("refused.mp4").status == 404


@pytest.mark.covers("ucloud policy-fails")
@pytest.mark.parametrize(("status", "said"), [(500, b"{}"), (200, b"<html>"), (200, b""), (302, b"{}")])
def test_a_callback_that_fails_is_said_and_tried_again(
    world: World, shop: Receiver, status: int, said: bytes
) -> None:
    shop.status, shop.answer = status, said
    answer = put(world, "failing.mp4", encoded(shop.url))
    assert answer.refusal == (502, -148651)
    assert "the object is stored" in answer.json["ErrMsg"]
    assert world.one.get("failing.mp4").body == b"hello"
    assert kept(world)[0] == ("waiting", 1)
    shop.status, shop.answer = 200, b"{}"
    world.clock.ahead += 120
    Sender(world.service).run(threading.Event())
    first, second = shop.got
    assert (first.path, first.body) == (second.path, second.body)
    assert first.headers["x-vodkit-event"] == second.headers["x-vodkit-event"]
    assert kept(world)[0] == ("done", 2)


@pytest.mark.covers("ucloud policy-fails")
def test_a_try_that_nobody_made_is_the_workers(world: World, shop: Receiver) -> None:
    """As after a kill -9 between the commit and the callback."""
    attempt = world.service.deliveries.attempt
    world.service.deliveries.attempt = _killed  # type: ignore[method-assign]
    try:
        assert put(world, "killed.mp4", encoded(shop.url)).status == 500
    finally:
        world.service.deliveries.attempt = attempt  # type: ignore[method-assign]
    Sender(world.service).run(threading.Event())
    assert shop.got == []
    world.clock.ahead += rows.LEASE + 1
    Sender(world.service).run(threading.Event())
    assert len(shop.got) == 1


async def _killed(taken: object) -> object:
    raise RuntimeError("killed")


def test_private_addresses_are_for_those_who_may(tmp_path: Path, shop: Receiver) -> None:
    with serving(tmp_path, ACCOUNTS, workers=0) as served:
        answer = put(World(served, Answer), "inner.mp4", encoded(shop.url))
    assert answer.refusal == (502, -148651)
    assert "private" in answer.json["ErrMsg"]
    assert shop.got == []


def test_our_client_hands_out_what_the_callback_answered(
    world: World, shop: Receiver, tmp_path: Path
) -> None:
    import vodkit

    file = tmp_path / "movie.mp4"
    file.write_bytes(b"x" * 5_000_000)
    options = {"public_key": "one@example.com", "private_key": "secret-one", "space": "one-private"}
    with vodkit.connect("ucloud", service=world.url, state_dir=str(tmp_path / "state"), **options) as vod:
        media = vod.upload(file, callback_url=f"{shop.url}/cb", callback_body="key=movie")
        assert media.extra["Callback"] == {"ok": True}
        assert vod.media.get(media.id).size == 5_000_000
        shop.status = 500
        with pytest.raises(RemoteError, match="the object is stored") as failed:
            vod.upload(file, key="again.mp4", callback_url=f"{shop.url}/cb")
        assert (failed.value.code, failed.value.retryable) == ("-148651", False)
        assert vod.media.get("one-private/again.mp4").size == 5_000_000
    assert [got.path for got in shop.got] == ["/cb?key=movie", "/cb"]
