"""Media management: what is asked for, and what is made of the answers."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from vodkit.core.contract import Reply
from vodkit.core.errors import InvalidRequest, NotFound, ProtocolError, UnsupportedOption
from vodkit.providers.tencent import CAPABILITIES, wire
from vodkit.providers.tencent.client.directory import Classes, SubApps
from vodkit.providers.tencent.client.media import TencentMedia, to_media

from .drive import provider
from .fake_cloud import FakeCloud, Seen, api_answer

Answer = Callable[[dict[str, Any]], dict[str, Any]]

INFO = {
    "FileId": "5285890784273533167",
    "BasicInfo": {
        "Name": "Wildlife",
        "CreateTime": "2025-01-01T00:00:00Z",
        "ExpireTime": "9999-12-31T23:59:59Z",
        "MediaUrl": "http://v.example.com/a/f0.mp4",
        "CoverUrl": "http://v.example.com/a/c.png",
        "Type": "mp4",
        "Category": "Video",
        "Status": "Normal",
        "TagSet": ["old", "kept"],
    },
    "MetaData": {"Size": 12, "Md5": "5d41402abc4b2a76b9719d911017c592"},
    "TranscodeInfo": None,
    "AdaptiveDynamicStreamingInfo": {
        "AdaptiveDynamicStreamingSet": [
            {"Package": "DASH", "Url": "http://v.example.com/a/m.mpd"},
            {"Package": "hls", "Url": "http://v.example.com/a/m.m3u8"},
        ]
    },
}


def store(sub_app: int | None = None, **answers: Answer) -> tuple[TencentMedia, FakeCloud]:
    """A store over a cloud that answers these actions."""
    cloud = FakeCloud()

    def answer(seen: Seen) -> Reply:
        assert wire.check_fields(seen.do, seen.fields) == seen.fields
        return api_answer(answers[seen.do](seen.fields))

    cloud.fault = answer
    return provider(cloud, sub_app=sub_app).media(cloud), cloud


def known(fields: dict[str, Any]) -> dict[str, Any]:
    found = [INFO] if INFO["FileId"] in fields["FileIds"] else []
    return {"MediaInfoSet": found, "NotExistFileIdSet": []}


def test_get() -> None:
    media, _ = store(DescribeMediaInfos=known)
    found = media.get("5285890784273533167")
    assert (found.title, found.size, found.md5) == ("Wildlife", 12, "5d41402abc4b2a76b9719d911017c592")
    assert (found.kind, found.status, found.expires) == ("video", "ready", None)
    assert found.created == datetime(2025, 1, 1, tzinfo=UTC)
    assert found.hls_url == "http://v.example.com/a/m.m3u8"
    assert "TranscodeInfo" not in found.extra
    with pytest.raises(NotFound):
        media.get("1")
    assert media.download_request("5285890784273533167") == ("http://v.example.com/a/f0.mp4", {})


def test_media_without_an_id() -> None:
    with pytest.raises(ProtocolError):
        to_media({"BasicInfo": {}})
    bare = to_media({"FileId": "1", "BasicInfo": {"Status": "Forbidden", "Type": "mp3", "CreateTime": "odd"}})
    assert (bare.kind, bare.status, bare.created, bare.size) == ("audio", "blocked", None, None)
    playlist = to_media({"FileId": "1", "BasicInfo": {"MediaUrl": "http://h/a.m3u8?t=1"}})
    assert playlist.hls_url == "http://h/a.m3u8?t=1"


def test_every_filter() -> None:
    media, cloud = store(101, SearchMedia=lambda fields: {"TotalCount": 0, "MediaInfoSet": []})
    given: dict[str, Any] = {
        "ids": "1,2",
        "names": ["a"],
        "name_prefixes": ["b"],
        "descriptions": ["c"],
        "categories": "3,4",
        "tags": ("d", "e"),
        "kinds": "Video",
        "source_types": "Upload",
        "storage_regions": "ap-chongqing",
        "storage_classes": "STANDARD",
        "media_types": "mp4",
        "status": "Normal",
        "created_after": datetime(2025, 1, 1, tzinfo=UTC),
        "created_before": "2025-02-01T00:00:00Z",
        "expires_after": "2026-01-01T00:00:00Z",
        "expires_before": "2027-01-01T00:00:00Z",
        "order": "asc",
        "sub_app": 7,
    }
    assert set(given) == set(CAPABILITIES.search)
    assert media.page(**given).items == ()
    assert cloud.seen[0].fields == {
        "Offset": 0,
        "Limit": 50,
        "FileIds": ["1", "2"],
        "Names": ["a"],
        "NamePrefixes": ["b"],
        "Descriptions": ["c"],
        "ClassIds": [3, 4],
        "Tags": ["d", "e"],
        "Categories": ["Video"],
        "SourceTypes": ["Upload"],
        "StorageRegions": ["ap-chongqing"],
        "StorageClasses": ["STANDARD"],
        "MediaTypes": ["mp4"],
        "Status": ["Normal"],
        "CreateTime": {"After": "2025-01-01T00:00:00Z", "Before": "2025-02-01T00:00:00Z"},
        "ExpireTime": {"After": "2026-01-01T00:00:00Z", "Before": "2027-01-01T00:00:00Z"},
        "Sort": {"Field": "CreateTime", "Order": "Asc"},
        "SubAppId": 7,
    }


@pytest.mark.parametrize(
    ("filters", "kind"),
    [
        ({"colour": "red"}, UnsupportedOption),
        ({"order": "up"}, InvalidRequest),
        ({"categories": "x"}, InvalidRequest),
        ({"created_after": "yesterday"}, InvalidRequest),
        ({"marker": "x"}, InvalidRequest),
    ],
)
def test_filters_that_cannot_be(filters: dict[str, Any], kind: type[Exception]) -> None:
    media, cloud = store()
    with pytest.raises(kind):
        media.page(**filters)
    assert not cloud.seen


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_listing_goes_on_beyond_what_the_vendor_shows(order: str) -> None:
    begin = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
    catalog = [(str(n), begin + n // 3) for n in range(11_000)]

    def search(fields: dict[str, Any]) -> dict[str, Any]:
        span = fields.get("CreateTime", {})
        after = wire.parse_time(span["After"]).timestamp() if "After" in span else 0
        before = wire.parse_time(span["Before"]).timestamp() if "Before" in span else 9e9
        hits = [entry for entry in catalog if after <= entry[1] <= before]
        hits.sort(key=lambda entry: entry[1], reverse=fields["Sort"]["Order"] == "Desc")
        assert fields["Offset"] + fields["Limit"] <= 5000
        page = hits[fields["Offset"] : fields["Offset"] + fields["Limit"]]
        infos = [{"FileId": id, "BasicInfo": {"CreateTime": wire.format_time(at)}} for id, at in page]
        return {"TotalCount": min(len(hits), 5000), "MediaInfoSet": infos}

    media, _ = store(SearchMedia=search)
    found, marker, pages = set(), "", 0
    while True:
        page = media.page(marker=marker, limit=100, order=order)
        found |= {item.id for item in page.items}
        pages += 1
        if not page.next:
            break
        marker = page.next
        assert pages < 200
    assert len(found) == 11_000


def test_total_is_told_only_where_it_is_known() -> None:
    media, _ = store(SearchMedia=lambda fields: {"TotalCount": 3, "MediaInfoSet": [INFO]})
    page = media.page(limit=1)
    assert (page.total, page.next) == (3, "1")
    media, _ = store(SearchMedia=lambda fields: {"TotalCount": 5000, "MediaInfoSet": [INFO]})
    assert media.page(limit=1).total is None


def test_update(tmp_path: Path) -> None:
    cover = tmp_path / "c.png"
    cover.write_bytes(b"png")
    media, cloud = store(DescribeMediaInfos=known, ModifyMediaInfo=lambda fields: {})
    media.update(
        "5285890784273533167",
        title="T",
        description="D",
        category=3,
        expires=None,
        tags="kept,new,new",
        cover=cover,
        ClearSubtitles=1,
    )
    sent = [{k: v for k, v in seen.fields.items() if k != "FileId"} for seen in cloud.did("ModifyMediaInfo")]
    assert sent == [
        {"DeleteTags": ["old"]},
        {"AddTags": ["new"]},
        {
            "Name": "T",
            "Description": "D",
            "ClassId": 3,
            "ExpireTime": "9999-12-31T23:59:59Z",
            "CoverData": base64.b64encode(b"png").decode(),
            "ClearSubtitles": 1,
        },
    ]
    with pytest.raises(UnsupportedOption):
        media.update("5285890784273533167", colour="red")


def test_delete() -> None:
    media, cloud = store(DescribeMediaInfos=known, DeleteMedia=lambda fields: {})
    media.delete("5285890784273533167", parts=[{"Type": "TranscodeFiles", "Definition": 0}])
    assert cloud.did("DeleteMedia")[0].fields["DeleteParts"] == [{"Type": "TranscodeFiles", "Definition": 0}]
    with pytest.raises(NotFound):
        media.delete("1")
    assert len(cloud.did("DeleteMedia")) == 1


def test_any_action_can_be_called() -> None:
    media, cloud = store(101, DescribeTaskDetail=lambda fields: {"Status": "FINISH"})
    assert media.call("DescribeTaskDetail", TaskId="t") == {"Status": "FINISH"}
    assert cloud.seen[0].fields == {"TaskId": "t", "SubAppId": 101}


def test_classes_and_applications() -> None:
    apps = [{"SubAppId": n, "Name": f"app {n}", "Status": "On"} for n in range(3)]
    media, cloud = store(
        DescribeAllClass=lambda fields: {
            "ClassInfoSet": [
                {"ClassId": 1, "ParentId": -1, "ClassName": "K", "Level": 0, "SubClassIdSet": [2]}
            ]
        },
        CreateClass=lambda fields: {"ClassId": 9},
        ModifyClass=lambda fields: {},
        DeleteClass=lambda fields: {},
        DescribeSubAppIds=lambda fields: {
            "TotalCount": 3,
            "SubAppIdInfoSet": apps[fields["Offset"] : fields["Offset"] + 2],
        },
    )
    classes = Classes(media)
    (only,) = classes.list()
    assert (only.id, only.parent, only.name, only.level, only.children) == (1, -1, "K", 0, (2,))
    assert classes.create("N", parent=1) == 9
    classes.rename(9, "M")
    classes.delete(9)
    assert cloud.did("CreateClass")[0].fields == {"ParentId": 1, "ClassName": "N"}
    assert [app.name for app in SubApps(media).list()] == ["app 0", "app 1", "app 2"]


def test_digests_of_downloads() -> None:
    media, _ = store()
    told = media.digests({"x-cos-hash-crc64ecma": "11177612005948864433"})
    assert told == {"crc64": f"{11177612005948864433:016x}"}
    assert media.digests({"x-cos-hash-crc64ecma": "none"}) == {}
    assert media.digests({}) == {}
