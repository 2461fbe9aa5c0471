"""The client against the service itself, through the public face."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import vodkit
from vodkit.core.errors import AuthError, Conflict, InvalidRequest, NotFound
from vodkit.providers.tencent import Tencent

MIB = 1 << 20


@pytest.fixture
def vod(vodkit_service: Any, tmp_path: Path) -> Iterator[Tencent]:
    with vodkit_service.connect("tencent", state_dir=str(tmp_path / "state")) as connected:
        assert isinstance(connected, Tencent)
        yield connected


def fetch(vod: Tencent, id: str, folder: Path) -> bytes:
    return vod.media.download(id, folder / "fetched").read_bytes()


@pytest.mark.parametrize("size", [0, 1, MIB, MIB + 1, 3 * MIB, 3 * MIB + 7])
def test_every_size_comes_back(vod: Tencent, tmp_path: Path, size: int) -> None:
    path = tmp_path / "影片 +&=.mp4"
    path.write_bytes(os.urandom(size))
    media = vod.upload(path, part_size=MIB, allow_empty=True)
    assert media.title == "影片 +&="
    found = vod.media.get(media.id)
    assert (found.size, found.title, found.url) == (size, media.title, media.url)
    assert fetch(vod, media.id, tmp_path) == path.read_bytes()
    if size:
        assert vod.verify(media.id).ok


@pytest.mark.parametrize("size", [1, MIB, 2 * MIB + 5])
def test_streams(vod: Tencent, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    media = vod.upload(iter([data[:100], data[100:]]), name="s.mp4", part_size=MIB)
    assert fetch(vod, media.id, tmp_path) == data


def test_cover_and_fields(vod: Tencent, tmp_path: Path) -> None:
    cover = tmp_path / "c.PNG"
    cover.write_bytes(b"png" * 50)
    media = vod.upload(
        b"video",
        name="a.mp4",
        title="Title",
        cover=cover,
        expires="2040-01-31T12:00:00Z",
        source_context="context",
        storage_region="ap-shanghai",
    )
    basic = vod.describe(media.id, filters=("basicInfo",))[0]["BasicInfo"]
    assert basic["Name"] == "Title"
    assert basic["ExpireTime"] == "2040-01-31T12:00:00Z"
    assert basic["StorageRegion"] == "ap-shanghai"
    assert basic["SourceInfo"]["SourceContext"] == "context"
    assert media.cover_url == basic["CoverUrl"]
    assert media.expires == vod.media.get(media.id).expires


def test_hls_folder(vod: Tencent, tmp_path: Path) -> None:
    folder = tmp_path / "hls"
    (folder / "low").mkdir(parents=True)
    (folder / "master.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/v.m3u8\n")
    (folder / "low" / "v.m3u8").write_text(
        "#EXTM3U\n#EXTINF:1,\n./1 中.ts\n#EXTINF:1,\n2.ts\n#EXT-X-ENDLIST\n"
    )
    (folder / "low" / "1 中.ts").write_bytes(os.urandom(1000))
    (folder / "low" / "2.ts").write_bytes(os.urandom(MIB + 1))
    media = vod.upload(folder / "master.m3u8", part_size=MIB)
    assert media.hls_url.endswith(".m3u8")
    assert vod.media.get(media.id).size == media.size == sum(p.stat().st_size for p in folder.rglob("*.*"))


def test_management(vod: Tencent) -> None:
    media = vod.upload(b"x", name="manage.mp4")
    category = vod.classes.create(f"class of {media.id}")
    changed = vod.media.update(media.id, title="New", description="D", tags=["a", "b"], category=category)
    assert changed.title == "New"
    assert changed.extra["BasicInfo"]["ClassId"] == category
    assert vod.media.update(media.id, tags=["b", "c"]).extra["BasicInfo"]["TagSet"] == ["b", "c"]
    with pytest.raises(Conflict):
        vod.classes.delete(category)
    assert [m.id for m in vod.media.list(categories=[category])] == [media.id]
    vod.media.delete(media.id)
    with pytest.raises(NotFound):
        vod.media.get(media.id)
    vod.classes.delete(category)
    assert list(vod.sub_apps.list())


def test_refusals_keep_the_vendors_codes(vod: Tencent, vodkit_service: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest) as caught:
        vod.upload(b"x", name="a.mp4", sub_app=424242)
    assert caught.value.code == "InvalidParameterValue.SubAppId"
    options = {**vodkit_service.options("tencent"), "secret_key": "wrong", "state_dir": str(tmp_path / "s")}
    with vodkit.connect("tencent", **options) as stranger, pytest.raises(AuthError) as refused:
        stranger.upload(b"x", name="a.mp4")
    assert refused.value.code == "AuthFailure.SignatureFailure"
    assert refused.value.request_id


def test_an_interrupted_upload_goes_on(vodkit_service: Any, tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    path.write_bytes(os.urandom(6 * MIB))

    def stop(progress: vodkit.Progress) -> None:
        if progress.parts_done >= 2:
            raise KeyboardInterrupt

    with vodkit_service.connect("tencent", state_dir=str(tmp_path / "state"), bandwidth="6M") as slow:
        with pytest.raises(KeyboardInterrupt):
            slow.upload(path, part_size=MIB, parallel=1, on_progress=stop)
        result = slow.upload_detailed(path, part_size=MIB, parallel=1)
        assert result.resumed
        assert result.sent_bytes <= 4 * MIB
        assert fetch(slow, result.media.id, tmp_path) == path.read_bytes()
