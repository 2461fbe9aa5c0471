"""The API host: signing, init, query, callbacks, users."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from typing import Any

import pytest

from .world import BLOCK, Caller, World


@pytest.mark.covers("netease 13-1", "netease 13-5")
@pytest.mark.parametrize("wrong", ["secret", "nonce", "time", "checksum", "nothing", "key"])
def test_a_wrong_signature_is_code_710_under_http_200(world: World, one: Caller, wrong: str) -> None:
    headers = one.headers("nonce", 1_700_000_000)
    if wrong == "secret":
        headers["CheckSum"] = hashlib.sha1(b"secret-of-twononce1700000000").hexdigest()
    elif wrong == "nonce":
        headers["Nonce"] = "noncf"
    elif wrong == "time":
        headers["CurTime"] = "1700000001"
    elif wrong == "checksum":
        headers["CheckSum"] = headers["CheckSum"][:-1] + ("0" if headers["CheckSum"][-1] != "0" else "1")
    elif wrong == "nothing":
        del headers["CheckSum"]
    else:
        headers["AppKey"] = "nobody"
    answer = one.post("upload/init", {"originFileName": "a.mp4"}, headers)
    assert answer.json["code"] == 710
    assert answer.json["requestId"]


def test_an_upper_case_checksum_is_as_good(one: Caller) -> None:
    headers = one.headers()
    headers["CheckSum"] = headers["CheckSum"].upper()
    assert one.post("upload/init", {"originFileName": "a.mp4"}, headers).json["code"] == 200


@pytest.mark.covers("netease 13-2")
def test_the_same_signature_again_and_again(world: World, one: Caller) -> None:
    headers = one.headers("frozen", int(time.time()) - 3600)
    body = {"objectNames": ["nothing"]}
    assert {one.post("video/query", body, headers).json["code"] for _ in range(1000)} == {404}
    strict = world.caller("strict")
    headers = strict.headers("frozen")
    codes = [strict.post("video/query", body, headers).json["code"] for _ in range(3)]
    assert codes == [404, 710, 710]
    assert strict.post("video/query", body, strict.headers("other")).json["code"] == 404


@pytest.mark.covers("netease 13-2")
@pytest.mark.parametrize("skew", [-301, 301, -10_000_000])
def test_strict_mode_refuses_a_clock_that_is_off(world: World, skew: int) -> None:
    strict = world.caller("strict")
    headers = strict.headers(at=int(world.clock.now()) + skew)
    assert strict.post("video/query", {"objectNames": ["x"]}, headers).json["code"] == 710


@pytest.mark.covers("netease 13-3")
@pytest.mark.parametrize("at", ["1700000", "1465723418", "99999999999999999999"])
def test_compat_mode_takes_any_clock(one: Caller, at: str) -> None:
    answer = one.post("upload/init", {"originFileName": "a.mp4"}, one.headers("1", at))
    assert answer.json["code"] == 200


@pytest.mark.covers("netease 13-4")
def test_an_end_user_may_begin_an_upload_and_ask_for_its_id(world: World, one: Caller) -> None:
    made = one("thirdpart/user/create", accid="carol", name="Carol", type=1)
    user = {"AppKey": "one", "Accid": "carol", "Token": made["token"]}
    assert one.post("upload/init", {"originFileName": "a.mp4"}, user).json["code"] == 200
    assert one.post("video/query", {"objectNames": ["x"]}, user).json["code"] == 404
    for path in ("video/list", "upload/setcallback", "thirdpart/user/create", "video/videoDelete"):
        assert one.post(path, {}, user).json["code"] == 710
    for wrong in ({"Token": "x"}, {"Accid": "dave"}, {"AppKey": "two"}):
        assert one.post("upload/init", {"originFileName": "a.mp4"}, {**user, **wrong}).json["code"] == 710
    assert one.refused("thirdpart/user/create", accid="carol", type=1) == 400
    changed = one("thirdpart/user/update", accid="carol", type=2, token="chosen")
    assert changed["token"] == "chosen"
    assert one.post("upload/init", {"originFileName": "a.mp4"}, user).json["code"] == 710
    user["Token"] = "chosen"
    assert one.post("upload/init", {"originFileName": "a.mp4"}, user).json["code"] == 200
    one("thirdpart/user/userDisable", accid="carol")
    assert one.post("upload/init", {"originFileName": "a.mp4"}, user).json["code"] == 710
    one("thirdpart/user/userDelete", accid="carol")
    assert one.refused("thirdpart/user/userDelete", accid="carol") == 404


@pytest.mark.covers("netease 13-5")
@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("no/such/call", {}, 404),
        ("upload/init", b"not json", 400),
        ("upload/init", b'{"originFileName": "\\ud800.mp4"}', 400),
        ("upload/init", b'{"originFileName": "a\\u0000.mp4"}', 400),
        ("video/query", b'{"objectNames": ["\\ud800"]}', 400),
        ("video/get", {"vid": 999_999_999}, 404),
        ("video/get", {"vid": "abc"}, 400),
        ("video/get", {"vid": True}, 400),
        ("video/get", {}, 400),
        ("transcode", {"vids": [1], "sdMp4": 1}, 404),
        ("transcode", {"vids": [1]}, 400),
        ("transcode/resetmulti", {"vids": [1], "presetId": 999_999}, 400),
        ("snapshot/create", {"vid": 1, "size": 1, "offset": 0}, 404),
        ("snapshot/set", {"vid": 1, "type": 3}, 400),
        ("stats/flow", {}, 721),
    ],
)
def test_every_error_is_http_200(one: Caller, path: str, body: Any, code: int) -> None:
    assert one.post(path, body).json["code"] == code


def test_a_body_that_is_too_large_is_400(world: World, one: Caller) -> None:
    body = json.dumps({"originFileName": "a.mp4", "description": "x" * (5 << 20)}).encode()
    assert one.post("upload/init", body).json["code"] == 400


@pytest.mark.covers("netease 13-6", "netease 13-14")
def test_setting_callbacks(world: World, one: Caller) -> None:
    for path in ("upload/setcallback", "transcode/setcallback"):
        assert one.post(path, {"callbackUrl": "http://1.111.11.1"}).json["ret"] == {}
        for url in ("", "ftp://x/y", "no address", None, 7, "http://x/" + "y" * 200):
            assert one.refused(path, callbackUrl=url) == 400
    assert one("callback/setUrl", type=2, callbackUrl="https://a.example/cb", signKey="Key1") == {}
    assert one.refused("callback/setUrl", type=3, callbackUrl="https://a.example/cb") == 400
    assert (
        one.refused("callback/setUrl", type=2, callbackUrl="https://a.example/cb", signKey="no key!") == 400
    )


@pytest.mark.covers("netease 13-7")
@pytest.mark.parametrize(
    "body", [{}, {"originFileName": ""}, {"originFileName": "  "}, {"originFileName": None},
             {"originFileName": 7}, [], "text", 7, None]
)  # fmt: skip
def test_init_without_a_name(one: Caller, body: Any) -> None:
    assert one.post("upload/init", body).json["code"] == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"userDefInfo": "x" * 257}, {"callbackUrl": ""}, {"uploadCallbackUrl": "ftp://x"},
        {"callbackUrl": "http://x/" + "y" * 200}, {"watermarkId": 1}, {"typeId": 12345}, {"presetId": 12345},
        {"presetId": "seven"}, {"typeId": [1]}, {"transOffset": -1}, {"transDuration": 10**8},
    ],
)  # fmt: skip
def test_init_refuses_what_cannot_be(one: Caller, wrong: dict[str, Any]) -> None:
    assert one.refused("upload/init", originFileName="a.mp4", **wrong) == 400


@pytest.mark.covers("netease 13-8")
def test_init_takes_what_real_clients_send(one: Caller) -> None:
    kind = one("type/create", typeName="films", description="")["typeId"]
    target = one.init(
        typeId=str(kind), presetId=None, callbackUrl=None, unknown={"a": 1}, userDefInfo="用" * 256
    )
    assert target.token.startswith("UPLOAD ")


@pytest.mark.covers("netease 13-9")
@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("a.MP4", ".MP4"), ("视频.mp4", ".mp4"), ("视频.视频", ".视频"), ("x" * 4000 + ".mp4", ".mp4"),
        ("C:\\films\\a?b.mov", ".mov"), ("../../etc/passwd.mp4", ".mp4"), ("no extension", ""),
        ("a." + "e" * 200, ""),
    ],
)  # fmt: skip
def test_init_names_objects(one: Caller, name: str, end: str) -> None:
    first, second = one.init(name), one.init(name)
    assert first.object != second.object
    assert first.bucket == second.bucket
    assert first.object[36:] == end
    assert "/" not in first.object


@pytest.mark.covers("netease 13-10", "netease 13-13")
def test_query_tells_the_vid_at_once_and_to_its_owner_only(one: Caller, two: Caller) -> None:
    target, said = one.upload(b"a film")
    ret = one("video/query", objectNames=[target.object])
    assert ret == {"count": 1, "list": [{"objectName": target.object, "vid": said["ret"]["vid"]}]}
    assert type(said["ret"]["vid"]) is int
    assert two.refused("video/query", objectNames=[target.object]) == 404


@pytest.mark.covers("netease 13-11")
@pytest.mark.parametrize("name", ["a.jpg", "b.PNG", "c.webp"])
def test_an_image_has_an_image_id(one: Caller, name: str) -> None:
    target, said = one.upload(b"a picture", name)
    (found,) = one("video/query", objectNames=[target.object])["list"]
    assert set(found) == {"objectName", "imgId"}
    assert said["ret"] == {"imgId": found["imgId"]}


@pytest.mark.covers("netease 13-12")
def test_query_of_many_names(one: Caller) -> None:
    first, second, unfinished = one.upload(b"1")[0], one.upload(b"2")[0], one.init()
    names = [second.object, "unknown", unfinished.object, first.object]
    ret = one("video/query", objectNames=names)
    assert [entry["objectName"] for entry in ret["list"]] == [second.object, first.object]
    assert ret["count"] == 2
    assert one.refused("video/query", objectNames=["unknown", unfinished.object]) == 404
    for wrong in ([], None, "x", [7], ["x"] * 101):
        assert one.refused("video/query", objectNames=wrong) == 400


@pytest.mark.covers("netease 13-46")
def test_the_upload_event_is_recorded_with_the_media(world: World, one: Caller) -> None:
    note = "用" * 256
    target, said = one.upload(b"film", "视频.mp4", userDefInfo=note, uploadCallbackUrl="http://a.example/up")
    database = sqlite3.connect(f"{world.service.settings.data}/vodkit.db")
    media = world.media(said["ret"]["vid"])
    rows = database.execute("SELECT type, payload FROM events WHERE media = ?", (media.id,)).fetchall()
    database.close()
    (kind, payload), facts = rows[0], json.loads(rows[0][1])
    assert len(rows) == 1
    assert kind == "media.uploaded"
    assert payload
    assert facts["vid"] == said["ret"]["vid"]
    assert facts["userDefInfo"] == note
    assert facts["objectName"] == target.object
    assert facts["user_defined"] == note
    assert facts["name"] == "视频.mp4"


@pytest.mark.covers("netease 13-16", "netease 13-17")
def test_the_lookup(world: World, one: Caller) -> None:
    own = world.service.settings.public_url
    for query in (
        "version=1.0",
        "version=1.0&bucketname=unknown",
        f"bucketname={one.init().bucket}&version=1.0",
    ):
        found = world.send("GET", f"/lbs?{query}", {"Host": "wanproxy.127.net"}).json
        assert found == {"lbs": f"{own}/lbs", "upload": [own, own]}
    bucket = world.caller("far").init().bucket
    found = world.send("GET", f"/lbs?version=1.0&bucketname={bucket}", {}).json
    assert found["upload"] == ["http://node1.example:8600", "http://node2.example:8600"]


def test_full_blocks_of_another_client_are_nobodys_forgotten_end(world: World, one: Caller) -> None:
    target = one.init()
    world.block(target, 0, bytes(BLOCK), False)
    assert one.id_of(target) is None
