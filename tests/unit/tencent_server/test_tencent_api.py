"""Signatures, the envelope and dispatch (checklist G 1-4)."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from vodkit.core.registry import descriptor
from vodkit.providers.tencent.server import Room
from vodkit.server.contract import Head
from vodkit.server.errors import StorageFull

from .world import JSON, Answer, Caller, World

APPLY = {"MediaType": "mp4", "MediaName": "中文 名+&=\nline"}


def assert_envelope(answer: Answer) -> None:
    """What every answer has, success or error: the official clients depend on each of these."""
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert uuid.UUID(answer.response["RequestId"])


@pytest.mark.covers("tencent G-1")
def test_g01_signed_requests_pass_and_changed_ones_do_not(one: Caller) -> None:
    assert not one.tc3("ApplyUpload", APPLY).code
    for changed in (
        one.tc3("ApplyUpload", APPLY, tamper=lambda body: body.replace(b"mp4", b"flv")),
        one.tc3("ApplyUpload", APPLY, signed_host="vod.example.com"),
        replace(one, secret="another").tc3("ApplyUpload", APPLY),
        one.tc3("ApplyUpload", APPLY, headers={"Content-Type": f"{JSON}; charset=utf-8"}),
    ):
        assert_envelope(changed)
        assert changed.code == "AuthFailure.SignatureFailure"
        assert "secret" not in changed.body.decode()


@pytest.mark.covers("tencent G-1")
def test_g01_a_get_request_is_signed_over_its_query(one: Caller) -> None:
    answer = one.tc3("ApplyUpload", {"MediaType": "mp4", "ClassId": 0}, method="GET")
    assert not answer.code
    assert_envelope(answer)


@pytest.mark.covers("tencent G-2")
@pytest.mark.parametrize(("skew", "code"), [(299, ""), (-299, ""), (302, "E"), (-301, "E")])
def test_g02_timestamps_may_be_300_seconds_off(one: Caller, skew: int, code: str) -> None:
    expected = "AuthFailure.SignatureExpire" if code else ""
    for answer in (one.tc3("ApplyUpload", APPLY, skew=skew), one.v1("ApplyUpload", APPLY, skew=skew)):
        assert answer.code == expected
        assert_envelope(answer)


@pytest.mark.covers("tencent G-2")
def test_g02_unknown_keys_and_bad_tokens(one: Caller, world: World) -> None:
    stranger = world.caller("AKIDnobody")
    for answer, code in (
        (stranger.tc3("ApplyUpload", APPLY), "AuthFailure.SecretIdNotFound"),
        (stranger.v1("ApplyUpload", APPLY), "AuthFailure.SecretIdNotFound"),
        (replace(one, token="made up").tc3("ApplyUpload", APPLY), "AuthFailure.TokenFailure"),
        (replace(one, token="made up").v1("ApplyUpload", APPLY), "AuthFailure.TokenFailure"),
    ):
        assert answer.code == code
        assert_envelope(answer)


@pytest.mark.covers("tencent G-2")
def test_g02_a_malformed_authorization_is_refused(one: Caller) -> None:
    answer = one.tc3("ApplyUpload", APPLY, headers={"Authorization": "TC3-HMAC-SHA256 Credential=x"})
    assert answer.code == "AuthFailure.InvalidAuthorization"
    assert_envelope(answer)


@pytest.mark.covers("tencent G-3")
@pytest.mark.parametrize("algorithm", ["HmacSHA1", "HmacSHA256"])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_g03_v1_signatures_over_any_text(one: Caller, algorithm: str, method: str) -> None:
    name = f"{APPLY['MediaName']}{algorithm}{method}"
    answer = one.v1(
        "ApplyUpload", {**APPLY, "MediaName": name, "ClassId": 0}, algorithm=algorithm, method=method
    )
    assert not answer.code, answer.body
    assert_envelope(answer)
    one.fill(answer.response, b"x")
    file_id = one("CommitUpload", VodSessionKey=answer.response["VodSessionKey"])["FileId"]
    found = one.v1("DescribeMediaInfos", {"FileIds": [file_id], "Filters": ["basicInfo"]}).response
    assert found["MediaInfoSet"][0]["BasicInfo"]["Name"] == name
    assert found["MediaInfoSet"][0]["MetaData"] is None


@pytest.mark.covers("tencent G-3")
def test_g03_v1_with_a_token_and_with_a_wrong_secret(one: Caller, world: World) -> None:
    temporary = federation(one)
    assert not temporary.v1("ApplyUpload", APPLY).code
    assert replace(temporary, secret="x").v1("ApplyUpload", APPLY).code == "AuthFailure.SignatureFailure"
    assert replace(one, secret="x").v1("ApplyUpload", APPLY).code == "AuthFailure.SignatureFailure"


@pytest.mark.covers("tencent G-4")
def test_g04_the_host_may_be_signed_with_or_without_its_port(one: Caller) -> None:
    host = "vod.tencentcloudapi.com"
    for sent, signed in ((host, host), (f"{host}:443", host), (f"{host}:443", f"{host}:443")):
        assert not one.tc3("ApplyUpload", APPLY, host=sent, signed_host=signed).code
        assert not one.v1("ApplyUpload", APPLY, host=sent, signed_host=signed).code
    intl = "vod.intl.tencentcloudapi.com"
    assert not one.tc3("ApplyUpload", APPLY, host=intl).code
    assert not one.v1("ApplyUpload", APPLY, host=intl).code


def test_requests_that_cannot_be_dispatched(one: Caller, world: World) -> None:
    host = {"Host": "vod.tencentcloudapi.com"}
    for answer, code in (
        (one.tc3("NoSuchAction", {}), "InvalidAction"),
        (one.tc3("ApplyUpload", APPLY, version="2017-01-01"), "NoSuchVersion"),
        (one.tc3("EditMedia", {}), "UnsupportedOperation"),
        (one.tc3("ApplyUpload", {}), "MissingParameter"),
        (one.tc3("ApplyUpload", {"MediaType": None}), "MissingParameter"),
        (one.tc3("ApplyUpload", {"MediaType": 5}), "InvalidParameter"),
        (one.tc3("ApplyUpload", {**APPLY, "ClassId": "7"}), "InvalidParameter"),
        (one.tc3("ApplyUpload", {**APPLY, "ClassId": True}), "InvalidParameter"),
        (one.v1("ApplyUpload", {**APPLY, "ClassId": "seven"}), "InvalidParameter"),
        (one.tc3("ApplyUpload", {**APPLY, "MediaName": "\ud800"}), "InvalidParameter"),
        (one.tc3("ApplyUpload", {**APPLY, "ClassId": 10**30}), "InvalidParameter"),
        (one.tc3("ApplyUpload", b"[1, 2]"), "InvalidParameter"),
        (one.tc3("ApplyUpload", b'{"MediaType": '), "InvalidParameter"),
        (one.tc3("ApplyUpload", b"\xff\xfe"), "InvalidParameter"),
        (one.tc3("ApplyUpload", b'{"a":' * 100_000), "InvalidParameter"),
        (world.send("POST", "/", host, b""), "MissingParameter"),
        (world.send("GET", "/?Action=ApplyUpload", host, b""), "MissingParameter"),
        (world.send("DELETE", "/", host, b""), "InvalidParameter"),
    ):
        assert answer.code == code, answer.body
        assert_envelope(answer)


def test_parameters_that_the_service_does_not_know_are_ignored(one: Caller) -> None:
    assert one("ApplyUpload", MediaType="mp4", FromTheFuture={"a": [1]})["VodSessionKey"]


def test_a_document_above_the_cap_is_refused(one: Caller, world: World) -> None:
    big = b" " * (world.service.settings.max_document + 1)
    answer = one.tc3("ApplyUpload", big)
    assert answer.code == "RequestSizeLimitExceeded"
    assert_envelope(answer)


def federation(caller: Caller, **params: object) -> Caller:
    """Temporary keys of a caller, by the STS call."""
    given = {"Name": "app", "Policy": "", "DurationSeconds": 600, **params}
    answer = caller.tc3(
        "GetFederationToken", given, host="sts.tencentcloudapi.com", service="sts", version="2018-08-13"
    )
    assert not answer.code, answer.body
    keys = answer.response["Credentials"]
    assert answer.response["ExpiredTime"] <= caller.world.clock.now() + 600
    return Caller(caller.world, keys["TmpSecretId"], keys["TmpSecretKey"], keys["Token"])


def test_temporary_keys_work_like_the_account_until_they_expire(one: Caller, world: World) -> None:
    temporary = federation(one)
    file_id = temporary.upload(b"by temporary keys")["FileId"]
    assert one("DescribeMediaInfos", FileIds=[file_id])["NotExistFileIdSet"] == []
    assert replace(temporary, token="").refused("ApplyUpload", **APPLY) == "AuthFailure.SecretIdNotFound"
    other = federation(one)
    assert replace(temporary, token=other.token).refused("ApplyUpload", **APPLY) == "AuthFailure.TokenFailure"
    world.clock.ahead += 601
    try:
        assert temporary.refused("ApplyUpload", **APPLY) == "AuthFailure.TokenFailure"
    finally:
        world.clock.ahead -= 601


def test_a_policy_limits_temporary_keys(one: Caller) -> None:
    policy = (
        '{"version":"2.0","statement":[{"effect":"allow","action":["name/vod:Describe*","vod:SearchMedia"],'
        '"resource":"*"},{"effect":"deny","action":"vod:DescribeTasks","resource":["*"]}]}'
    )
    limited = federation(one, Policy=policy)
    assert limited("SearchMedia")["MediaInfoSet"] is not None
    assert limited("DescribeAllClass")
    for action in ("ApplyUpload", "DescribeTasks"):
        assert limited.refused(action, **APPLY) == "AuthFailure.UnauthorizedOperation"


@pytest.mark.parametrize(
    "policy",
    [
        "not json",
        "[]",
        '{"statement":[{"effect":"allow","action":"*","resource":"qcs::vod::uin/1:*"}]}',
        "[" * 9999,
    ],
)
def test_a_policy_that_cannot_be_enforced_is_refused(one: Caller, policy: str) -> None:
    params = {"Name": "x", "Policy": policy}
    answer = one.tc3(
        "GetFederationToken", params, host="sts.tencentcloudapi.com", service="sts", version="2018-08-13"
    )
    assert answer.code == "InvalidParameter.PolicyInvalid"


def test_other_calls_of_sts(one: Caller) -> None:
    sts = {"host": "sts.tencentcloudapi.com", "service": "sts", "version": "2018-08-13"}
    role = {"RoleArn": "qcs::cam::uin/1:roleName/uploader", "RoleSessionName": "s"}
    answer = one.tc3("AssumeRole", role, **sts)
    assert answer.response["Credentials"]["Token"]
    assert answer.response["Expiration"].endswith("Z")
    assert one.tc3("GetCallerIdentity", {}, **sts).response["Type"] == "CAMUser"
    assert one.tc3("AssumeRole", {**role, "DurationSeconds": 10**6}, **sts).code.startswith(
        "InvalidParameter"
    )


def test_the_keys_of_an_upload_open_nothing_else(one: Caller) -> None:
    applied = one("ApplyUpload", MediaType="mp4")
    assert one.uploader(applied).refused("SearchMedia") == "AuthFailure.UnauthorizedOperation"


def test_the_room_claims_its_own_requests_only(world: World) -> None:
    room = world.service.rooms["tencent"]

    def head(authority: str, *, path: str = "/", query: str = "", **headers: str) -> Head:
        return Head("POST", authority, path, query, headers)

    tc3 = "TC3-HMAC-SHA256 Credential=a b/2025-01-01/{}/tc3_request, SignedHeaders=x, Signature=y"
    for ours in (
        head("vod.tencentcloudapi.com"),
        head("vod.ap-guangzhou.tencentcloudapi.com:443"),
        head("sts.tencentcloudapi.com"),
        head("bucket-1.cos.ap-chongqing.myqcloud.com"),
        head("bucket-1.cos.ap-chongqing.tencentcos.cn"),
        head("bucket-1.cn-north.myqcloud.com"),
        head("127.0.0.1:8600", authorization=tc3.format("vod")),
        head("127.0.0.1:8600", authorization="q-sign-algorithm=sha1&q-ak=x"),
        head("127.0.0.1:8600", path="/k", query="a=b&q-sign-algorithm=sha1"),
    ):
        assert room.claims(ours), ours
    for foreign in (
        head("127.0.0.1:8600"),
        head("cvm.tencentcloudapi.com"),
        head("evilvod.tencentcloudapi.com.example.com"),
        head("1250000000.vod2.myqcloud.com"),
        head("myqcloud.com"),
        head("127.0.0.1:8600", authorization=tc3.format("cvm")),
        head("127.0.0.1:8600", authorization="UCloud x:y"),
    ):
        assert not room.claims(foreign), foreign


def test_the_descriptor_names_the_room() -> None:
    assert descriptor("tencent").server == "vodkit.providers.tencent.server:Room"


def test_minted_keys_are_the_account_s(one: Caller, world: World) -> None:
    account = world.do(world.service.accounts.find("tencent", one.key))
    minted = Room.mint(world.service, account, lifetime=60)
    temporary = Caller(world, minted["secret_id"], minted["secret_key"], minted["token"])
    file_id = temporary.upload(b"x")["FileId"]
    assert one("DescribeMediaInfos", FileIds=[file_id])["NotExistFileIdSet"] == []
    assert minted["expires"] <= world.clock.now() + 60


def test_a_fault_of_the_service_is_an_answer_too(
    one: Caller, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> object:
        raise RuntimeError("a detail that is nobody's business")

    monkeypatch.setattr(world.service.media, "find", broken)
    answer = one.tc3("SearchMedia", {})
    assert answer.code == "InternalError"
    assert "detail" not in answer.body.decode()
    assert_envelope(answer)


def test_a_full_disk_is_an_internal_error_that_says_so(
    one: Caller, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> object:
        raise StorageFull

    monkeypatch.setattr(world.service.media, "find", full)
    answer = one.tc3("SearchMedia", {})
    assert (answer.code, answer.message) == ("InternalError", "the service has no room left")
