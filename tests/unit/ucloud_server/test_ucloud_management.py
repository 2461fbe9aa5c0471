"""Spaces, file lists and tokens by the management API; upload policies."""

from __future__ import annotations

import time

import pytest

from vodkit.providers.ucloud import sign

from .world import Caller


@pytest.mark.covers("ucloud 12-48", "ucloud 12-49", "ucloud 12-51")
def test_a_spaces_life(one: Caller) -> None:
    made = one.manage("CreateBucket", BucketName="made-one", Domain=["v.example.com"])
    assert made["BucketId"].startswith("ufile-")
    (shown,) = one.manage("DescribeBucket", BucketName="made-one")["DataSet"]
    assert (shown["Type"], shown["Region"], shown["Biz"]) == ("private", "cn-bj", "general")
    assert shown["Domain"]["CustomSrc"] == ["v.example.com"]
    one.manage("UpdateBucket", BucketName="made-one", Type="public")
    (shown,) = one.manage("DescribeBucket", BucketName="made-one")["DataSet"]
    assert shown["Type"] == "public"
    one.put("a.mp4", bucket="made-one")
    assert one.get("a.mp4", bucket="made-one", signed=False).status == 200
    # A domain of one's own stands for the space.
    assert one.get("a.mp4", bucket="made-one", host="v.example.com").body == b"hello"
    files = one.manage("GetFileList", BucketName="made-one")["DataSet"]
    assert [(entry["FileName"], entry["Size"]) for entry in files] == [("a.mp4", 5)]
    assert one.manage("GetFileList", BucketName="made-one", Offset=1)["DataSet"] == []
    one.manage("DeleteBucket", BucketName="made-one", code=15023)
    one.do("DELETE", "a.mp4", bucket="made-one")
    one.open("unfinished", bucket="made-one")
    one.manage("DeleteBucket", BucketName="made-one")
    one.manage("DescribeBucket", BucketName="made-one", code=15010)
    assert one.get("a.mp4", bucket="made-one").refusal == (400, -148653)


@pytest.mark.covers("ucloud 12-50")
@pytest.mark.parametrize(
    ("noun", "name"), [("Bucket", "BucketName"), ("Space", "SpaceName"), ("VideoSpace", "SpaceName")]
)
def test_synonyms(one: Caller, noun: str, name: str) -> None:
    space = {name: f"synonym-{noun.lower()}"}
    one.manage(f"Create{noun}", **space)
    (shown,) = one.manage(f"Describe{noun}", **space)["DataSet"]
    assert shown["Biz"] == ("general" if noun == "Bucket" else "vod")
    one.manage(f"Update{noun}", Type="public", **space)
    one.manage("GetVideoFileBySpace", **space)
    one.manage(f"Delete{noun}", **space)


@pytest.mark.covers("ucloud 12-48")
def test_every_code(one: Caller, two: Caller, strict: Caller) -> None:
    key = {"PublicKey": one.public}
    one.manage_raw(key, code=160)
    one.manage_raw({**key, "Action": "NoSuchAction"}, code=161)
    one.manage_raw({**key, "Action": "DescribeBucket"}, code=170)
    one.manage_raw({**key, "Action": "DescribeBucket", "Signature": "0" * 40}, code=171)
    Caller(one.url, "nobody", "x", "").manage("DescribeBucket", code=172)
    strict.manage("DescribeBucket", ProjectId="org-other", code=292)
    strict.manage("DescribeBucket", ProjectId="org-abc")
    one.manage("CreateBucket", BucketName="one-private", code=15000)
    two.manage("CreateBucket", BucketName="one-private", code=15000)
    one.manage("CreateBucket", BucketName="Not_A_Name", code=15001)
    one.manage("CreateBucket", code=15002)
    one.manage("CreateBucket", BucketName="some-name", Type="open", code=15003)
    one.manage("DeleteBucket", BucketName="no-such-space", code=15010)
    two.manage("UpdateBucket", BucketName="one-private", Type="public", code=15037)
    two.manage("DescribeBucket", BucketName="one-private", code=15037)
    strict.manage("CreateBucket", BucketName="too-young")
    strict.manage("DeleteBucket", BucketName="too-young", code=15014)
    one.manage("DescribeBucket", Offset="x", code=15017)
    one.manage("GetFileList", BucketName="one-private", Limit=100_000, code=15018)
    one.manage("DescribeUFileToken", TokenId="x", code=174)
    one.manage("GetVideoSpaceStatus", EndTime=5, code=15002)
    one.manage("GetVideoSpaceStatus", **{"SpaceName.0": "no-such-space"}, code=15010)


def test_the_quota(two: Caller) -> None:
    names = [f"quota-{number}" for number in range(20)]
    have = len(two.manage("DescribeBucket")["DataSet"])
    for name in names[: 20 - have]:
        two.manage("CreateBucket", BucketName=name)
    two.manage("CreateBucket", BucketName="quota-over", code=15011)
    assert len(two.manage("DescribeBucket", Limit=5)["DataSet"]) == 5
    assert len(two.manage("DescribeBucket", Offset=18)["DataSet"]) == 2
    for name in names[: 20 - have]:
        two.manage("DeleteBucket", BucketName=name)


def test_a_given_space_that_was_deleted_stays_deleted(one: Caller) -> None:
    gone = {"BucketName": "one-brief"}
    assert gone["BucketName"] in {s["BucketName"] for s in one.manage("DescribeBucket")["DataSet"]}
    one.manage("DeleteBucket", **gone)
    one.manage("DescribeBucket", **gone, code=15010)
    assert one.do("PUT", "k", b"x", bucket="one-brief").refusal == (400, -148653)


def test_posts_are_taken_too(one: Caller) -> None:
    one.manage("DescribeBucket", method="POST")


def test_space_status(one: Caller) -> None:
    now = int(time.time())
    days = one.manage("GetVideoSpaceStatus", BeginTime=now - 3 * 86400, EndTime=now)["DataSet"]
    assert len(days) in (3, 4)
    assert set(days[0]) == {
        "Time",
        "Storage",
        "Flux",
        "FhdCodecTime",
        "ShdCodecTime",
        "HdCodecTime",
        "SdCodecTime",
    }


def token(one: Caller, *operations: str, **more: object) -> tuple[str, Caller]:
    made = one.manage("CreateUFileToken", TokenName="t", AllowedOps=list(operations), **more)
    pair = made["UFileTokenSet"]
    return made["TokenId"], Caller(one.url, pair["PublicKey"], pair["PrivateKey"], one.bucket)


def test_tokens(one: Caller) -> None:
    one.put("tokens/a", b"there")
    id, reader = token(one, "TOKEN_ALLOW_READ", AllowedPrefixes=["tokens/"], AllowedBuckets=[one.bucket])
    assert reader.get("tokens/a").body == b"there"
    assert reader.get("other").refusal == (403, -148658)
    assert reader.do("PUT", "tokens/a", b"x").refusal == (403, -148658)
    assert reader.get("tokens/a", bucket="one-other").refusal == (403, -148658)
    one.manage("DeleteBucket", BucketName=one.bucket, code=15023)
    one.manage("UpdateUFileToken", TokenId=id, AllowedOps=["TOKEN_ALLOW_WRITE", "TOKEN_DENY_UPDATE"])
    assert reader.do("PUT", "tokens/b", b"x").status == 200
    assert reader.do("PUT", "tokens/b", b"y").refusal == (403, -148658)
    assert [t["TokenId"] for t in one.manage("DescribeUFileToken", TokenId=id)["DataSet"]] == [id]
    one.manage("DeleteUFileToken", TokenId=id)
    assert reader.do("PUT", "tokens/c", b"x").refusal == (403, -148658)
    one.manage("CreateUFileToken", TokenName="t", AllowedOps=["TOKEN_ALLOW_ALL"], code=15017)


def test_tokens_by_time_and_address(one: Caller) -> None:
    _, late = token(one, "TOKEN_ALLOW_WRITE", ExpireTime=1)
    _, far = token(one, "TOKEN_ALLOW_WRITE", WhiteIPList=["192.0.2.0/24"])
    _, near = token(one, "TOKEN_ALLOW_WRITE", WhiteIPList=["127.0.0.0/8"])
    _, black = token(one, "TOKEN_ALLOW_WRITE", BlackIPList=["127.0.0.1"])
    for caller, status in ((late, 403), (far, 403), (near, 200), (black, 403)):
        assert caller.do("PUT", "tokens/x", b"x").status == status


def test_a_bound_space_cannot_be_deleted(one: Caller) -> None:
    one.manage("CreateBucket", BucketName="bound-space")
    id, _ = token(one, "TOKEN_ALLOW_READ", AllowedBuckets=["bound-space"])
    one.manage("DeleteBucket", BucketName="bound-space", code=15052)
    one.manage("DeleteUFileToken", TokenId=id)
    one.manage("DeleteBucket", BucketName="bound-space")


def test_an_upload_policy_is_signed_and_taken(one: Caller) -> None:
    policy = sign.encode_policy({"somethingElse": "http://127.0.0.1:9/cb"})
    one.put("policy.mp4", policy=policy)
    id = one.open("policy.mp4")
    etags = one.parts("policy.mp4", id, b"x")
    assert one.finish("policy.mp4", id, etags, policy=policy).status == 200
    broken = policy[:-4] + "AAA="
    headers = {
        "Authorization": sign.authorization(
            one.public, one.private, "PUT", one.bucket, "policy.mp4", policy=policy
        ).replace(policy, broken)
    }
    headers["Host"] = one.bucket + ".cn-bj.ufileos.com"
    assert one.send("PUT", "/policy.mp4", headers, b"x").refusal == (403, -148658)


def test_everybody_may_ask_a_browsers_question(one: Caller) -> None:
    asked = one.send("OPTIONS", "/k", {"Host": f"{one.bucket}.cn-bj.ufileos.com", "Origin": "http://a"})
    assert asked.status == 200
    assert "PUT" in asked.headers["access-control-allow-methods"]
