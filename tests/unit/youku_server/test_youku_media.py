"""What is made of videos, as the platform's calls show it: states, streams, pictures, views, passwords."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from sqlalchemy import Connection, insert

from vodkit.providers.youku.client.media import to_media
from vodkit.server import quota
from vodkit.server.catalog.tables import plays
from vodkit.server.contract import MediaRecord
from vodkit.server.procedures import change_settings
from vodkit.server.processing import OUTPUTS, Task
from vodkit.server.tries import EACH, WINDOW

from .. import making
from .world import OPEN, Upload, World, content, create_fields, running

ONE = {"client_id": "one", "access_token": "access-of-one"}
TWO = {"client_id": "two", "access_token": "access-of-two"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("service"), procedure="default", workers=0) as world:
        yield world


def committed(world: World, who: str = "one", seed: int = 0, **fields: Any) -> Upload:
    upload = world.upload(content(100, seed), who, **fields).file().send_all()
    assert upload.commit().status == 200
    return upload


def record(world: World, upload: Upload) -> MediaRecord:
    found = world.write(lambda conn: world.service.media.get(conn, "youku", upload.video_id))
    assert isinstance(found, MediaRecord)
    return found


def show(world: World, upload: Upload, **more: Any) -> dict[str, Any]:
    return world.get("videos/show.json", **{**ONE, **more}, video_id=upload.video_id).data


def tasks(world: World, upload: Upload) -> list[Task]:
    found = record(world, upload)
    listed: list[Task] = world.write(lambda conn: making.tasks_of(conn, world.service, found))
    return listed


def finish(world: World, upload: Upload, *heights: int, snapshots: int = 0) -> MediaRecord:
    """What a worker would have made of the default procedure, and of some snapshots."""
    found = record(world, upload)

    def work(conn: Connection) -> None:
        making.streams(conn, world.service, found, *heights)
        making.made(conn, world.service, found, "file", "best.mp4")
        making.made(conn, world.service, found, "cover", "cover.jpg", facts={"at": 1.25})
        for number in range(snapshots):
            making.made(conn, world.service, found, "snapshot", f"{number}.jpg", facts={"at": 2.0 + number})
        making.finish(conn, found)

    world.write(work)
    return found


def status(url: str) -> int:
    return int(urllib3.request("GET", url, redirect=False).status)


@pytest.mark.covers("youku state", "youku streamtypes")
def test_a_commit_asks_for_the_procedure_and_the_state_follows_it(world: World) -> None:
    upload = committed(world)
    (task,) = tasks(world, upload)
    assert (task.state, task.decides, task.spec["name"]) == ("waiting", True, "default")
    assert show(world, upload)["state"] == "encoding"
    assert (show(world, upload)["duration"], show(world, upload)["streamtypes"]) == ("0.00", [])
    finish(world, upload, 1080, 720, 480, 360)
    found = show(world, upload)
    assert (found["state"], found["duration"]) == ("normal", "12.50")
    assert found["streamtypes"] == ["flvhd", "hd", "hd2", "mp4"]
    for name in ("thumbnail", "bigThumbnail"):
        assert status(found[name]) == 200
    assert status(found["playback"]["hls"]) == 200
    assert [entry["size"] for entry in found["playback"]["files"]] == [100]
    upload.commit()
    assert len(tasks(world, upload)) == 1


@pytest.mark.covers("youku state")
def test_lists_agree_with_the_call_for_one(world: World) -> None:
    upload = committed(world, "two", seed=1)
    finish(world, upload, 360)
    mine = world.get("videos/by_me.json", **TWO).data["videos"]
    assert [video for video in mine if video["id"] == upload.video_id] == [show(world, upload, **TWO)]
    batch = world.get("v2/videos/show_batch.json", OPEN, **TWO, video_ids=upload.video_id).data["videos"]
    assert batch == [show(world, upload, **TWO)]


@pytest.mark.covers("youku state")
def test_a_failure_is_a_state_and_says_why(world: World) -> None:
    upload = committed(world)
    found = record(world, upload)
    world.write(lambda conn: making.finish(conn, found, "failed", "the file holds neither picture nor sound"))
    shown = show(world, upload)
    assert (shown["state"], shown["thumbnail"]) == ("fail", "")
    assert shown["playback"]["error"] == "the file holds neither picture nor sound"
    media = to_media(shown)
    assert (media.status, media.error) == ("failed", "the file holds neither picture nor sound")
    assert "playback" not in show(world, upload, access_token="")


def test_a_media_of_ours_has_the_addresses(world: World) -> None:
    upload = committed(world)
    finish(world, upload, 720)
    media = to_media(show(world, upload))
    assert (media.status, media.duration, media.width, media.height) == ("ready", 12.5, 1280, 720)
    for url in (media.url, media.hls_url, media.cover_url, media.watch_url):
        assert status(url) == 200
    assert media.dash_url.endswith("manifest.mpd")
    assert media.extra["streamtypes"] == ["hd2", "mp4"]


def test_the_addresses_of_a_public_video_do_not_end_while_it_is_made(world: World) -> None:
    media = to_media(show(world, committed(world)))
    assert media.status == "processing"
    assert "?" not in media.watch_url + media.url


def test_links_are_signed_where_nothing_plays_without(tmp_path: Path) -> None:
    with running(tmp_path, signed_playback=True) as world:
        upload = committed(world)
        finish(world, upload, 720)
        media = to_media(show(world, upload))
        for url in (media.url, media.hls_url, media.cover_url, media.watch_url):
            assert status(url) == 200


@pytest.mark.parametrize("public_type", ["friend", "private", "password"])
def test_what_is_made_of_a_hidden_video_plays_for_its_owner(world: World, public_type: str) -> None:
    upload = committed(world, public_type=public_type, watch_password="sesame")
    found = finish(world, upload, 360)
    mine, theirs = show(world, upload), show(world, upload, **TWO)
    assert theirs["thumbnail"] == "" and "playback" not in theirs
    assert status(mine["playback"]["hls"]) == status(mine["thumbnail"]) == 200
    bare = world.service.play_url("youku", OUTPUTS, mine["playback"]["hls"].partition("@media/")[2])
    assert found.id in bare
    assert status(bare) == 403
    assert status(f"{bare}?password=wrong") == 403
    assert status(f"{bare}?password=sesame") == (302 if public_type == "password" else 403)


@pytest.mark.covers("youku public_type")
def test_who_may_watch_changes_at_once(world: World) -> None:
    upload = committed(world)
    finish(world, upload, 360)
    url = show(world, upload)["playback"]["hls"]

    def change(**fields: Any) -> int:
        answer = world.post("v2/videos/update.json", OPEN, **ONE, video_id=upload.video_id, **fields)
        return answer.code

    assert status(url) == 200
    assert change(public_type="password") == 1012
    assert change(public_type="password", watch_password="sesame") == 0
    assert record(world, upload).access == "password"
    assert (status(url), status(f"{url}?password=sesame")) == (403, 302)
    assert change(watch_password="other") == 0
    assert (status(f"{url}?password=sesame"), status(f"{url}?password=other")) == (403, 302)
    assert change(public_type="friend") == 0
    assert (status(url), status(f"{url}?password=other")) == (403, 403)
    assert change(public_type="all") == 0
    assert status(url) == 200
    assert "sesame" not in str(record(world, upload)) and "other" not in str(record(world, upload).attrs)


def test_passwords_cannot_be_tried_for_ever(world: World) -> None:
    upload = committed(world, public_type="password", watch_password="sesame")
    finish(world, upload, 360)
    bare = show(world, upload)["playback"]["hls"].partition("@media/")[2]
    url = world.service.play_url("youku", OUTPUTS, bare)
    assert [status(f"{url}?password={number}") for number in range(EACH)] == [403] * EACH
    assert status(f"{url}?password=sesame") == 429
    world.clock.ahead += WINDOW
    assert status(f"{url}?password=sesame") == 302
    world.clock.ahead -= WINDOW


@pytest.mark.covers("youku link")
def test_the_page_of_a_video_leads_to_the_page_that_plays_it(world: World) -> None:
    upload = committed(world)
    found = show(world, upload)
    watch = f"{world.url}/watch/{record(world, upload).id}"
    for address in (found["link"], found["player"]):
        answer = urllib3.request("GET", address, redirect=False)
        assert (answer.status, answer.headers["location"]) == (302, watch)
    for host, path in (
        ("v.youku.com", "/v_show/id_{}.html"),
        ("player.youku.com", "/player.php/sid/{}/v.swf"),
    ):
        answer = world.call("GET", host, path.format(upload.video_id))
        assert (answer.status, answer.headers["location"]) == (302, watch)
    assert world.call("GET", "v.youku.com", "/v_show/id_XNoSuchVideo.html").code == 120020001


@pytest.mark.covers("youku thumbnail_seq")
def test_a_thumbnail_is_chosen_among_the_pictures(world: World) -> None:
    upload = committed(world)
    finish(world, upload, 360, snapshots=2)
    before = show(world, upload, ext="show,thumbnails")
    assert [(t["seq"], t["is_cover"]) for t in before["thumbnails"]] == [(1, 1), (2, 0), (3, 0)]
    assert before["thumbnail"] == before["thumbnails"][0]["url"]
    change = {**ONE, "video_id": upload.video_id}
    assert world.post("v2/videos/update.json", OPEN, **change, thumbnail_seq=3).code == 0
    after = show(world, upload, ext="thumbnails")
    assert [(t["seq"], t["is_cover"]) for t in after["thumbnails"]] == [(1, 0), (2, 0), (3, 1)]
    assert after["thumbnail"] == before["thumbnails"][2]["url"]
    assert status(after["thumbnail"]) == 200
    for wrong in ("4", "0", "x"):
        assert world.post("v2/videos/update.json", OPEN, **change, thumbnail_seq=wrong).code == 1013
    assert show(world, upload)["thumbnail"] == after["thumbnail"]


@pytest.mark.covers("youku view_count")
def test_views_are_shown_and_order_every_list(world: World) -> None:
    seen = {}
    for number, views in enumerate((3, 30, 7)):
        upload = committed(world, "two", category="Views", tags="views", seed=number)
        found = finish(world, upload, 360)
        rows = [{"media": found.id, "day": f"2026-01-0{day}", "count": views} for day in (1, 2)]
        world.write(lambda conn, rows=rows: conn.execute(insert(plays), rows))
        seen[upload.video_id] = 2 * views
        assert show(world, upload)["view_count"] == 2 * views
    wanted = sorted(seen.values(), reverse=True)
    user = show(world, upload)["user"]["id"]
    for path, host, more in (
        ("videos/by_me.json", "api.youku.com", TWO),
        ("v2/videos/by_user.json", OPEN, {"client_id": "one", "user_id": user}),
        ("v2/videos/by_category.json", OPEN, {"client_id": "one", "category": "Views"}),
        ("v2/searches/video/by_tag.json", OPEN, {"client_id": "one", "tag": "views"}),
    ):
        listed = world.get(path, host, **more, orderby="view-count").data["videos"]
        found_views = [video["view_count"] for video in listed if video["id"] in seen]
        assert found_views == wanted, path


@pytest.mark.covers("youku quota")
def test_a_quota_refuses_before_a_byte(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "CACHE_SECONDS", 0.0)
    (account,) = [a for a in world.do(world.service.accounts.of("youku")) if a.key == "two"]
    used = world.write(lambda conn: world.service.quota.usage(conn, account.id)).used
    world.write(lambda conn: change_settings(conn, account.id, quota=used + 50))
    try:
        refused = world.get("uploads/create.json", **create_fields(content(51), "two"))
        assert (refused.status, refused.code) == (400, 1013)
        assert f"{used + 50} bytes" in refused.data["error"]["description"]
        upload = world.upload(content(50), "two").file().send_all()
        assert upload.commit().status == 200
    finally:
        world.write(lambda conn: change_settings(conn, account.id, quota=None))
