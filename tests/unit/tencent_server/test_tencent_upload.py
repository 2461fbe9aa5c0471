"""The upload path: ApplyUpload, the object store, CommitUpload (checklist G 5-7, 10-12, 15)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .world import Answer, Caller, World

PYTHON_BUCKET, NODE_BUCKET = r"[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]", r"[a-z0-9-]+-[0-9]+"
PYTHON_REGION, NODE_REGION = r"[A-Za-z0-9][A-Za-z0-9.\-]*[A-Za-z0-9]", r"[a-z0-9-]+"


def iso(ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.covers("tencent G-5")
def test_g05_names_suit_the_official_clients(one: Caller) -> None:
    applied = one("ApplyUpload", MediaType="mp4", CoverType="png")
    for pattern in (PYTHON_BUCKET, NODE_BUCKET):
        assert re.fullmatch(pattern, applied["StorageBucket"])
    for pattern in (PYTHON_REGION, NODE_REGION):
        assert re.fullmatch(pattern, applied["StorageRegion"])
    assert "cos." not in applied["StorageRegion"]
    assert re.fullmatch(r"/[0-9a-f]{8}/[0-9a-f]{8}\d{18,19}/\w+\.mp4", applied["MediaStoragePath"])
    assert applied["CoverStoragePath"].startswith(applied["MediaStoragePath"].rpartition("/")[0])
    assert applied["CoverStoragePath"].endswith(".png")
    assert one("ApplyUpload", MediaType="mp4")["CoverStoragePath"] == ""


@pytest.mark.covers("tencent G-5")
def test_g05_upload_keys_reach_their_folder_only(one: Caller, world: World) -> None:
    applied, other = one("ApplyUpload", MediaType="m3u8"), one("ApplyUpload", MediaType="mp4")
    uploader, bucket = one.uploader(applied), applied["StorageBucket"]
    assert applied["TempCertificate"]["ExpiredTime"] >= world.clock.now() + 24 * 3600 - 5
    folder = applied["MediaStoragePath"][1:].rpartition("/")[0]
    assert uploader.cos("PUT", bucket, f"{folder}/sub/1.ts", b"x").status == 200
    for refused in (
        uploader.cos("PUT", bucket, other["MediaStoragePath"][1:], b"x"),
        uploader.cos("PUT", bucket, f"{folder}-more/1.ts", b"x"),
        uploader.cos("GET", bucket, f"{folder}/sub/1.ts"),
        uploader.cos("DELETE", bucket, f"{folder}/sub/1.ts"),
        replace(uploader, token="").cos("PUT", bucket, f"{folder}/2.ts", b"x"),
        replace(uploader, secret="wrong").cos("PUT", bucket, f"{folder}/2.ts", b"x"),
    ):
        assert refused.status == 403, refused.body
        assert refused.headers["x-cos-request-id"]
        for element in (b"Code", b"Message", b"Resource", b"RequestId"):
            assert re.search(rb"<%b>[^<]+</%b>" % (element, element), refused.body)


@pytest.mark.covers("tencent G-6")
@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"MediaType": "exe"}, "InvalidParameterValue.MediaType", "invalid media type"),
        ({"MediaType": ""}, "InvalidParameterValue.MediaType", "invalid media type"),
        ({"CoverType": "mp4"}, "InvalidParameterValue.CoverType", "invalid cover type"),
        ({"SubAppId": 999}, "InvalidParameterValue.SubAppId", None),
        ({"SubAppId": -1}, "InvalidParameterValue.SubAppId", None),
        ({"ExpireTime": "tomorrow"}, "InvalidParameter.ExpireTime", None),
        ({"ExpireTime": "2030-01-01"}, "InvalidParameter.ExpireTime", None),
        ({"ExpireTime": "2001-01-01T00:00:00Z"}, "InvalidParameter.ExpireTime", None),
        ({"StorageRegion": "mars-north"}, "InvalidParameterValue.StorageRegion", None),
        ({"ClassId": 987654}, "InvalidParameterValue.ClassId", None),
        ({"ClassId": -5}, "InvalidParameterValue.ClassId", None),
        ({"SourceContext": "x" * 251}, "InvalidParameterValue.SourceContext", None),
        ({"SessionContext": "x" * 1001}, "InvalidParameterValue.SessionContextTooLong", None),
        ({"MediaStoragePath": "/mine.mp4"}, "InvalidParameterValue.MediaStoragePath", None),
    ],
)
def test_g06_apply_refuses(one: Caller, params: dict[str, object], code: str, message: str | None) -> None:
    answer = one.tc3("ApplyUpload", {"MediaType": "mp4", **params})
    assert answer.code == code, answer.body
    assert message in (None, answer.message)


@pytest.mark.covers("tencent G-6")
@pytest.mark.parametrize(
    "params",
    [
        {"MediaType": "MP4", "CoverType": "JPG"},
        {"Procedure": "QCVB_SimpleProcessFile(1, 1)"},
        {"Procedure": "LongVideoPreset", "SessionContext": "x" * 1000},
        {"SourceContext": "上" * 250},
        {"StorageRegion": "ap-chongqing"},
        {"StorageRegion": "eu-frankfurt"},
        {"ExpireTime": "9999-12-31T23:59:59Z"},
        {"ExpireTime": "2095-01-31T23:59:59+08:00"},
        {"SubAppId": 1500000101},
        {"SubAppId": 1500000102},
        {"SubAppId": 0},
        {"MediaName": "视频"},
        {"ExtInfo": "{}"},
    ],
)
def test_g06_apply_accepts(one: Caller, params: dict[str, object]) -> None:
    committed = one.upload(b"x", **params)
    assert re.fullmatch(r"\d{18,19}", committed["FileId"])


@pytest.mark.covers("tencent G-7")
def test_g07_commit_hands_back_what_plays(one: Caller, world: World) -> None:
    committed = one.upload(b"the movie", cover=b"the cover", CoverType="png")
    assert world.play(committed["MediaUrl"]).body == b"the movie"
    assert world.play(committed["CoverUrl"]).body == b"the cover"


@pytest.mark.covers("tencent G-7")
def test_g07_a_commit_can_be_repeated(one: Caller, world: World) -> None:
    applied = one("ApplyUpload", MediaType="mp4")
    one.fill(applied, b"once")
    first = one("CommitUpload", VodSessionKey=applied["VodSessionKey"])
    again = one("CommitUpload", VodSessionKey=applied["VodSessionKey"])
    del first["RequestId"], again["RequestId"]
    assert first == again
    with ThreadPoolExecutor(4) as pool:
        replies = list(
            pool.map(lambda _: one("CommitUpload", VodSessionKey=applied["VodSessionKey"]), range(8))
        )
    assert {reply["FileId"] for reply in replies} == {first["FileId"]}
    found = one("SearchMedia", FileIds=[first["FileId"]])
    assert found["TotalCount"] == 1


def test_upload_keys_write_nothing_after_the_commit(one: Caller, world: World) -> None:
    applied = one("ApplyUpload", MediaType="mp4")
    bucket, key = applied["StorageBucket"], applied["MediaStoragePath"][1:]
    uploader = one.uploader(applied)

    def begin() -> str:
        answer = uploader.cos("POST", bucket, key, uploads="")
        return re.search(rb"<UploadId>([^<]+)", answer.body)[1].decode()  # type: ignore[index]

    finished, left = begin(), begin()
    etags = [
        uploader.cos("PUT", bucket, key, b"bytes", partNumber="1", uploadId=id).headers["etag"].strip('"')
        for id in (finished, left)
    ]
    document = (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        f"<ETag>{etags[0]}</ETag></Part></CompleteMultipartUpload>"
    ).encode()
    completed = uploader.cos("POST", bucket, key, document, uploadId=finished)
    assert completed.status == 200, completed.body
    committed = one("CommitUpload", VodSessionKey=applied["VodSessionKey"])

    for refused in (
        uploader.cos("PUT", bucket, key, b"other bytes"),
        uploader.cos("PUT", bucket, key.rpartition("/")[0] + "/more.ts", b"x"),
        uploader.cos("POST", bucket, key, uploads=""),
        uploader.cos("PUT", bucket, key, b"other", partNumber="1", uploadId=left),
        uploader.cos("POST", bucket, key, document, uploadId=left),
        uploader.cos("DELETE", bucket, key),
    ):
        assert refused.status == 403 and b"<Code>AccessDenied</Code>" in refused.body, refused.body

    again = uploader.cos("POST", bucket, key, document, uploadId=finished)
    assert (again.status, again.headers["x-cos-hash-crc64ecma"]) == (
        200,
        completed.headers["x-cos-hash-crc64ecma"],
    )
    repeated = one("CommitUpload", VodSessionKey=applied["VodSessionKey"])
    assert repeated["FileId"] == committed["FileId"]
    assert world.play(committed["MediaUrl"]).body == b"bytes"
    assert one.cos("PUT", bucket, key, b"by the owner").status == 200


def test_requests_that_are_replayed_say_the_same_and_change_nothing(
    one: Caller, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied = one("ApplyUpload", MediaType="mp4")
    bucket, key = applied["StorageBucket"], applied["MediaStoragePath"][1:]
    uploader, send = one.uploader(applied), world.send
    recorded: list[tuple[Any, ...]] = []

    def recording(*request: Any) -> Answer:
        recorded.append(request)
        return send(*request)

    begun = uploader.cos("POST", bucket, key, uploads="")
    upload = re.search(rb"<UploadId>([^<]+)", begun.body)[1].decode()  # type: ignore[index]
    monkeypatch.setattr(world, "send", recording)
    first = [uploader.cos("PUT", bucket, key, b"bytes", partNumber="1", uploadId=upload)]
    etag = first[0].headers["etag"]
    document = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    replayed = [send(*recorded[0])]
    completion = f"{document}</CompleteMultipartUpload>".encode()
    first.append(uploader.cos("POST", bucket, key, completion, uploadId=upload))
    first.append(one.tc3("CommitUpload", {"VodSessionKey": applied["VodSessionKey"]}))
    replayed += [send(*request) for request in recorded[1:]]
    ids = re.compile(rb'"RequestId": ?"[^"]+"|<RequestId>[^<]+|<TraceId>[^<]+')
    for before, after in zip(first, replayed, strict=True):
        assert (before.status, ids.sub(b"", before.body)) == (after.status, ids.sub(b"", after.body))
    monkeypatch.undo()
    assert send(*recorded[0]).status == 403
    file_id = first[-1].response["FileId"]
    assert world.play(first[-1].response["MediaUrl"]).body == b"bytes"
    assert one("SearchMedia", FileIds=[file_id])["TotalCount"] == 1


@pytest.mark.covers("tencent G-7")
def test_g07_commit_refuses_bad_and_foreign_sessions(one: Caller, two: Caller) -> None:
    applied = one("ApplyUpload", MediaType="mp4")
    key = applied["VodSessionKey"]
    code = "InvalidParameterValue.VodSessionKey"
    assert one.refused("CommitUpload", VodSessionKey="k+/=") == code
    assert one.refused("CommitUpload", VodSessionKey="") == code
    assert two.refused("CommitUpload", VodSessionKey=key) == code
    assert one.refused("CommitUpload") == "MissingParameter"


@pytest.mark.covers("tencent G-7")
def test_g07_commit_before_the_object_is_there_can_be_tried_again(one: Caller) -> None:
    applied = one("ApplyUpload", MediaType="mp4")
    assert one.refused("CommitUpload", VodSessionKey=applied["VodSessionKey"]) == "ResourceNotFound"
    one.fill(applied, b"late")
    assert one("CommitUpload", VodSessionKey=applied["VodSessionKey"])["FileId"]


@pytest.mark.covers("tencent G-7")
def test_g07_commit_of_another_application_is_refused(one: Caller) -> None:
    applied = one("ApplyUpload", MediaType="mp4", SubAppId=1500000101)
    one.fill(applied, b"x")
    key = applied["VodSessionKey"]
    assert one.refused("CommitUpload", VodSessionKey=key) == "InvalidParameterValue.VodSessionKey"
    assert (
        one.refused("CommitUpload", VodSessionKey=key, SubAppId=1500000102)
        == "InvalidParameterValue.VodSessionKey"
    )
    assert one.refused("CommitUpload", VodSessionKey=key, SubAppId=77) == "InvalidParameterValue.SubAppId"
    assert one("CommitUpload", VodSessionKey=key, SubAppId=1500000101)["FileId"]


@pytest.mark.covers("tencent G-7")
def test_g07_a_missing_cover_does_not_stop_a_commit(one: Caller) -> None:
    assert one.upload(b"x", CoverType="png")["CoverUrl"] == ""


def test_without_upload_keys_the_client_signs_with_its_own(world: World) -> None:
    permanent = world.caller("AKIDpermanent")
    applied = permanent("ApplyUpload", MediaType="mp4")
    assert applied["TempCertificate"] is None
    permanent.fill(applied, b"by the permanent key")
    committed = permanent("CommitUpload", VodSessionKey=applied["VodSessionKey"])
    assert world.play(committed["MediaUrl"]).body == b"by the permanent key"
    foreign = world.caller("AKIDtwo")("ApplyUpload", MediaType="mp4")["StorageBucket"]
    assert permanent.cos("PUT", foreign, "mine.mp4", b"x").status in (403, 404)


def test_an_account_s_own_life_and_regions(world: World) -> None:
    short = world.caller("AKIDshort")
    applied = short("ApplyUpload", MediaType="mp4", StorageRegion="ap-shanghai")
    assert applied["TempCertificate"]["ExpiredTime"] <= world.clock.now() + 60
    assert short.refused("ApplyUpload", MediaType="mp4", StorageRegion="ap-tokyo") == (
        "InvalidParameterValue.StorageRegion"
    )
    uploader = short.uploader(applied)
    world.clock.ahead += 61
    try:
        refused = uploader.cos("PUT", applied["StorageBucket"], applied["MediaStoragePath"][1:], b"x")
    finally:
        world.clock.ahead -= 61
    assert refused.status == 403
    assert b"<Code>AccessDenied</Code><Message>Request has expired" in refused.body


def test_an_expired_media_is_gone(one: Caller, world: World) -> None:
    committed = one.upload(b"brief", ExpireTime=iso(3600))
    kept = one.upload(b"kept")
    assert world.play(committed["MediaUrl"]).body == b"brief"
    ids = [committed["FileId"], kept["FileId"]]
    assert one("DescribeMediaInfos", FileIds=ids)["NotExistFileIdSet"] == []
    world.clock.ahead += 3601
    try:
        assert world.play(committed["MediaUrl"]).status == 404
        found = one("DescribeMediaInfos", FileIds=ids)
        assert found["NotExistFileIdSet"] == [committed["FileId"]]
        assert one("SearchMedia", FileIds=ids)["TotalCount"] == 1
        assert one.refused("DeleteMedia", FileId=ids[0]) == "ResourceNotFound.FileNotExist"
    finally:
        world.clock.ahead -= 3601


@pytest.mark.covers("tencent G-15")
def test_g15_uploads_at_once_do_not_mix(one: Caller, two: Caller, world: World) -> None:
    def upload(number: int) -> tuple[bytes, bytes]:
        content = b"%d " % number * 5000
        committed = (one, two)[number % 2].upload(content, MediaName=f"parallel {number}")
        return content, world.play(committed["MediaUrl"]).body

    with ThreadPoolExecutor(4) as pool:
        for sent, stored in pool.map(upload, range(16)):
            assert sent == stored


def test_an_unfinished_session_is_swept_with_what_it_stored(one: Caller, world: World) -> None:
    finished = one.upload(b"stays", MediaName="finished")
    applied = one("ApplyUpload", MediaType="mp4")
    one.fill(applied, b"abandoned")
    bucket, key = applied["StorageBucket"], applied["MediaStoragePath"][1:]
    begun = one.uploader(applied).cos("POST", bucket, key, uploads="")
    assert begun.status == 200
    world.sweep()
    assert one.cos("HEAD", bucket, key).status == 200
    world.clock.ahead += 8 * 24 * 3600
    try:
        world.sweep()
        assert one.cos("HEAD", bucket, key).status == 404
        listed = one.cos("GET", bucket, "", uploads="", prefix=key)
        assert b"<UploadId>" not in listed.body
        assert one.refused("CommitUpload", VodSessionKey=applied["VodSessionKey"]) == (
            "InvalidParameterValue.VodSessionKey"
        )
    finally:
        world.clock.ahead -= 8 * 24 * 3600
    assert world.play(finished["MediaUrl"]).body == b"stays"


def test_a_switched_off_application_takes_no_uploads(two: Caller) -> None:
    app = two("CreateSubAppId", Name="switched")["SubAppId"]
    assert two("ApplyUpload", MediaType="mp4", SubAppId=app)
    two("ModifySubAppIdStatus", SubAppId=app, Status="Off")
    assert two.refused("ApplyUpload", MediaType="mp4", SubAppId=app).startswith("FailedOperation")
    two("ModifySubAppIdStatus", SubAppId=app, Status="Destroyed")
    assert two.refused("ApplyUpload", MediaType="mp4", SubAppId=app) == "InvalidParameterValue.SubAppId"
