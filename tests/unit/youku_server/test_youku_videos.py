"""Videos as the platform shows them, who may see and change them (youku.md §9)."""

from __future__ import annotations

from typing import Any

import pytest

from .world import API, OPEN, Upload, World, content

ONE = {"client_id": "one", "access_token": "access-of-one"}
TWO = {"client_id": "two", "access_token": "access-of-two"}


def committed(world: World, who: str = "one", size: int = 100, seed: int = 0, **fields: Any) -> Upload:
    upload = world.upload(content(size, seed), who, **fields).file().send_all()
    assert upload.commit().status == 200
    return upload


def show(world: World, id: str, **more: Any) -> dict[str, Any]:
    return world.get("videos/show.json", **{"client_id": "one", **more}, video_id=id).data


def test_a_video_has_every_field_of_the_documented_sample(world: World) -> None:
    upload = committed(
        world,
        title="康熙来了 121101",
        tags="康熙来了",
        category="综艺",
        copyright_type="reproduced",
        description="d",
    )
    found = show(world, upload.video_id, ext="show")
    sample = {
        "id": str, "title": str, "link": str, "thumbnail": str, "duration": str, "category": str,
        "state": str, "created": str, "published": str, "description": str, "player": str, "public_type": str,
        "copyright_type": str, "user": dict, "tags": str, "view_count": int, "operation_limit": list,
        "streamtypes": list,
    }  # fmt: skip
    assert {name: type(found.get(name)) for name in sample} == sample
    assert (found["state"], found["copyright_type"], found["category"]) == ("normal", "reproduced", "综艺")
    assert set(found["user"]) == {"id", "name", "link"}
    assert found["user"]["name"] == "Alice"
    assert found["original"]["size"] == 100


def test_a_video_is_not_there_before_its_commit(world: World) -> None:
    upload = world.upload(content(100)).file().send_all()
    assert world.get("videos/show.json", client_id="one", video_id=upload.video_id).code == 120020001


def test_a_video_is_found_by_its_address(world: World) -> None:
    upload = committed(world)
    address = show(world, upload.video_id)["link"]
    found = world.get("v2/videos/show_basic.json", OPEN, client_id="two", video_url=address)
    assert found.data["id"] == upload.video_id


def test_pages_of_ones_own_videos(world: World) -> None:
    made = [committed(world, "two", seed=n).video_id for n in range(5)]
    pages = [world.get("videos/by_me.json", **TWO, page=n, count=2).data for n in (1, 2, 3, 4)]
    assert [video["id"] for page in pages for video in page["videos"]] == made[::-1]
    assert {page["total"] for page in pages} == {5}
    assert world.get("videos/by_me.json", **TWO, count=1000).data["count"] == 100
    assert world.get("videos/by_me.json", **TWO, page=0).code == 1013


@pytest.mark.parametrize("public_type", ["friend", "private", "password"])
def test_a_video_that_is_not_public_plays_for_its_owner(world: World, public_type: str) -> None:
    upload = committed(world, public_type=public_type, watch_password="sesame")
    assert "original" not in show(world, upload.video_id)
    assert "original" not in world.get("videos/show.json", **TWO, video_id=upload.video_id).data
    url = show(world, upload.video_id, **ONE)["original"]["url"]
    assert world.play(url).body == upload.data
    bare = url.partition("?")[0]
    assert world.play(bare).status == 403
    assert world.play(f"{bare}?password=wrong").status == 403
    assert world.play(f"{bare}?password=sesame").status == (200 if public_type == "password" else 403)
    assert world.get("v2/searches/video/by_tag.json", OPEN, client_id="two", tag="one").status == 200
    found = world.get("v2/videos/by_category.json", OPEN, client_id="two", category="Other", count=100).data
    assert upload.video_id not in [video["id"] for video in found["videos"]]


def test_update(world: World) -> None:
    upload = committed(world)
    fields = {"title": "new", "tags": "x y", "category": "Music", "public_type": "private", "description": ""}
    answer = world.post("v2/videos/update.json", OPEN, **ONE, video_id=upload.video_id, **fields)
    assert (answer.status, answer.data) == (200, {"id": upload.video_id})
    found = show(world, upload.video_id, **ONE)
    assert (found["title"], found["tags"], found["category"]) == ("new", "x,y", "Music")
    assert found["public_type"] == "private"
    for bad in ({"title": "123"}, {"public_type": "x"}, {"copyright_type": "x"}):
        assert world.post("v2/videos/update.json", OPEN, **ONE, video_id=upload.video_id, **bad).code == 1013


def test_only_the_owner_changes_or_destroys_and_ids_do_not_leak(world: World) -> None:
    upload = committed(world)
    for path in ("update", "destroy"):
        for id in (upload.video_id, "XMTIz"):
            answer = world.post(f"v2/videos/{path}.json", OPEN, **TWO, video_id=id, title="mine now")
            assert answer.code == 120020001
    assert show(world, upload.video_id)["title"] == "A title"


def test_destroy(world: World) -> None:
    upload = committed(world)
    url = show(world, upload.video_id)["original"]["url"]
    assert world.post("v2/videos/destroy.json", OPEN, **ONE, video_id=upload.video_id).status == 200
    assert world.get("videos/show.json", client_id="one", video_id=upload.video_id).code == 120020001
    assert world.play(url).status == 404
    # GET must not destroy anything: links can be followed by machines.
    assert world.get("videos/destroy.json", API, **ONE, video_id=upload.video_id).status == 404


@pytest.mark.covers("youku D-32")
def test_only_an_unknown_user_is_an_unknown_user(world: World) -> None:
    assert world.post("v2/users/show.json", OPEN, client_id="one", user_name="nobody").code == 1013
    assert world.post("v2/users/show.json", OPEN, client_id="nobody", user_name="Alice").code == 1005
    found = world.post("v2/users/show.json", OPEN, client_id="one", user_name="Alice").data
    by_id = world.post("v2/users/show.json", OPEN, client_id="one", user_id=found["link"].rpartition("/")[2])
    assert by_id.data["name"] == "Alice"
