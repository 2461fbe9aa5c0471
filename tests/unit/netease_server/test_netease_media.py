"""Videos, categories, templates and watermarks on the API host."""

from __future__ import annotations

import pytest

from .world import Caller, World

MEMBERS = {
    "videoName", "vid", "status", "description", "completeTime", "duration", "durationMsec", "width",
    "height", "typeId", "typeName", "snapshotUrl", "origUrl", "downloadOrigUrl", "initialSize", "createTime",
    "updateTime", "playback",
}  # fmt: skip


@pytest.mark.covers("netease 13-15")
def test_video_get(world: World, one: Caller, two: Caller) -> None:
    _, said = one.upload(b"a film", "视频.mp4", description="about it")
    vid = said["ret"]["vid"]
    shown = one("video/get", vid=vid)
    assert set(shown) == MEMBERS
    assert shown["status"] in (10, 20, 30, 40, 50, 70, 80)
    assert (shown["status"], shown["initialSize"], shown["videoName"]) == (40, 6, "视频.mp4")
    assert (shown["typeName"], shown["description"]) == ("默认分类", "about it")
    assert (shown["width"], shown["height"]) == ("0", "0")
    assert len(str(shown["createTime"])) == 13
    played = world.send("GET", shown["origUrl"].removeprefix(world.service.settings.public_url), {})
    assert played.body == b"a film"
    down = world.send("GET", shown["downloadOrigUrl"].removeprefix(world.service.settings.public_url), {})
    assert down.headers["content-disposition"].startswith("attachment")
    assert one("video/get", vid=str(vid)) == shown
    assert two.refused("video/get", vid=vid) == 404


def test_the_title_is_the_users_name_for_it(one: Caller) -> None:
    _, said = one.upload(b"x", "a.mp4", userFileName="My film")
    assert one("video/get", vid=said["ret"]["vid"])["videoName"] == "My film"


def test_video_list(world: World) -> None:
    caller = world.caller("far")
    kind = caller("type/create", typeName="films")["typeId"]
    vids = [caller.upload(b"x" * n, f"{n}.mp4")[1]["ret"]["vid"] for n in range(1, 5)]
    vids.append(caller.upload(b"y", "y.mp4", typeId=kind)[1]["ret"]["vid"])
    caller.upload(b"p", "p.jpg")
    everything = caller("video/list", currentPage=1, pageSize=-1, status=0, type=0)
    assert [entry["vid"] for entry in everything["list"]] == vids[::-1]
    assert (everything["totalRecords"], everything["pageNum"]) == (5, 1)
    second = caller("video/list", currentPage=2, pageSize=2)
    assert [entry["vid"] for entry in second["list"]] == [vids[2], vids[1]]
    assert (second["totalRecords"], second["pageNum"]) == (5, 3)
    assert caller("video/list", currentPage=9, pageSize=2)["list"] == []
    assert [entry["vid"] for entry in caller("video/list", type=kind)["list"]] == [vids[4]]
    caller("video/videoDisable", vid=vids[0])
    assert [entry["vid"] for entry in caller("video/list", status=50)["list"]] == [vids[0]]
    assert caller.refused("video/list", currentPage=0) == 400
    assert caller.refused("video/list", pageSize=-2) == 400


def test_edit(one: Caller, two: Caller) -> None:
    vid = one.upload(b"x")[1]["ret"]["vid"]
    kind = one("type/create", typeName="edited")["typeId"]
    one("video/edit", vid=vid, videoName="new", typeId=kind, description="d")
    shown = one("video/get", vid=vid)
    assert (shown["videoName"], shown["typeName"], shown["description"]) == ("new", "edited", "d")
    assert one.refused("video/edit", vid=vid, typeId=987_654) == 400
    assert one.refused("video/edit", vid=vid, videoName="  ") == 400
    assert two.refused("video/edit", vid=vid, videoName="theirs") == 404
    one("type/set", vid=vid, typeId=0)
    assert one("video/get", vid=vid)["typeName"] == "默认分类"
    assert one("video/get", vid=vid)["videoName"] == "new"


def test_block_and_unblock(world: World, one: Caller) -> None:
    target, said = one.upload(b"secret")
    vid = said["ret"]["vid"]
    path = f"/v/netease/{target.bucket}/{target.object}"
    one("video/videoDisable", vid=vid)
    assert one("video/get", vid=vid)["status"] == 50
    assert world.send("GET", path, {}).status == 403
    one("video/videoRecover", vid=vid)
    assert world.send("GET", path, {}).body == b"secret"


def test_delete(world: World, one: Caller, two: Caller) -> None:
    target, said = one.upload(b"x")
    vid = said["ret"]["vid"]
    assert two.refused("video/videoDelete", vid=vid) == 404
    assert one("video/videoDelete", vid=vid) == {}
    assert one.refused("video/videoDelete", vid=vid) == 404
    assert one.id_of(target) is None
    assert world.stored(target) is None
    # What was deleted does not come back by a block that was sent twice.
    assert world.block(target, 0, b"x", True).status == 403
    first, second = (one.upload(b"x")[1]["ret"]["vid"] for _ in range(2))
    assert one.refused("video/delete", vids=[first, 987_654_321]) == 404
    assert one("video/get", vid=first)["vid"] == first
    one("video/delete", vids=[first, second, first])
    assert one.refused("video/get", vid=first) == one.refused("video/get", vid=second) == 404
    kept = one.upload(b"x")[1]["ret"]["vid"]
    assert one.refused("video/delete_single", vid=kept, style=3) == 404
    assert one.refused("video/delete_single", vid=kept, style=10) == 400


@pytest.mark.parametrize(
    ("kind", "remove", "members"),
    [
        ("type", "typeDelete", {"description": "d"}),
        ("preset", "presetDelete", {"sdMp4": 1, "shdHls": 0, "aacAudio": 1}),
        ("watermark", "delete", {"imageId": 7, "coordinate": "8%_6%", "scale": "10%x15%"}),
    ],
)
def test_entries(one: Caller, two: Caller, kind: str, remove: str, members: dict[str, object]) -> None:
    name, id_name = f"{kind}Name", f"{kind}Id"
    made = one(f"{kind}/create", **{name: "first"}, **members)[id_name]
    key = {id_name: made}
    shown = one(f"{kind}/get", **key)
    assert shown[name] == "first"
    assert {member: shown[member] for member in members} == members
    assert made in {entry[id_name] for entry in one(f"{kind}/list", currentPage=1, pageSize=-1)["list"]}
    one(f"{kind}/update", **key, **{name: "second"})
    assert one(f"{kind}/get", **key)[name] == "second"
    assert {member: one(f"{kind}/get", **key)[member] for member in members} == members
    assert two.refused(f"{kind}/get", **key) == 404
    assert two.refused(f"{kind}/{remove}", **key) == 404
    one(f"{kind}/{remove}", **key)
    assert one.refused(f"{kind}/get", **key) == 404
    assert one.refused(f"{kind}/create", **members) == 400


def test_a_template_and_a_watermark_can_be_used(one: Caller) -> None:
    preset = one("preset/create", presetName="p", shdMp4=1)["presetId"]
    image = one.upload(b"a picture", "logo.png")[1]["ret"]["imgId"]
    mark = one("watermark/create", watermarkName="w", imageId=image)["watermarkId"]
    assert one.refused("upload/init", originFileName="a.mp4", watermarkId=mark) == 400
    assert one.init(presetId=preset, watermarkId=mark).token
    assert one.refused("preset/create", presetName="p", shdMp4=2) == 400
    assert one.refused("preset/create", presetName="p", adaptHls="240P", transConfig=[{}]) == 400
    assert one.refused("preset/create", presetName="p", adaptHls="1080P") == 400
    assert one.refused("preset/create", presetName="p", copyMp4=1) == 721
    for wrong in ({"coordinate": "left"}, {"scale": "10"}):
        assert one.refused("watermark/create", watermarkName="w", imageId=image, **wrong) == 400
    gone = one("watermark/create", watermarkName="w", imageId=image + 1000)["watermarkId"]
    assert one.refused("upload/init", originFileName="a.mp4", presetId=preset, watermarkId=gone) == 400


def test_a_category_that_is_deleted_leaves_its_videos_in_the_default_one(one: Caller) -> None:
    kind = one("type/create", typeName="short-lived")["typeId"]
    vid = one.upload(b"x", typeId=kind)[1]["ret"]["vid"]
    one("type/typeDelete", typeId=kind)
    assert one("video/get", vid=vid)["typeName"] == "默认分类"
