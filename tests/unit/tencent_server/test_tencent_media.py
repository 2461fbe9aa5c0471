"""Managing media and classes (checklist G 17), and who sees what."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from vodkit.server import media_catalog
from vodkit.server.contract import MediaRecord
from vodkit.server.media.subtitles import to_webvtt

from .test_tencent_upload import iso
from .world import Caller, World

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
GIF = b"GIF89a" + b"pixels"
VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\n你好\n"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def info(caller: Caller, file_id: str, **params: Any) -> dict[str, Any]:
    (found,) = caller("DescribeMediaInfos", FileIds=[file_id], **params)["MediaInfoSet"]
    return found


@pytest.mark.covers("tencent G-17")
def test_g17_media_infos(one: Caller) -> None:
    committed = one.upload(
        b"12345", cover=PNG, CoverType="png", MediaName="名字", SourceContext="ctx", StorageRegion="ap-tokyo"
    )
    file_id = committed["FileId"]
    found = info(one, file_id)
    basic = found["BasicInfo"]
    expected = {
        "Name": "名字",
        "Description": "",
        "ExpireTime": "9999-12-31T23:59:59Z",
        "ClassId": 0,
        "ClassName": "其他",
        "ClassPath": "其他",
        "CoverUrl": committed["CoverUrl"],
        "MediaUrl": committed["MediaUrl"],
        "Type": "mp4",
        "SourceInfo": {"SourceType": "Upload", "SourceContext": "ctx"},
        "StorageRegion": "ap-tokyo",
        "TagSet": [],
        "Vid": file_id,
        "Category": "Video",
        "Status": "Normal",
        "StorageClass": "STANDARD",
    }
    assert expected.items() <= basic.items()
    assert committed["MediaUrl"].endswith(basic["StoragePath"])
    assert found["MetaData"]["Size"] == 5
    assert found["MetaData"]["Md5"] == hashlib.md5(b"12345").hexdigest()
    assert found["TranscodeInfo"]["TranscodeSet"][0]["Definition"] == 0
    assert found["SubtitleInfo"] == {"SubtitleSet": []}
    assert found["ReviewInfo"] is None


@pytest.mark.covers("tencent G-17")
def test_g17_filters_and_unknown_ids(one: Caller) -> None:
    file_id = one.upload(b"x")["FileId"]
    answer = one("DescribeMediaInfos", FileIds=[file_id, "1", file_id, "x"], Filters=["metaData"])
    assert answer["NotExistFileIdSet"] == ["1", "x"]
    (found,) = answer["MediaInfoSet"]
    assert found["MetaData"] is not None
    assert found["BasicInfo"] is None and found["TranscodeInfo"] is None
    for params, code in (
        ({"FileIds": []}, "InvalidParameterValue.FileIdsEmpty"),
        ({"FileIds": ["1"] * 21}, "InvalidParameterValue.FileIdsTooMany"),
        ({"FileIds": ["1" * 41]}, "InvalidParameterValue.FileIds"),
        ({"FileIds": ["1"], "Filters": ["nothing"]}, "InvalidParameterValue"),
        ({}, "MissingParameter"),
    ):
        assert one.refused("DescribeMediaInfos", **params) == code


@pytest.mark.covers("tencent G-17")
def test_g17_search(two: Caller) -> None:
    app = two("CreateSubAppId", Name="search")["SubAppId"]
    top = two("CreateClass", ParentId=-1, ClassName="top", SubAppId=app)["ClassId"]
    below = two("CreateClass", ParentId=top, ClassName="below", SubAppId=app)["ClassId"]
    a = two.upload(b"a", MediaName="Holiday Rome", ClassId=below, SubAppId=app)["FileId"]
    b = two.upload(b"b", MediaName="holiday Paris", MediaType="mp3", SubAppId=app)["FileId"]
    c = two.upload(b"c", MediaName="work", StorageRegion="ap-tokyo", ExpireTime=iso(9000), SubAppId=app)[
        "FileId"
    ]
    two("ModifyMediaInfo", FileId=a, AddTags=["red", "blue"], Description="the old town", SubAppId=app)

    def search(**params: Any) -> list[str]:
        found = two("SearchMedia", SubAppId=app, Filters=["basicInfo"], **params)
        return [item["FileId"] for item in found["MediaInfoSet"]]

    for params, expected in (
        ({}, [c, b, a]),
        ({"Sort": {"Field": "CreateTime", "Order": "Asc"}}, [a, b, c]),
        ({"Names": ["holiday"]}, [b, a]),
        ({"NamePrefixes": ["holiday R", "wo"]}, [c, a]),
        ({"Descriptions": ["old"]}, [a]),
        ({"Text": "town"}, [a]),
        ({"ClassIds": [top]}, [a]),
        ({"ClassIds": [below]}, [a]),
        ({"Tags": ["blue", "green"]}, [a]),
        ({"Categories": ["Audio"]}, [b]),
        ({"MediaTypes": ["MP3"]}, [b]),
        ({"StorageRegions": ["ap-tokyo"]}, [c]),
        ({"SourceTypes": ["Record"]}, []),
        ({"SourceTypes": ["Upload"], "StorageClasses": ["STANDARD"]}, [c, b, a]),
        ({"Status": ["Forbidden"]}, []),
        ({"FileIds": [a, "1"]}, [a]),
        ({"StreamIds": ["s"]}, []),
        ({"CreateTime": {"After": iso(-100), "Before": iso(100)}}, [c, b, a]),
        ({"CreateTime": {"Before": iso(-100)}}, []),
        ({"ExpireTime": {"Before": iso(10000)}}, [c]),
        ({"ExpireTime": {"After": iso(10000)}}, [b, a]),
        ({"Offset": 1, "Limit": 1}, [b]),
        ({"Offset": 3}, []),
        ({"Limit": 0}, []),
    ):
        assert search(**params) == expected, params
    assert two("SearchMedia", SubAppId=app, Limit=1)["TotalCount"] == 3


def test_names_are_found_in_any_case_and_spelling(two: Caller) -> None:
    app = two("CreateSubAppId", Name="spelling")["SubAppId"]
    names = ("春节 联欢晚会 2026", "ÉTÉ À LA MER", "100%_done", "Ｆｕｌｌ Ｗｉｄｔｈ", "Straße 5")
    ids = {name: two.upload(b"a", MediaName=name, SubAppId=app)["FileId"] for name in names}

    def search(**params: Any) -> list[str]:
        found = two("SearchMedia", SubAppId=app, Filters=["basicInfo"], **params)["MediaInfoSet"]
        assert all(ids[item["BasicInfo"]["Name"]] == item["FileId"] for item in found)
        return sorted(item["BasicInfo"]["Name"] for item in found)

    for params, expected in (
        ({"Names": ["联欢"]}, [names[0]]),
        ({"Names": ["2026 春节"]}, [names[0]]),
        ({"Names": ["春节 2025"]}, []),
        ({"Names": ["été mer"]}, [names[1]]),
        ({"Names": ["E\u0301te\u0301"]}, [names[1]]),
        ({"Names": ["%"]}, [names[2]]),
        ({"Names": ["0_d", "0%d"]}, []),
        ({"Names": ["%_D"]}, [names[2]]),
        ({"Names": ["full width"]}, [names[3]]),
        ({"Names": ["STRASSE", "晚会"]}, sorted((names[0], names[4]))),
        ({"NamePrefixes": ["été"]}, [names[1]]),
        ({"NamePrefixes": ["mer"]}, []),
        ({"NamePrefixes": ["春", "100%_"]}, sorted((names[0], names[2]))),
        ({"Text": "FULL"}, [names[3]]),
    ):
        assert search(**params) == expected, params


@pytest.mark.covers("tencent G-17")
def test_g17_search_is_capped(one: Caller) -> None:
    assert one("SearchMedia", Offset=4990, Limit=10)["MediaInfoSet"] == []
    assert one.refused("SearchMedia", Offset=4991, Limit=10) == "InvalidParameterValue.LimitTooLarge"
    assert one.refused("SearchMedia", Offset=5000, Limit=1) == "InvalidParameterValue.OffsetTooLarge"
    for params, code in (
        ({"FileIds": ["1"] * 11}, "InvalidParameterValue.FileIds"),
        ({"Names": ["x" * 101]}, "InvalidParameterValue"),
        ({"Tags": ["x"] * 17}, "InvalidParameterValue.Tags"),
        ({"Categories": ["Text"]}, "InvalidParameterValue.Categories"),
        ({"Sort": {"Field": "Size"}}, "InvalidParameterValue"),
        ({"CreateTime": {"After": "soon"}}, "InvalidParameterValue.StartTime"),
    ):
        assert one.refused("SearchMedia", **params) == code, params


def test_a_large_library_is_searched_in_the_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = world.caller("AKIDlarge")
    app = owner("DescribeSubAppIds")["SubAppIdInfoSet"][0]["SubAppId"]
    crowd, lone, empty = (owner("CreateClass", ParentId=-1, ClassName=n)["ClassId"] for n in "abc")
    first = owner.upload(b"x", MediaName="the first", ClassId=lone)["FileId"]
    media, catalog = world.service.media, world.service.catalog

    def crowded(conn: Connection) -> None:
        example = media.get(conn, "tencent", first)
        assert example is not None
        for number in range(3000):
            attrs = {**example.attrs, "class": crowd, "app": app}
            name = f"m{number}"
            added = replace(example, id=name, remote_id=name, title=name, attrs=attrs)
            media.add(conn, replace(added, created=example.created + 1 + number))

    catalog.write_now(crowded)
    read: list[str] = []
    record_of = media_catalog.record_of

    def counted(row: Any) -> MediaRecord:
        read.append(row.id)
        return record_of(row)

    monkeypatch.setattr(media_catalog, "record_of", counted)
    for params, found, total, most in (
        ({}, "m2999", 3001, 10),
        ({"Offset": 2000, "Limit": 5}, "m999", 3001, 5),
        ({"ClassIds": [lone]}, first, 1, 1),
        ({"ClassIds": [crowd], "Sort": {"Field": "CreateTime", "Order": "Asc"}}, "m0", 3000, 10),
        ({"FileIds": ["m7"]}, "m7", 1, 1),
        ({"CreateTime": {"Before": iso(-1000)}}, None, 0, 0),
        ({"Names": ["first THE"]}, first, 1, 1),
        ({"NamePrefixes": ["M29"], "Sort": {"Field": "CreateTime", "Order": "Asc"}}, "m29", 111, 10),
    ):
        read.clear()
        answer = owner("SearchMedia", **params)
        assert [item["FileId"] for item in answer["MediaInfoSet"]][:1] == ([found] if found else []), params
        assert (answer["TotalCount"], len(read) <= most) == (total, True), (params, len(read))
    read.clear()
    assert owner.refused("DeleteClass", ClassId=crowd) == "UnsupportedOperation.ClassNotEmpty"
    owner("DeleteClass", ClassId=empty)
    assert read == []


@pytest.mark.covers("tencent G-17")
def test_g17_delete(one: Caller, world: World) -> None:
    committed = one.upload(b"x", cover=PNG, CoverType="png")
    one("DeleteMedia", FileId=committed["FileId"])
    assert world.play(committed["MediaUrl"]).status == 404
    assert world.play(committed["CoverUrl"]).status == 404
    assert one.refused("DeleteMedia", FileId=committed["FileId"]) == "ResourceNotFound.FileNotExist"
    assert one.refused("DeleteMedia", FileId="1") == "ResourceNotFound.FileNotExist"


@pytest.mark.covers("tencent G-17")
def test_g17_delete_of_parts(one: Caller, world: World) -> None:
    committed = one.upload(b"x", cover=PNG, CoverType="png")
    file_id = committed["FileId"]
    one("ModifyMediaInfo", FileId=file_id, AddSubtitles=[subtitle()])
    one("DeleteMedia", FileId=file_id, DeleteParts=[{"Type": "TranscodeFiles", "Definition": 0}])
    assert world.play(committed["MediaUrl"]).status == 200
    one("DeleteMedia", FileId=file_id, DeleteParts=[{"Type": "OriginalFiles"}])
    assert world.play(committed["MediaUrl"]).status == 404
    assert world.play(committed["CoverUrl"]).status == 404
    left = info(one, file_id)
    assert left["BasicInfo"]["MediaUrl"] == left["BasicInfo"]["CoverUrl"] == ""
    assert left["MetaData"]["Size"] == 0
    assert left["TranscodeInfo"]["TranscodeSet"] == []
    assert world.play(left["SubtitleInfo"]["SubtitleSet"][0]["Url"]).status == 200
    bad = one.refused("DeleteMedia", FileId=file_id, DeleteParts=[{"Type": "Everything"}])
    assert bad == "InvalidParameterValue"


def subtitle(**changes: str) -> dict[str, str]:
    given = {"Id": "zh", "Name": "中文", "Language": "zh", "Format": "vtt", "Content": b64(VTT.encode())}
    return {**given, **changes}


@pytest.mark.covers("tencent G-17")
def test_g17_modify(one: Caller, world: World) -> None:
    committed = one.upload(b"x", cover=PNG, CoverType="png")
    file_id = committed["FileId"]
    id = one("CreateClass", ParentId=-1, ClassName="for modify")["ClassId"]
    answer = one(
        "ModifyMediaInfo",
        FileId=file_id,
        Name="n" * 64,
        Description="d" * 128,
        ClassId=id,
        ExpireTime="2095-01-01T00:00:00Z",
        CoverData=b64(GIF),
        AddTags=["a", "b", "a"],
        AddKeyFrameDescs=[{"TimeOffset": 7.5, "Content": "goal"}, {"TimeOffset": 1, "Content": "start"}],
        AddSubtitles=[subtitle()],
    )
    assert world.play(answer["CoverUrl"]).body == GIF
    assert world.play(committed["CoverUrl"]).status == 404
    assert world.play(answer["AddedSubtitleSet"][0]["Url"]).body == to_webvtt(VTT.encode()).encode()
    found = info(one, file_id)
    changed = {
        "Name": "n" * 64,
        "Description": "d" * 128,
        "ClassId": id,
        "ClassName": "for modify",
        "ExpireTime": "2095-01-01T00:00:00Z",
        "TagSet": ["a", "b"],
        "CoverUrl": answer["CoverUrl"],
    }
    assert changed.items() <= found["BasicInfo"].items()
    assert [frame["Content"] for frame in found["KeyFrameDescInfo"]["KeyFrameDescSet"]] == ["start", "goal"]
    assert found["SubtitleInfo"]["SubtitleSet"] == answer["AddedSubtitleSet"]

    one("ModifyMediaInfo", FileId=file_id, DeleteTags=["a"], DeleteKeyFrameDescs=[7.5], ClearSubtitles=1)
    one("ModifyMediaInfo", FileId=file_id, ExpireTime="9999-12-31T23:59:59Z", Description="")
    found = info(one, file_id)
    assert found["BasicInfo"]["TagSet"] == ["b"]
    assert found["BasicInfo"]["Description"] == ""
    assert found["BasicInfo"]["ExpireTime"] == "9999-12-31T23:59:59Z"
    assert len(found["KeyFrameDescInfo"]["KeyFrameDescSet"]) == 1
    assert found["SubtitleInfo"]["SubtitleSet"] == []
    assert world.play(answer["AddedSubtitleSet"][0]["Url"]).status == 404

    one("ModifyMediaInfo", FileId=file_id, ClearTags=1, ClearKeyFrameDescs=1)
    found = info(one, file_id)
    assert found["BasicInfo"]["TagSet"] == [] and found["KeyFrameDescInfo"] is None


@pytest.mark.covers("tencent G-17")
@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"Name": "n" * 65}, "InvalidParameterValue.Name"),
        ({"Description": "d" * 129}, "InvalidParameterValue.Description"),
        ({"ClassId": 424242}, "InvalidParameterValue.ClassId"),
        ({"ExpireTime": "2001-01-01T00:00:00Z"}, "InvalidParameter.ExpireTime"),
        ({"CoverData": b64(b"not an image")}, "InvalidParameterValue.PicFormatError"),
        ({"CoverData": "***"}, "InvalidParameterValue"),
        ({"AddTags": ["t" * 33]}, "InvalidParameterValue.TagTooLong"),
        ({"AddTags": [str(n) for n in range(17)]}, "LimitExceeded.TagCountReachMax"),
        ({"AddTags": ["a"], "ClearTags": 1}, "InvalidParameterValue.AddTagsAndClearTagsConflict"),
        ({"AddTags": ["a"], "DeleteTags": ["b"]}, "InvalidParameterValue.AddTagsAndDeleteTagsConflict"),
        (
            {"AddKeyFrameDescs": [{"TimeOffset": 1, "Content": "x"}], "ClearKeyFrameDescs": 1},
            "InvalidParameterValue.AddKeyFrameDescsAndClearKeyFrameDescsConflict",
        ),
        (
            {"AddKeyFrameDescs": [{"TimeOffset": 1, "Content": "x"}], "DeleteKeyFrameDescs": [2]},
            "InvalidParameterValue.AddKeyFrameDescsAndDeleteKeyFrameDescsConflict",
        ),
        (
            {"AddKeyFrameDescs": [{"TimeOffset": 1, "Content": "x" * 129}]},
            "InvalidParameterValue.KeyFrameDescContentTooLong",
        ),
        (
            {"AddKeyFrameDescs": [{"TimeOffset": n, "Content": "x"} for n in range(101)]},
            "LimitExceeded.KeyFrameDescCountReachMax",
        ),
        ({"AddSubtitles": [subtitle(Format="srt")]}, "InvalidParameterValue.SubtitleFormat"),
        ({"AddSubtitles": [subtitle(Id="no blanks")]}, "InvalidParameterValue"),
        ({"AddSubtitles": [subtitle(Id="twice"), subtitle(Id="twice")]}, "InvalidParameterValue"),
        ({"AddSubtitles": [subtitle(Content="***")]}, "InvalidParameterValue"),
        ({"AddSubtitles": [subtitle(Content=b64(b"no cues"))]}, "InvalidParameterValue"),
    ],
)
def test_g17_modify_refuses(one: Caller, params: dict[str, Any], code: str) -> None:
    file_id = one.upload(b"x", MediaName="untouched")["FileId"]
    assert one.refused("ModifyMediaInfo", FileId=file_id, **params) == code
    basic = info(one, file_id)["BasicInfo"]
    assert (basic["Name"], basic["TagSet"]) == ("untouched", [])


@pytest.mark.covers("tencent G-17")
def test_g17_tags_are_counted_over_calls(one: Caller) -> None:
    file_id = one.upload(b"x")["FileId"]
    one("ModifyMediaInfo", FileId=file_id, AddTags=[str(n) for n in range(16)])
    one("ModifyMediaInfo", FileId=file_id, AddTags=["3"])
    assert one.refused("ModifyMediaInfo", FileId=file_id, AddTags=["16"]) == "LimitExceeded.TagCountReachMax"


@pytest.mark.covers("tencent G-17")
def test_g17_blocked_media_do_not_play(one: Caller, world: World) -> None:
    committed = one.upload(b"x")
    ids = [committed["FileId"], "1"]
    assert one("ForbidMediaDistribution", FileIds=ids, Operation="forbid")["NotExistFileIdSet"] == ["1"]
    assert world.play(committed["MediaUrl"]).status == 403
    assert info(one, ids[0])["BasicInfo"]["Status"] == "Forbidden"
    assert one("SearchMedia", FileIds=ids, Status=["Forbidden"])["TotalCount"] == 1
    one("ForbidMediaDistribution", FileIds=ids, Operation="recover")
    assert world.play(committed["MediaUrl"]).status == 200
    wrong = one.refused("ForbidMediaDistribution", FileIds=ids, Operation="hide")
    assert wrong == "InvalidParameterValue.Operation"


@pytest.mark.covers("tencent G-17")
def test_g17_the_class_tree(two: Caller) -> None:
    app = {"SubAppId": two("CreateSubAppId", Name="classes")["SubAppId"]}
    parents = [-1]
    for level in range(4):
        parents.append(two("CreateClass", ParentId=parents[-1], ClassName=f"level {level}", **app)["ClassId"])
    top, second, _, deepest = parents[1:]
    tree = {item["ClassId"]: item for item in two("DescribeAllClass", **app)["ClassInfoSet"]}
    assert tree[top]["SubClassIdSet"] == [second]
    assert (tree[deepest]["Level"], tree[deepest]["ClassName"]) == (3, "level 3")
    file_id = two.upload(b"x", ClassId=deepest, **app)["FileId"]
    assert info(two, file_id, **app)["BasicInfo"]["ClassPath"] == "level 0-level 1-level 2-level 3"
    for action, params, code in (
        ("CreateClass", {"ParentId": deepest, "ClassName": "x"}, "FailedOperation.ClassLevelLimitExceeded"),
        ("CreateClass", {"ParentId": 424242, "ClassName": "x"}, "FailedOperation.ParentIdNoFound"),
        ("CreateClass", {"ParentId": -1, "ClassName": "level 0"}, "FailedOperation.ClassNameDuplicate"),
        ("CreateClass", {"ParentId": -1, "ClassName": ""}, "InvalidParameterValue.ClassName"),
        ("CreateClass", {"ParentId": -1, "ClassName": "x" * 65}, "InvalidParameterValue.ClassName"),
        ("ModifyClass", {"ClassId": 424242, "ClassName": "x"}, "FailedOperation.ClassNoFound"),
        ("DeleteClass", {"ClassId": 424242}, "FailedOperation.ClassNoFound"),
        ("DeleteClass", {"ClassId": top}, "UnsupportedOperation.ClassNotEmpty"),
        ("DeleteClass", {"ClassId": deepest}, "UnsupportedOperation.ClassNotEmpty"),
    ):
        assert two.refused(action, **params, **app) == code, (action, params)
    two("ModifyClass", ClassId=deepest, ClassName="renamed", **app)
    two("DeleteMedia", FileId=file_id, **app)
    two("DeleteClass", ClassId=deepest, **app)
    assert len(two("DescribeAllClass", **app)["ClassInfoSet"]) == 3


def test_tenants_and_applications_see_their_own_only(one: Caller, two: Caller) -> None:
    mine = one.upload(b"mine", SubAppId=1500000101)["FileId"]
    id = one("CreateClass", ParentId=-1, ClassName="mine", SubAppId=1500000101)["ClassId"]
    for stranger in (
        lambda action, **params: one.tc3(action, params),
        lambda action, **params: one.tc3(action, {**params, "SubAppId": 1500000102}),
        lambda action, **params: two.tc3(action, params),
    ):
        assert stranger("DescribeMediaInfos", FileIds=[mine]).response["NotExistFileIdSet"] == [mine]
        assert stranger("SearchMedia", FileIds=[mine]).response["TotalCount"] == 0
        assert stranger("ModifyMediaInfo", FileId=mine, Name="x").code == "ResourceNotFound.FileNotExist"
        assert stranger("DeleteMedia", FileId=mine).code == "ResourceNotFound.FileNotExist"
        forbidden = stranger("ForbidMediaDistribution", FileIds=[mine], Operation="forbid")
        assert forbidden.response["NotExistFileIdSet"] == [mine]
        assert stranger("ApplyUpload", MediaType="mp4", ClassId=id).code == "InvalidParameterValue.ClassId"
        assert stranger("DeleteClass", ClassId=id).code == "FailedOperation.ClassNoFound"
    assert two.refused("SearchMedia", SubAppId=1500000101) == "InvalidParameterValue.SubAppId"
    assert info(one, mine, SubAppId=1500000101)["BasicInfo"]["Name"]


def test_sub_applications(one: Caller, two: Caller) -> None:
    before = {app["SubAppId"] for app in one("DescribeSubAppIds")["SubAppIdInfoSet"]}
    assert {1500000101, 1500000102} < before
    made = one("CreateSubAppId", Name="new one", Description="d", StorageRegion="ap-tokyo")["SubAppId"]
    assert made not in before
    assert two.refused("SearchMedia", SubAppId=made) == "InvalidParameterValue.SubAppId"
    assert one("ApplyUpload", MediaType="mp4", SubAppId=made)["StorageRegion"] == "ap-tokyo"
    one("ModifySubAppIdInfo", SubAppId=made, Name="renamed")
    (shown,) = one("DescribeSubAppIds", Name="renamed")["SubAppIdInfoSet"]
    assert shown["SubAppId"] == made
    assert (shown["Status"], shown["Description"], shown["StorageRegions"]) == ("On", "d", ["ap-tokyo"])
    assert len(one("DescribeSubAppIds", Limit=1, Offset=1)["SubAppIdInfoSet"]) == 1
    one("ModifySubAppIdStatus", SubAppId=made, Status="Destroyed")
    assert one("DescribeSubAppIds", Name="renamed")["TotalCount"] == 0
    assert one.refused("CreateSubAppId", Name="x", Mode="fileid+path") == "UnsupportedOperation"
    assert one.refused("CreateSubAppId", Name="x" * 41) == "InvalidParameterValue.Name"
    wrong = one.refused("CreateSubAppId", Name="x", StorageRegion="mars-north")
    assert wrong == "InvalidParameterValue.StorageRegion"


def test_storage_regions(one: Caller, world: World) -> None:
    regions = {item["Region"]: item for item in one("DescribeStorageRegions")["StorageRegionInfos"]}
    assert regions["ap-chongqing"]["IsDefault"] and regions["ap-chongqing"]["Status"] == "opened"
    assert regions["eu-frankfurt"]["Area"] == "Outside Chinese Mainland"
    short = world.caller("AKIDshort")("DescribeStorageRegions")["StorageRegionInfos"]
    assert {item["Region"] for item in short if item["Status"] == "opened"} == {"ap-shanghai", "ap-chongqing"}


def test_an_account_that_must_name_its_application(world: World) -> None:
    apps = world.caller("AKIDapps")
    assert apps.refused("ApplyUpload", MediaType="mp4") == "InvalidParameterValue.SubAppId"
    applied = apps("ApplyUpload", MediaType="mp4", SubAppId=1500000201)
    assert applied["StorageBucket"].endswith("-1500000201")
    assert applied["StorageRegion"] == "ap-singapore"
    assert apps("DescribeSubAppIds")["TotalCount"] == 1
