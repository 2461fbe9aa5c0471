"""What callbacks say, where they go, and how they are signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vodkit import webhooks
from vodkit.providers.netease import sign, wire

from .each_database import studio, world
from .studio import Due, Made, Studio
from .world import Caller, World

__all__ = ["studio", "world"]

GOLDEN = Path(__file__).parents[2] / "golden" / "netease" / "callbacks" / "observed.json"


def upload(caller: Caller, **params: Any) -> tuple[str, int]:
    """Name and vid of an uploaded object."""
    target, said = caller.upload("一部电影".encode(), "视频.mp4", **params)
    return target.object, said["ret"]["vid"]


def said(due: Due, key: str = "vcloud") -> dict[str, Any]:
    """What a message says, once it is found to be signed with this key and to have the event's id."""
    assert due.message.url == due.address.target
    assert due.message.method == "POST"
    assert sign.verify_callback(due.message.body, key, due.message.headers["sign"])
    body: dict[str, Any] = json.loads(due.message.body)
    assert body.pop("nId") == due.event.id
    return body


@pytest.mark.covers("netease 13-43")
def test_the_upload_callback(world: World, one: Caller, two: Caller, studio: Studio) -> None:
    name, vid = upload(two)
    assert studio.due(vid) == []
    two("upload/setcallback", callbackUrl="http://a.example/account")
    name, vid = upload(two)
    (due,) = studio.due(vid)
    assert due.message.url == "http://a.example/account"
    shown = two("video/get", vid=vid)
    assert said(due) == {
        "type": "upload", "vid": vid, "name": "视频.mp4", "origAddr": shown["origUrl"], "objectName": name,
    }  # fmt: skip
    assert "视频.mp4".encode() in due.message.body
    _, vid = upload(two, uploadCallbackUrl="http://a.example/file")
    (due,) = studio.due(vid)
    assert due.message.url == "http://a.example/file"
    _, vid = upload(one, uploadCallbackUrl="http://a.example/file")
    assert [due.message.url for due in studio.due(vid)] == ["http://a.example/file"]


@pytest.mark.covers("netease 13-46")
def test_the_users_own_text_comes_back_with_both_callbacks(one: Caller, studio: Studio) -> None:
    note = "用" * 256
    id = one("preset/create", presetName="p", sdMp4=1)["presetId"]
    url = "http://a.example/cb"
    _, vid = upload(one, presetId=id, userDefInfo=note, uploadCallbackUrl=url, callbackUrl=url)
    studio.end(vid)
    for due in studio.due(vid):
        body = said(due)
        assert (body["userDefInfo"], body["user_defined"]) == (note, note)
    one("transcode/resetmulti", vids=[vid], presetId=id, userDefInfo="again")
    studio.end(vid)
    assert said(studio.due(vid)[-1])["userDefInfo"] == "again"


@pytest.mark.covers("netease 13-44")
def test_the_transcode_callback(one: Caller, studio: Studio) -> None:
    id = one("preset/create", presetName="p", shdMp4=1, shdFlv=1, shdHls=1)["presetId"]
    _, vid = upload(one, presetId=id)
    assert studio.due(vid) == []
    one("transcode/setcallback", callbackUrl="http://a.example/account")
    made = [
        Made("cover"),
        Made("file", "shd"),
        Made("file", "shdFlv", container="flv"),
        Made("streams", "shd"),
    ]
    studio.end(vid, made)
    (due,) = studio.due(vid)
    assert due.message.url == "http://a.example/account"
    shown = one("video/get", vid=vid)
    assert said(due) == {
        "type": "transcode", "vid": vid, "name": "视频.mp4", "status": 40,
        "shdMp4Addr": shown["shdMp4Url"], "shdFlvAddr": shown["shdFlvUrl"], "shdHlsAddr": shown["shdHlsUrl"],
    }  # fmt: skip
    one("transcode", vids=[vid], sdMp4=1)
    studio.end(vid, [Made("file", "sd")])
    assert len(studio.due(vid)) == 2
    assert [name for name in said(studio.due(vid)[1]) if name.endswith("Addr")] == ["sdMp4Addr"]


@pytest.mark.covers("netease 13-44")
def test_a_transcode_that_failed_says_why(one: Caller, studio: Studio) -> None:
    id = one("preset/create", presetName="p", sdMp4=1, hdMp4=1)["presetId"]
    _, vid = upload(one, presetId=id, callbackUrl="http://a.example/file")
    studio.end(vid, state="failed", error="probe: it is broken")
    (due,) = studio.due(vid)
    expected = {"type": "transcode", "vid": vid, "name": "视频.mp4", "status": 20}
    assert said(due) == {**expected, "errMsg": "probe: it is broken"}
    one("transcode/resetmulti", vids=[vid], presetId=id)
    studio.end(vid, [Made("file", "sd")], state="failed", error="hd-encode: no", ready=True)
    last = said(studio.due(vid)[-1])
    assert (last["status"], last["errMsg"], "sdMp4Addr" in last) == (40, "hd-encode: no", True)
    assert one("video/get", vid=vid)["status"] == 40


def test_a_cover_is_nothing_to_tell_of(one: Caller, studio: Studio) -> None:
    _, vid = upload(one, callbackUrl="http://a.example/file")
    one("snapshot/create", vid=vid, size=1, offset=0)
    studio.end(vid, [Made("snapshot", "snapshot")])
    assert studio.due(vid) == []


def test_an_image_tells_its_own_id(world: World, one: Caller) -> None:
    _, answer = one.upload(b"p", "p.png", uploadCallbackUrl="http://a.example/file")
    image = answer["ret"]["imgId"]
    record = world.media(f"img-{image}")
    (due,) = Studio(world).due(f"img-{image}")
    body = said(due)
    assert (body["imgId"], "vid" in body, body["objectName"]) == (image, False, record.key)


def test_each_kind_of_callback_has_its_own_key(one: Caller, studio: Studio) -> None:
    one("callback/setUrl", type=2, callbackUrl="http://a.example/up", signKey="MyKey2024")
    id = one("preset/create", presetName="p", sdMp4=1)["presetId"]
    _, vid = upload(one, presetId=id, callbackUrl="http://a.example/done")
    studio.end(vid)
    first, second = studio.due(vid)
    assert said(first, "MyKey2024")["type"] == "upload"
    assert said(second)["type"] == "transcode"
    # A new address keeps the key; a new key counts for what is on its way already.
    one("upload/setcallback", callbackUrl="http://b.example/up")
    assert said(studio.due(vid)[0], "MyKey2024")
    one("callback/setUrl", type=2, callbackUrl="http://b.example/up", signKey="Other1")
    assert said(studio.due(vid)[0], "Other1")
    assert one("callback/getUrl", type=2) == {"type": 2, "callbackUrl": "http://b.example/up"}
    assert one("callback/deleteUrl", type=2) == {}
    assert one("callback/getUrl", type=2)["callbackUrl"] == ""
    assert one.refused("callback/getUrl", type=3) == 400


def test_when_a_receiver_is_asked_again(world: World) -> None:
    style = world.service.rooms["netease"].callbacks["netease"]  # type: ignore[attr-defined]
    assert [style.accepted(status, b"") for status in (200, 204, 199, 302, 404, 500)] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    assert [style.delay(n) for n in range(1, 9)] == [10, 60, 300, 1800, 7200, 21_600, 86_400, None]


def test_known_callbacks_are_read_and_their_members_are_ours() -> None:
    known = json.loads(GOLDEN.read_text(encoding="utf-8"))
    for entry in known["signed"]:
        body = entry["body"].encode()
        for key, value in entry["signs"].items():
            assert sign.callback_sign(body, key) == value
            assert webhooks.verify("netease", {"sign": value}, body, key=key).media == "1001"
    upload, transcode = known["seen"]
    made = wire.upload_callback({"vid": upload["vid"]}, upload["name"], upload["origAddr"], "o", None)
    assert upload.items() <= made.items()
    found = {name.removesuffix("Addr"): url for name, url in transcode.items() if name.endswith("Addr")}
    made = wire.transcode_callback(transcode["vid"], transcode["name"], 40, found, None, "")
    assert transcode.items() <= made.items()
    for entry in known["seen"]:
        read = webhooks.parse("netease", {"sign": "x"}, json.dumps(entry).encode())
        assert (read.media, read.payload) == (str(entry["vid"]), entry)
