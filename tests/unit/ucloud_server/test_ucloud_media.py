"""What is made of objects: asked for when they are published, over when they are replaced or deleted."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from vodkit.core.contract import MEDIA_HEADER, PLAY_URL_HEADER
from vodkit.core.media import Media
from vodkit.server import quota
from vodkit.server.catalog.tables import events
from vodkit.server.contract import MediaRecord
from vodkit.server.procedures import change_settings
from vodkit.server.processing import OUTPUTS

from .. import making, serving
from .world import ACCOUNTS, SUFFIX, Answer, Caller


class World(serving.World[Answer]):
    """A service, and what it makes of objects."""

    provider = "ucloud"

    @property
    def one(self) -> Caller:
        return Caller(self.url, "one@example.com", "secret-one", "one-private")

    def media(self, key: str, space: str = "one-private") -> MediaRecord:
        found = self.write(lambda conn: self.service.media.get(conn, "ucloud", f"{space}/{key}"))
        assert isinstance(found, MediaRecord)
        return found

    def tasks(self, record: MediaRecord) -> list[Any]:
        found: list[Any] = self.write(lambda conn: making.tasks_of(conn, self.service, record))
        return found

    def outputs(self, record: MediaRecord) -> dict[str, str]:
        """Kinds of a media's outputs by the keys of their objects; each object is there."""
        found = self.write(lambda conn: self.service.outputs.of(conn, record.id))
        stored = self.write(lambda conn: self.service.objects.list(conn, "ucloud", OUTPUTS, f"{record.id}/"))
        assert {output.key for output in found} == {item.key for item in stored}
        return {output.key: output.kind for output in found}

    def make(self, record: MediaRecord, kind: str, file: str, **more: Any) -> Any:
        return self.write(lambda conn: making.made(conn, self.service, record, kind, file, **more))

    def finish(self, record: MediaRecord, *heights: int) -> None:
        def work(conn: Connection) -> None:
            making.streams(conn, self.service, record, *heights)
            making.made(conn, self.service, record, "cover", "cover.jpg")
            making.finish(conn, record)

        self.write(work)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("service")
    with serving.serving(folder, ACCOUNTS, procedure="default", workers=0) as served:
        yield World(served, Answer)


def told(answer: Answer) -> dict[str, Any]:
    found = json.loads(answer.headers[MEDIA_HEADER])
    assert isinstance(found, dict)
    return found


@pytest.mark.covers("ucloud media")
@pytest.mark.parametrize("way", ["put", "parts", "copy"])
def test_what_is_to_be_made_is_asked_for_with_the_object(world: World, way: str) -> None:
    one, key = world.one, f"asked/{way}.mp4"
    if way == "put":
        answer = one.put(key)
    elif way == "parts":
        id = one.open(key)
        answer = one.finish(key, id, one.parts(key, id, b"hello"))
    else:
        one.put("asked/source.mp4")
        answer = one.do("PUT", key, headers={"X-Ufile-Copy-Source": "/one-private/asked/source.mp4"})
    assert answer.status == 200
    record = world.media(key)
    (task,) = world.tasks(record)
    assert (task.state, task.wanted, task.decides, task.spec["name"]) == ("waiting", True, True, "default")
    assert record.status == "processing"
    assert told(answer)["status"] == told(one.do("HEAD", key))["status"] == "processing"


@pytest.mark.parametrize(
    ("key", "type_"),
    [("a.txt", "text/plain"), ("a.png", "image/png"), ("a.m3u8", ""), ("a.mpd", ""), ("a.m4s", "")],
)
def test_nothing_is_made_of_other_things_than_videos_and_sounds(world: World, key: str, type_: str) -> None:
    world.one.put(f"plain/{key}", headers={"Content-Type": type_} if type_ else {})
    record = world.media(f"plain/{key}")
    assert (record.status, world.tasks(record)) == ("ready", [])


@pytest.mark.covers("ucloud media-replaced")
def test_new_bytes_end_what_was_made_of_the_old_ones(world: World) -> None:
    one, key = world.one, "replaced.mp4"
    one.put(key)
    first = world.media(key)
    world.finish(first, 360)
    subtitle = world.make(first, "subtitle", "zh.vtt", task="")
    one.put(key, b"other bytes")
    second = world.media(key)
    assert (second.id, second.created) == (first.id, first.created)
    assert (second.status, second.facts, second.size) == ("processing", {}, 11)
    assert world.outputs(second) == {subtitle.key: "subtitle"}
    done, new = world.tasks(second)
    assert (done.state, new.state, new.wanted, new.decides) == ("done", "waiting", True, True)
    one.put(key, b"and others again")
    _, old, new = world.tasks(second)
    assert (old.wanted, old.decides, new.wanted, new.decides) == (False, False, True, True)


def test_the_same_bytes_again_change_nothing(world: World) -> None:
    one, key = world.one, "same.mp4"
    etag = one.put(key).etag
    world.finish(world.media(key), 720)
    before = world.outputs(world.media(key))
    again = one.do(
        "PUT",
        key,
        headers={"X-Ufile-Copy-Source": f"/one-private/{key}", "X-Ufile-Metadata-Directive": "REPLACE"},
    )
    assert again.status == 200
    hit = one.do("POST", "uploadhit", b"", signed_key=key, query=f"Hash={etag}&FileName={key}&FileSize=5")
    assert hit.status == 200
    type_ = json.dumps({"op": "set", "metak": "mimetype", "metav": "video/quicktime"}).encode()
    assert one.do("POST", key, type_, query="opmeta").status == 200
    record = world.media(key)
    assert (record.status, world.outputs(record)) == ("ready", before)
    assert [task.state for task in world.tasks(record)] == ["done"]
    assert record.facts["seconds"] == 12.5


@pytest.mark.covers("ucloud media-replaced")
def test_a_rename_takes_along_what_was_made(world: World) -> None:
    one = world.one
    one.put("before.mp4")
    one.put("taken.mp4", b"taken")
    taken, record = world.media("taken.mp4"), world.media("before.mp4")
    world.finish(record, 360)
    before = world.outputs(record)
    assert one.do("PUT", "before.mp4", query="newFileName=taken.mp4&force=true").status == 200
    moved = world.media("taken.mp4")
    assert (moved.id, moved.title, moved.status) == (record.id, "taken.mp4", "ready")
    assert world.outputs(moved) == before
    assert [task.wanted for task in world.tasks(taken)] == [False]
    assert one.get("before.mp4").status == 404


@pytest.mark.covers("ucloud media-replaced")
def test_deleting_ends_what_is_made(world: World) -> None:
    one = world.one
    one.put("gone.mp4")
    record = world.media("gone.mp4")
    world.make(record, "cover", "cover.jpg")
    assert one.do("DELETE", "gone.mp4").status == 204
    assert world.outputs(record) == {}
    (task,) = world.tasks(record)
    assert (task.wanted, task.decides) == (False, False)
    (event,) = world.write(
        lambda conn: conn.scalars(
            select(events.c.payload).where(events.c.media == record.id, events.c.type == "media.deleted")
        ).all()
    )
    assert event == {"bucket": "one-private", "key": "gone.mp4"}


@pytest.mark.covers("ucloud media-private")
def test_what_is_made_of_a_private_object_plays_by_links_that_end(world: World) -> None:
    one = world.one
    one.put("private.mp4")
    record = world.media("private.mp4")
    world.finish(record, 720, 360)
    found = told(one.do("HEAD", "private.mp4"))
    assert (found["status"], found["duration"], found["width"], found["height"]) == ("ready", 12.5, 1280, 720)
    bare = world.service.play_url("ucloud", OUTPUTS, next(iter(world.outputs(record))))
    assert world.play(bare).status == 403
    for name in ("hls", "cover"):
        assert world.play(found[name]).status == 200
    assert found["dash"]
    assert world.play(found["watch"]).status == 200
    assert world.play(found["watch"].partition("?")[0]).status == 403
    world.clock.ahead += 2 * 3600
    assert world.play(found["hls"]).status == 403


def test_what_is_made_of_a_public_object_plays_for_everybody(world: World) -> None:
    one = world.one
    one.put("public.mp4", bucket="one-public")
    record = world.media("public.mp4", "one-public")
    world.finish(record, 360)
    anonymous = one.do("HEAD", "public.mp4", bucket="one-public", signed=False)
    found = told(anonymous)
    assert (
        found["hls"]
        == world.service.play_url("ucloud", OUTPUTS, f"{record.id}/")
        + found["hls"].partition(f"{record.id}/")[2]
    )
    assert world.play(found["hls"]).status == world.play(found["watch"]).status == 200
    one.manage("UpdateBucket", BucketName="one-public", Type="private")
    try:
        assert world.play(found["hls"]).status == world.play(found["watch"]).status == 403
    finally:
        one.manage("UpdateBucket", BucketName="one-public", Type="public")


def test_a_failure_is_told(world: World) -> None:
    world.one.put("bad.mp4")
    record = world.media("bad.mp4")
    world.write(lambda conn: making.finish(conn, record, "failed", "the file holds no picture\n\x00 – 无"))
    found = told(world.one.do("HEAD", "bad.mp4"))
    assert (found["status"], found["error"]) == ("failed", "the file holds no picture\n\x00 – 无")
    media = Media(provider="ucloud", id="x").told(found)
    assert (media.status, media.error) == ("failed", found["error"])


@pytest.mark.covers("ucloud media", "ucloud media-private")
def test_listings_show_originals_only(world: World) -> None:
    one = world.one
    one.put("listed/a.mp4")
    record = world.media("listed/a.mp4")
    world.finish(record, 360)
    answer = one.do("GET", "", query="listobjects&prefix=listed/&marker=&max-keys=100&delimiter=")
    (entry,) = answer.json["Contents"]
    assert (entry["Key"], entry["Media"]["status"]) == ("listed/a.mp4", "ready")
    names = [entry["FileName"] for entry in one.do("GET", "", query="list&limit=1000").json["DataSet"]]
    assert not [name for name in names if record.id in name]
    data = one.manage("GetFileList", BucketName="one-private", Limit=1000)["DataSet"]
    assert not [entry for entry in data if record.id in entry["FileName"]]


def test_the_seconds_that_were_made_are_counted_by_size(world: World) -> None:
    two = Caller(world.url, "two@example.com", "secret-two", "two-private")
    two.put("counted.mp4")
    record = world.media("counted.mp4", "two-private")
    world.finish(record, 1080, 720, 360)
    now = int(world.service.now())
    days = two.manage("GetVideoSpaceStatus", BeginTime=now - 86400, EndTime=now)["DataSet"]
    times = [[day[f"{size}CodecTime"] for size in ("Fhd", "Shd", "Hd", "Sd")] for day in days]
    assert times == [[0, 0, 0, 0], [12, 12, 0, 12]]


@pytest.mark.covers("ucloud media-private")
def test_no_wire_reaches_what_is_made(world: World) -> None:
    one = world.one
    one.put("inner.mp4")
    record = world.media("inner.mp4")
    made = world.make(record, "file", "720p.mp4")
    for host in (f"{OUTPUTS}{SUFFIX}", "uploadvideo.ucloud.cn"):
        headers = {"Bucket": OUTPUTS}
        answer = one.do("GET", made.key, bucket=OUTPUTS, host=host, headers=headers)
        assert answer.status in (400, 404, 405)
    copy = one.do("PUT", "stolen.mp4", headers={"X-Ufile-Copy-Source": f"/{OUTPUTS}/{made.key}"})
    assert copy.status == 400
    hit = one.do(
        "POST", "uploadhit", b"", signed_key="hit.mp4", query=f"Hash={made.id}&FileName=hit.mp4&FileSize=5"
    )
    assert hit.status == 404


@pytest.mark.covers("ucloud quota")
def test_a_quota_refuses_before_a_byte(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "CACHE_SECONDS", 0.0)
    one = world.one
    one.put("kept.mp4", b"12345")
    account = world.media("kept.mp4").account
    used = world.write(lambda conn: world.service.quota.usage(conn, account)).used
    world.write(lambda conn: change_settings(conn, account, quota=used + 4))
    try:
        refused = one.do("PUT", "more.mp4", b"12345", headers={"Content-Type": "video/mp4"})
        assert refused.refusal == (507, -148650)
        assert f"{used + 4} bytes" in refused.json["ErrMsg"]
        copy = one.do("PUT", "copied.mp4", headers={"X-Ufile-Copy-Source": "/one-private/kept.mp4"})
        assert copy.status == 507
        assert one.get("more.mp4").status == one.get("copied.mp4").status == 404
        assert one.put("more.mp4", b"1234").status == 200
        assert one.do("POST", "parts.mp4", b"", query="uploads").refusal == (507, -148650)
    finally:
        world.write(lambda conn: change_settings(conn, account, quota=None))


def test_links_are_signed_where_nothing_plays_without(tmp_path: Path) -> None:
    with serving.serving(tmp_path, ACCOUNTS, signed_playback=True) as served:
        world = World(served, Answer)
        caller = dataclasses.replace(world.one, bucket="one-public")
        answer = caller.put("film.mp4")
        for url in (answer.headers[PLAY_URL_HEADER], told(answer)["watch"]):
            assert world.play(url).status == 200
