"""Options, media calls, callbacks, categories: against the service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vodkit.core.errors import (
    ConfigError,
    InvalidRequest,
    NotFound,
    ProcessingFailed,
    ProtocolError,
    UnsupportedOption,
)
from vodkit.providers.netease import NetEase
from vodkit.providers.netease.client.media import to_media
from vodkit.providers.netease.client.options import init_fields
from vodkit.server.embedded import EmbeddedService


@pytest.fixture
def vod(vodkit_service: EmbeddedService, tmp_path: Path) -> Iterator[NetEase]:
    account = vodkit_service.account("netease")
    with NetEase(account.key, account.secret, service=vodkit_service.url, state_dir=tmp_path) as vod:
        yield vod


def test_every_option_becomes_its_field() -> None:
    fields = init_fields(
        "视频?.mp4",
        {
            "title": "A title", "description": "about", "category": "7", "procedure": 8, "watermark": 9,
            "user_defined": "note", "upload_callback": "http://a/up", "transcode_callback": "https://a/t",
            "trans_offset": 0, "trans_duration": 60,
        },
    )  # fmt: skip
    assert fields == {
        "originFileName": "视频_.mp4", "userFileName": "A title", "description": "about", "typeId": 7,
        "presetId": 8, "watermarkId": 9, "userDefInfo": "note", "uploadCallbackUrl": "http://a/up",
        "callbackUrl": "https://a/t", "transOffset": 0, "transDuration": 60,
    }  # fmt: skip
    assert init_fields("C:\\x\\a.mp4", {}) == {"originFileName": "a.mp4"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "a/b"}, {"title": " "}, {"title": 7}, {"category": "films"}, {"category": -1},
        {"category": True}, {"watermark": 7}, {"watermark": 7, "procedure": 0}, {"user_defined": "x" * 257},
        {"upload_callback": "ftp://x"}, {"transcode_callback": ""},
        {"upload_callback": "http://" + "x" * 200},
    ],
)  # fmt: skip
def test_options_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        init_fields("a.mp4", wrong)
    assert caught.value.advice


def test_blocks_that_are_too_large_are_refused(vod: NetEase) -> None:
    with pytest.raises(InvalidRequest, match="part_size"):
        vod.upload(b"x", name="a.mp4", part_size=(4 << 20) + 1)
    for wrong in ({"block_size": 0}, {"block_size": (4 << 20) + 1}, {"scheme": "ftp"}):
        with pytest.raises(ConfigError):
            NetEase("key", "secret", **wrong)  # type: ignore[arg-type]


def test_a_smaller_block_size_is_kept(vodkit_service: EmbeddedService, tmp_path: Path) -> None:
    account = vodkit_service.account("netease")
    settings: dict[str, Any] = {"service": vodkit_service.url, "state_dir": tmp_path, "block_size": 1000}
    with NetEase(account.key, account.secret, **settings) as vod:
        media = vod.upload(b"x" * 2500, name="a.mp4")
        assert vod.media.get(media.id).size == 2500


def test_listing_by_status_and_category(vod: NetEase) -> None:
    kind = vod.types.create("films", description="d")
    inside = vod.upload(b"x", name="in.mp4", category=kind)
    outside = vod.upload(b"x", name="out.mp4")
    assert [media.id for media in vod.media.list(category=kind)] == [inside.id]
    vod.media.store.disable(outside.id)  # type: ignore[attr-defined]
    assert outside.id in {media.id for media in vod.media.list(status="blocked")}
    assert vod.media.get(outside.id).status == "blocked"
    vod.media.store.recover(outside.id)  # type: ignore[attr-defined]
    assert vod.media.get(outside.id).status == "ready"
    with pytest.raises(InvalidRequest):
        list(vod.media.list(status="lost"))


def test_pages_go_on_where_they_stopped(vod: NetEase) -> None:
    kind = vod.types.create("pages")
    made = [vod.upload(b"x", name=f"{n}.mp4", category=kind).id for n in range(5)]
    store: Any = vod.media.store
    first = store.page(limit=2, category=kind)
    second = store.page(marker=first.next, limit=50, category=kind)
    third = store.page(marker=second.next, category=kind)
    pages = [[media.id for media in page.items] for page in (first, second, third)]
    assert pages == [made[:2:-1], made[2:0:-1], made[:1]]
    assert (first.total, third.next) == (5, "")
    with pytest.raises(InvalidRequest):
        store.page(marker="elsewhere")


def test_update_changes_only_what_it_is_told(vod: NetEase) -> None:
    kind = vod.types.create("updates")
    media = vod.upload(b"x", name="a.mp4", title="first", description="about", category=kind)
    changed = vod.media.update(media.id, title="second")
    assert changed.title == "second"
    assert changed.extra["description"] == "about"
    assert changed.extra["typeId"] == kind
    assert vod.media.update(media.id, category=0).extra["typeId"] == 0
    with pytest.raises(UnsupportedOption):
        vod.media.update(media.id, tags=["x"])


def test_an_image(vod: NetEase) -> None:
    media = vod.upload(b"picture", name="a.png")
    assert media.id.startswith("img-")
    assert (media.kind, media.size, media.title) == ("image", 7, "a.png")
    with pytest.raises(NotFound, match="shows no images"):
        vod.media.get(media.id)


def test_what_the_service_stored_is_told(vod: NetEase) -> None:
    data = b"x" * 5_000_000
    media = vod.upload(data, name="film.mp4")
    assert (media.size, media.kind) == (len(data), "video")
    assert vod.upload(b"sound", name="song.mp3").kind == "audio"


def test_callbacks(vod: NetEase) -> None:
    vod.callbacks.set("http://a.example/cb")
    vod.callbacks.set("http://a.example/cb", event="transcode", sign_key="Key1")
    with pytest.raises(InvalidRequest):
        vod.callbacks.set("no address")
    for wrong in ({"event": "merge"}, {"other": 1}):
        with pytest.raises(UnsupportedOption):
            vod.callbacks.set("http://a.example/cb", **wrong)
    assert vod.callbacks.get() == {"url": "http://a.example/cb", "transcode_url": "http://a.example/cb"}
    vod.callbacks.set("")
    assert vod.callbacks.get() == {"url": "", "transcode_url": "http://a.example/cb"}


def test_categories_templates_and_watermarks(vod: NetEase) -> None:
    for entries, members in (
        (vod.types, {"description": "d"}),
        (vod.presets, {"shdMp4": 1}),
        (vod.watermarks, {"imageId": 7}),
    ):
        made = entries.create("first", **members)
        assert members.items() <= entries.get(made).items()
        entries.update(made, **{next(key for key in entries.get(made) if key.endswith("Name")): "second"})
        assert "second" in entries.get(made).values()
        assert made in {
            value for entry in entries.list() for value in entry.values() if isinstance(value, int)
        }
        entries.delete(made)
        with pytest.raises(NotFound):
            entries.get(made)


def test_calls_by_the_vendors_names(vod: NetEase) -> None:
    media = vod.upload(b"x", name="a.mp4")
    assert vod.call("video/get", vid=int(media.id))["vid"] == int(media.id)
    with pytest.raises(NotFound):
        vod.call("no/such/call")


def test_a_video_without_an_id_is_no_video() -> None:
    with pytest.raises(ProtocolError):
        to_media({"videoName": "a.mp4"})


def test_a_video_of_the_vendor() -> None:
    media = to_media(
        {
            "vid": 1008, "videoName": "test.mp4", "status": 30, "description": None, "initialSize": 7,
            "createTime": 1_465_723_418_123, "origUrl": "http://b.vod.126.net/b/o.mp4", "snapshotUrl": "http://s",
            "shdHlsUrl": "http://h/shd.m3u8", "sdHlsUrl": "http://h/sd.m3u8", "duration": 12, "width": "640",
            "height": "360",
        }
    )  # fmt: skip
    assert (media.duration, media.width, media.height) == (12, 640, 360)
    assert (media.id, media.status, media.hls_url) == ("1008", "processing", "http://h/shd.m3u8")
    assert media.created is not None
    assert media.created.year == 2016
    assert "description" not in media.extra


def test_a_video_of_a_service() -> None:
    playback = {"status": "failed", "watch": "http://w", "dash": "http://d", "error": "it is broken"}
    media = to_media(
        {
            "vid": 7, "videoName": "a.mp4", "status": 20, "durationMsec": 3250, "duration": 3, "width": "0",
            "adaptHlsUrl": "http://h/all.m3u8", "shdHlsUrl": "http://h/shd.m3u8", "playback": playback,
        }
    )  # fmt: skip
    assert (media.status, media.error, media.duration, media.width) == ("failed", "it is broken", 3.25, None)
    assert (media.watch_url, media.dash_url, media.hls_url) == ("http://w", "http://d", "http://h/all.m3u8")
    assert "playback" not in media.extra


def test_a_video_is_waited_for(vod: NetEase) -> None:
    assert vod.media.wait(vod.upload(b"x", name="a.mp4").id).status == "ready"
    with pytest.raises(ProcessingFailed):
        vod.media.wait(vod.upload(b"", name="a.mp4", allow_empty=True).id)
