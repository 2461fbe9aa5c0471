"""Callbacks on their way: to real receivers, again and again, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vodkit import webhooks
from vodkit.server.procedures import change_settings

from ..callbacks.receiver import Got, receiving, status
from .studio import Made, Studio
from .world import Caller, World, running


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """A service of the test's own, which may reach this machine unless the test says otherwise."""
    private = getattr(request, "param", True)
    with running(tmp_path, private_targets=private) as found:
        yield found


@pytest.fixture
def studio(world: World) -> Studio:
    return Studio(world)


def upload(caller: Caller, **params: Any) -> int:
    return int(caller.upload(b"a film", **params)[1]["ret"]["vid"])


def read(got: Got, key: str = "vcloud") -> webhooks.Callback:
    """What a request says, once its signature is found to be right."""
    return webhooks.verify("netease", got.headers, got.body, key=key)


@pytest.mark.covers("netease 13-43", "netease 13-45")
def test_a_receiver_that_fails_is_asked_again_with_the_same_id(
    world: World, one: Caller, studio: Studio
) -> None:
    with receiving(status("500 Oops", "302 Found", "204 No Content")) as receiver:
        one("callback/setUrl", type=2, callbackUrl=receiver.url, signKey="First1")
        vid = upload(one, userDefInfo="order 7")
        studio.send()
        one("callback/setUrl", type=2, callbackUrl=receiver.url, signKey="Second2")
        for tries, wait in ((1, 10), (2, 60), (3, 300)):
            studio.send()
            assert len(receiver.got) == tries
            world.clock.ahead += wait - 1
            studio.send()
            assert len(receiver.got) == tries
            world.clock.ahead += 1.1
        studio.send()
        assert len(receiver.got) == 3
    first, second, third = receiver.got
    assert first.body == second.body == third.body
    heard = [read(first, "First1"), read(second, "Second2"), read(third, "Second2")]
    assert {callback.id for callback in heard} == {receiver.ids[0]} == {heard[0].payload["nId"]}
    assert (heard[0].type, heard[0].media) == ("media.uploaded", str(vid))
    assert heard[0].payload["userDefInfo"] == "order 7"
    assert [state for state, _, _ in studio.deliveries()] == ["done"]


@pytest.mark.covers("netease 13-45")
def test_a_receiver_that_never_takes_it_is_given_up(world: World, one: Caller, studio: Studio) -> None:
    with receiving(status("500 Oops")) as receiver:
        upload(one, uploadCallbackUrl=receiver.url)
        for _ in range(10):
            studio.send()
            world.clock.ahead += 100_000
        assert len(receiver.got) == 8
    assert studio.deliveries() == [("dead", 8, "the receiver answered 500")]


@pytest.mark.covers("netease 13-44")
def test_an_upload_is_told_of_before_its_transcoding(world: World, one: Caller, studio: Studio) -> None:
    preset = one("preset/create", presetName="p", sdMp4=1)["presetId"]
    with receiving(status("500 Oops", "200 OK")) as uploads, receiving() as transcodes:
        vid = upload(one, presetId=preset, uploadCallbackUrl=uploads.url, callbackUrl=transcodes.url)
        studio.send()
        studio.end(vid, [Made("file", "sd")])
        studio.send()
        assert (len(uploads.got), len(transcodes.got)) == (1, 0)
        assert studio.deliveries()[1][:2] == ("waiting", 0)
        world.clock.ahead += 10.1
        studio.send()
        world.clock.ahead += 1.1
        studio.send()
        assert (len(uploads.got), len(transcodes.got)) == (2, 1)
    callback = read(transcodes.got[0])
    assert (callback.type, callback.media) == ("procedure.changed", str(vid))
    assert callback.payload["sdMp4Addr"] == one("video/get", vid=vid)["sdMp4Url"]
    assert studio.deliveries() == [("done", 2, ""), ("done", 1, "")]


@pytest.mark.covers("netease 13-47")
@pytest.mark.parametrize("world", [False], indirect=True)
def test_receivers_in_private_networks_need_leave(world: World, one: Caller, studio: Studio) -> None:
    with receiving() as receiver:
        vid = upload(one, uploadCallbackUrl=receiver.url)
        studio.send()
        assert not receiver.got
        ((state, _, error),) = studio.deliveries()
        assert (state, "private" in error) == ("waiting", True)
        account = world.media(vid).account
        studio.write(lambda conn: change_settings(conn, account, private_targets=True))
        world.clock.ahead += 10.1
        studio.send()
        assert read(receiver.got[0]).media == str(vid)
