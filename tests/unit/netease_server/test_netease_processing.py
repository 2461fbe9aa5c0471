"""Templates, transcoding, covers: what is asked for, and how the API shows what came of it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from vodkit.providers.netease.server import transcoding
from vodkit.server.procedures import change_settings
from vodkit.server.processing import OUTPUTS

from .each_database import studio, world
from .studio import Made, Studio
from .world import Caller, World, running

__all__ = ["studio", "world"]

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)


def preset(caller: Caller, **flags: Any) -> int:
    return int(caller("preset/create", presetName="p", **flags)["presetId"])


def upload(caller: Caller, name: str = "a.mp4", **params: Any) -> int:
    return int(caller.upload(b"a film", name, **params)[1]["ret"]["vid"])


def test_a_template_is_a_procedure_with_a_part_for_each_output(one: Caller, studio: Studio) -> None:
    id = preset(one, shdMp4=1, shdHls=1, sdHls=1, hdFlv="1", adaptHls="240P/480P", aacAudio=1, mp3Audio=1)
    vid = upload(one, presetId=id, transOffset=2, transDuration=30)
    made = studio.procedure(vid)
    assert made.cover is not None
    parts = {part.name: part for part in made.also}
    assert list(parts) == ["shd", "hdFlv", "sd", "adaptHls", "aacAudio", "mp3Audio"]
    assert {name: (part.streaming, part.files, part.container) for name, part in parts.items()} == {
        "shd": (True, "best", "mp4"),
        "hdFlv": (False, "best", "flv"),
        "sd": (True, "none", "mp4"),
        "adaptHls": (True, "none", "mp4"),
        "aacAudio": (False, "best", "mp4"),
        "mp3Audio": (False, "best", "mp3"),
    }
    assert [[item.height for item in part.renditions] for part in parts.values()] == [
        [1080], [720], [480], [480, 240], [], [],
    ]  # fmt: skip
    assert all(part.definition == name for name, part in parts.items())
    assert all(
        part.clip is not None and (part.clip.offset, part.clip.seconds) == (2, 30) for part in made.also
    )


def test_a_watermark_goes_over_every_picture(world: World, one: Caller, studio: Studio) -> None:
    target, said = one.upload(PNG, "logo.png")
    mark = one(
        "watermark/create",
        watermarkName="w", imageId=said["ret"]["imgId"], coordinate="8%_90%", scale="12%x5%",
    )["watermarkId"]  # fmt: skip
    vid = upload(one, presetId=preset(one, sdMp4=1, hdMp4=1), watermarkId=mark)
    for part in studio.procedure(vid).also:
        found = part.watermark
        assert found is not None
        assert (found.space, found.key) == (target.bucket, target.object)
        assert (found.corner, found.width, found.margin) == ("bottom-left", 12, 8)


def test_a_template_that_is_deleted_later_counts_as_it_was(one: Caller, studio: Studio) -> None:
    id = preset(one, sdMp4=1)
    target = one.init(presetId=id)
    one("preset/presetDelete", presetId=id)
    answer = studio._world.block(target, 0, b"film", True)
    vid = studio._world.message(answer)["ret"]["vid"]
    assert [part.name for part in studio.procedure(vid).also] == ["sd"]


@pytest.mark.covers("netease 13-15")
def test_states_and_outputs_of_a_video(world: World, one: Caller, studio: Studio) -> None:
    vid = upload(one, presetId=preset(one, sdMp4=1, hdHls=1, sdFlv=1))
    shown = one("video/get", vid=vid)
    assert (shown["status"], shown["completeTime"], shown["duration"]) == (30, None, 0)
    assert not [name for name in shown if name.endswith(("Mp4Url", "HlsUrl", "FlvUrl"))]
    assert vid in [item["vid"] for item in one("video/list", status=30, pageSize=-1)["list"]]
    flv = Made("file", "sdFlv", container="flv")
    studio.end(vid, [Made("cover"), Made("file", "sd"), Made("streams", "hd", (640, 360)), flv])
    shown = one("video/get", vid=vid)
    assert (shown["status"], shown["duration"], shown["durationMsec"]) == (40, 3, 3250)
    assert (shown["width"], shown["height"]) == ("320", "180")
    assert len(str(shown["completeTime"])) == 13
    versions = {name for name in shown if name.lower().endswith("url") and name[:4] not in ("orig", "down")}
    assert versions == {"snapshotUrl", "sdMp4Url", "hdHlsUrl", "sdFlvUrl"}
    assert shown["downloadSdMp4Url"] == f"{shown['sdMp4Url']}?download"
    assert (shown["hdHlsSize"], shown["hdHlsWidth"], shown["hdHlsHeight"]) == (6, 640, 360)
    base = world.service.settings.public_url
    for name in (*versions, "downloadHdHlsUrl"):
        assert world.send("GET", shown[name].removeprefix(base), {}).body == b"a film"
    (listed,) = (item for item in one("video/list", pageSize=-1)["list"] if item["vid"] == vid)
    assert listed == shown


def test_what_cannot_be_processed_has_failed(one: Caller, studio: Studio) -> None:
    vid = upload(one, presetId=preset(one, sdMp4=1))
    studio.end(vid, state="failed", error="encode: it holds no picture")
    shown = one("video/get", vid=vid)
    assert shown["status"] == 20
    assert "sdMp4Url" not in shown


def test_what_other_procedures_made_is_filed_by_its_size(one: Caller, studio: Studio) -> None:
    vid = upload(one, presetId=preset(one))
    studio.end(vid, [Made("file", size=(608, 1080)), Made("streams", size=(480, 480)), Made("sprite")])
    shown = one("video/get", vid=vid)
    assert {name for name in shown if name.endswith(("Mp4Url", "HlsUrl")) and name[0] != "d"} == {
        "hdMp4Url", "sdHlsUrl",
    }  # fmt: skip


def test_without_a_template_nothing_is_made_unless_something_is_chosen(
    world: World, one: Caller, two: Caller, studio: Studio
) -> None:
    vid = upload(two)
    assert studio.tasks(vid) == []
    assert two("video/get", vid=vid)["status"] == 40
    account = world.media(vid).account
    studio.write(lambda conn: change_settings(conn, account, procedure="snapshot-only"))
    try:
        vid = upload(two, transOffset="1")
        made = studio.procedure(vid)
        assert (made.name, made.clip and made.clip.offset) == ("snapshot-only", 1)
        assert two("video/get", vid=vid)["status"] == 30
        image = two.upload(PNG, "a.png")[1]["ret"]
        assert set(image) == {"imgId"}
        assert two("video/get", vid=two.upload(b"", "b.mp4")[1]["ret"]["vid"])["status"] == 20
        studio.write(lambda conn: change_settings(conn, account, procedure="no such one"))
        vid = upload(two)
        assert studio.tasks(vid) == []
        assert two("video/get", vid=vid)["status"] == 40
    finally:
        studio.write(lambda conn: change_settings(conn, account, procedure=None))


def test_transcoding_again(world: World, one: Caller, two: Caller, studio: Studio) -> None:
    vid, other = upload(one), upload(one)
    id = preset(one, sdMp4=1, hdMp4=1)
    assert two.refused("transcode/resetmulti", vids=[vid], presetId=preset(two, sdMp4=1)) == 404
    assert one.refused("transcode/resetmulti", vids=[vid, 987_654_321], presetId=id) == 404
    assert studio.tasks(vid) == []
    assert one("transcode/resetmulti", vids=[vid, vid, str(other)], presetId=id) == {}
    assert [len(studio.tasks(each)) for each in (vid, other)] == [1, 1]
    assert studio.procedure(vid).cover is not None
    assert one("video/get", vid=vid)["status"] == 30
    assert one.refused("transcode", vids=[vid], sdMp4=1) == 400
    studio.end(vid, [Made("cover"), Made("file", "sd"), Made("file", "hd", (640, 360))])
    before = one("video/get", vid=vid)
    assert before["status"] == 40
    assert one("transcode", vids=[vid], hdMp4=1, shdHls=1) == {}
    assert studio.procedure(vid).cover is None
    assert [part.name for part in studio.procedure(vid).also] == ["shd", "hd"]
    studio.end(vid, [Made("file", "hd", (640, 360)), Made("streams", "shd", (640, 360))])
    after = one("video/get", vid=vid)
    assert after["sdMp4Url"] == before["sdMp4Url"]
    assert after["hdMp4Url"] != before["hdMp4Url"]
    assert after["snapshotUrl"] == before["snapshotUrl"]
    assert "shdHlsUrl" in after
    path = before["hdMp4Url"].removeprefix(world.service.settings.public_url)
    assert world.send("GET", path, {}).status == 404
    one("video/videoDisable", vid=vid)
    assert one.refused("transcode", vids=[vid], sdMp4=1) == 400


@pytest.mark.parametrize(("state", "number"), [("done", 40), ("failed", 20)])
def test_a_video_that_is_blocked_meanwhile_stays_so(
    one: Caller, studio: Studio, state: str, number: int
) -> None:
    vid = upload(one, presetId=preset(one, sdMp4=1))
    one("video/videoDisable", vid=vid)
    assert one("video/get", vid=vid)["status"] == 50
    one("video/videoRecover", vid=vid)
    assert one("video/get", vid=vid)["status"] == 30
    one("video/videoDisable", vid=vid)
    one("video/videoDisable", vid=vid)
    studio.end(vid, state=state)
    assert one("video/get", vid=vid)["status"] == 50
    one("video/videoRecover", vid=vid)
    one("video/videoRecover", vid=vid)
    assert one("video/get", vid=vid)["status"] == number


def test_a_publishing_step_that_failed_is_made_good(
    world: World, two: Caller, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = two.init()
    account = world.do(world.service.accounts.find("netease", "two")).id
    studio.write(lambda conn: change_settings(conn, account, procedure="as-is"))
    try:
        with monkeypatch.context() as patched:
            patched.setattr(transcoding, "usual", Mock(side_effect=RuntimeError))
            assert world.block(target, 0, b"film", True).status == 520
            assert two.id_of(target) is None
        vid = two.id_of(target)
        assert vid is not None
        assert studio.procedure(vid).name == "as-is"
    finally:
        studio.write(lambda conn: change_settings(conn, account, procedure=None))


def test_outputs_are_deleted_one_by_one(world: World, one: Caller, studio: Studio) -> None:
    vid = upload(one, presetId=preset(one, sdMp4=1, shdHls=1))
    studio.end(vid, [Made("file", "sd"), Made("streams", "shd")])
    path = one("video/get", vid=vid)["sdMp4Url"].removeprefix(world.service.settings.public_url)
    assert one.refused("video/delete_single", vid=vid, style=2) == 404
    assert one("video/delete_single", vid=vid, style=1) == {}
    assert world.send("GET", path, {}).status == 404
    shown = one("video/get", vid=vid)
    assert "sdMp4Url" not in shown
    assert "shdHlsUrl" in shown
    one("video/delete_single", vid=vid, style=9)
    assert "shdHlsUrl" not in one("video/get", vid=vid)
    assert one.refused("video/delete_single", vid=vid, style=10) == 400


def test_a_picture_of_the_video_becomes_its_cover(one: Caller, studio: Studio) -> None:
    vid = upload(one)
    assert one("video/get", vid=vid)["snapshotUrl"] == ""
    for wrong in ({"size": 5, "offset": 1}, {"size": 1, "offset": 10}, {"size": 1}):
        assert one.refused("snapshot/create", vid=vid, **wrong) == 400
    assert one("snapshot/create", vid=vid, size=3, offset=4) == {}
    wanted = studio.procedure(vid).snapshots
    assert wanted is not None
    assert (wanted.width, wanted.height, wanted.at[0].percent) == (320, 180, 40)
    assert one("video/get", vid=vid)["status"] == 40
    studio.end(vid, [Made("snapshot", "snapshot")])
    first = one("video/get", vid=vid)["snapshotUrl"]
    assert f"/{OUTPUTS}/" in first
    one("snapshot/create", vid=vid, size=1, offset=9)
    studio.end(vid, [Made("snapshot", "snapshot")])
    assert one("video/get", vid=vid)["snapshotUrl"] not in ("", first)


def test_a_cover_is_sent(world: World, one: Caller, studio: Studio) -> None:
    vid = upload(one)
    data = base64.b64encode(PNG).decode()
    assert one("snapshot/set", vid=vid, type=2, data=data) == {}
    url = one("video/get", vid=vid)["snapshotUrl"]
    answer = world.send("GET", url.removeprefix(world.service.settings.public_url), {})
    assert (answer.body, answer.headers["content-type"]) == (PNG, "image/png")
    for wrong in ("", "no base64", base64.b64encode(b"no picture").decode(), None):
        assert one.refused("snapshot/set", vid=vid, type=2, data=wrong) == 400
    assert one("video/get", vid=vid)["snapshotUrl"] == url
    one("snapshot/create", vid=vid, size=3, offset=4)
    studio.end(vid, [Made("snapshot", "snapshot")])
    assert one("video/get", vid=vid)["snapshotUrl"] not in ("", url)
    assert world.send("GET", url.removeprefix(world.service.settings.public_url), {}).status == 404


def test_more_bytes_under_the_same_vid_are_processed_anew(world: World, one: Caller, studio: Studio) -> None:
    block, python = bytes(4 << 20), {"User-Agent": "python-requests/2.18.4"}
    target = one.init(presetId=preset(one, sdMp4=1))
    context = world.block(target, 0, block, False, "", python).json["context"]
    vid = one.id_of(target)
    assert vid is not None
    studio.end(vid, [Made("file", "sd")])
    assert world.block(target, len(block), b"more", True, context, python).status == 200
    shown = one("video/get", vid=vid)
    assert (shown["status"], shown["initialSize"]) == (30, len(block) + 4)
    assert "sdMp4Url" not in shown
    assert [task.state for task in studio.tasks(vid)] == ["waiting", "done"]


def test_more_bytes_of_a_blocked_video(world: World, one: Caller, studio: Studio) -> None:
    block, python = bytes(4 << 20), {"User-Agent": "python-requests/2.18.4"}
    target = one.init(presetId=preset(one, sdMp4=1))
    context = world.block(target, 0, block, False, "", python).json["context"]
    vid = one.id_of(target)
    assert vid is not None
    one("video/videoDisable", vid=vid)
    assert world.block(target, len(block), b"more", True, context, python).status == 200
    assert one("video/get", vid=vid)["status"] == 50
    studio.end(vid)
    assert one("video/get", vid=vid)["status"] == 50
    one("video/videoRecover", vid=vid)
    assert one("video/get", vid=vid)["status"] == 40


@pytest.fixture
def small(tmp_path: Path) -> Iterator[World]:
    with running(tmp_path, procedure="as-is") as world:
        yield world


def test_the_services_own_procedure(small: World) -> None:
    caller, studio = small.caller("one"), Studio(small)
    vid = upload(caller)
    assert studio.procedure(vid).name == "as-is"


def test_links_are_signed_where_nothing_plays_without(tmp_path: Path) -> None:
    with running(tmp_path, signed_playback=True) as world:
        caller, studio, base = world.caller("one"), Studio(world), world.service.settings.public_url
        id = preset(caller, sdMp4=1)
        vid = upload(
            caller, presetId=id, uploadCallbackUrl="http://a.example", callbackUrl="http://a.example"
        )
        studio.end(vid, [Made("cover"), Made("file", "sd")])
        shown = caller("video/get", vid=vid)
        told = {name: value for due in studio.due(vid) for name, value in due.event.payload.items()}
        names = ("origUrl", "downloadOrigUrl", "snapshotUrl", "sdMp4Url", "downloadSdMp4Url")
        for url in (*(shown[name] for name in names), told["origAddr"], told["sdMp4Addr"]):
            assert world.send("GET", url.removeprefix(base), {}).body == b"a film"
        world.clock.ahead += 24 * 3600
        assert world.send("GET", shown["origUrl"].removeprefix(base), {}).status == 403
        assert world.send("GET", told["sdMp4Addr"].removeprefix(base), {}).status == 200


def test_a_quota(small: World) -> None:
    caller, studio = small.caller("two"), Studio(small)
    account = small.do(small.service.accounts.find("netease", "two"))
    studio.write(lambda conn: change_settings(conn, account.id, quota=100))
    target = caller.init()
    answer = small.block(target, 0, bytes(200), True)
    assert (answer.status, answer.json["errCode"]) == (400, "QuotaExceeded")
    assert "100 bytes" in answer.json["errMsg"]
    assert caller.refused("video/query", objectNames=[target.object]) == 404
    assert caller.upload(bytes(100))[1]["code"] == 200
    assert caller.refused("upload/init", originFileName="a.mp4") == 720
