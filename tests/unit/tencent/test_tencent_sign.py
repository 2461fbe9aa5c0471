"""Every signature vector of the specification, made and verified."""

from __future__ import annotations

import base64
import hashlib

import pytest

from vodkit.providers.tencent import sign
from vodkit.providers.tencent.sign import Verdict

ID, KEY, NOW = "AKIDEXAMPLEpublicid", "examplesecretkey", 1735689600
HOST = "vod.tencentcloudapi.com"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
APPLY = b'{"MediaType": "mp4", "MediaName": "Wildlife", "CoverType": "png"}'
COMMIT = b'{"VodSessionKey": "k+/=\\u4e2d", "SubAppId": 1500000001}'

TC3_VECTORS = {
    "apply": (
        "POST", "", JSON, APPLY,
        "1fdbce431dbee36c10edabba10756434fdb2e45cf255a9aa2f3f0870e5f63929",
    ),
    "commit": (
        "POST", "", JSON, COMMIT,
        "96fd390e2ba6038583cd3747d39828d35a8f7a8374c889b4ebd8962ee5f1c79b",
    ),
    "unsigned": (
        "POST", "", JSON, sign.UNSIGNED_PAYLOAD,
        "aea7f9d1e0c34f1cf94f20237ab4156e6ff3e517a7c4be55bfa38c8d7f99a22b",
    ),
    "get": (
        "GET", "MediaType=mp4&SubAppId=1500000001", FORM, b"",
        "9e56768e5996fcd2b8ec071aa9d5ddccfdb03b1c6a6ab77b79e27b68ce188e44",
    ),
}  # fmt: skip


def tc3(name: str) -> tuple[str, dict[str, str], bytes]:
    """The authorization, the headers and the body of one vector."""
    method, query, content_type, payload, _ = TC3_VECTORS[name]
    authorization = sign.sign_tc3(
        ID,
        KEY,
        host=HOST,
        content_type=content_type,
        payload=payload,
        timestamp=NOW,
        method=method,
        query=query,
    )
    headers = {"content-type": content_type, "host": HOST, "x-tc-timestamp": str(NOW)}
    if payload == sign.UNSIGNED_PAYLOAD:
        headers["x-tc-content-sha256"] = sign.UNSIGNED_PAYLOAD
        payload = APPLY
    assert isinstance(payload, bytes)
    return authorization, headers, payload


def check(
    name: str,
    *,
    key: str = KEY,
    authority: str = HOST,
    now: float = NOW,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    authorization: str | None = None,
) -> Verdict:
    made, made_headers, made_body = tc3(name)
    method, query = TC3_VECTORS[name][:2]
    parsed = sign.parse_tc3(authorization or made)
    assert parsed is not None
    return sign.verify_tc3(
        parsed, key, method=method, query=query, headers={**made_headers, **(headers or {})},
        authority=authority, body=made_body if body is None else body, now=now,
    )  # fmt: skip


@pytest.mark.parametrize("name", TC3_VECTORS)
def test_tc3_vectors(name: str) -> None:
    authorization, _, _ = tc3(name)
    assert authorization == (
        f"TC3-HMAC-SHA256 Credential={ID}/2025-01-01/vod/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={TC3_VECTORS[name][4]}"
    )
    assert check(name) is Verdict.OK


@pytest.mark.parametrize("name", ["apply", "commit"])
def test_tc3_refuses_what_was_changed(name: str) -> None:
    _, _, body = tc3(name)
    assert check(name, body=body.replace(b":", b";", 1)) is Verdict.SIGNATURE
    assert check(name, key=KEY + "x") is Verdict.SIGNATURE
    assert check(name, authority="vod.example.com") is Verdict.SIGNATURE
    assert check(name, headers={"content-type": "text/plain"}) is Verdict.SIGNATURE
    other_day = tc3(name)[0].replace("2025-01-01", "2025-01-02")
    assert check(name, authorization=other_day) is Verdict.SIGNATURE


def test_tc3_unsigned_payload_covers_no_body() -> None:
    assert check("unsigned", body=b"anything") is Verdict.OK


def test_tc3_clock() -> None:
    assert check("apply", now=NOW + 300) is Verdict.OK
    assert check("apply", now=NOW + 301) is Verdict.EXPIRED
    assert check("apply", now=NOW - 301) is Verdict.EXPIRED


def test_tc3_needs_its_headers() -> None:
    assert check("apply", headers={"x-tc-timestamp": "soon"}) is Verdict.INVALID
    no_host = tc3("apply")[0].replace("content-type;host", "content-type")
    assert check("apply", authorization=no_host) is Verdict.INVALID
    absent = tc3("apply")[0].replace("content-type;host", "content-type;host;x-none")
    assert check("apply", authorization=absent) is Verdict.INVALID


def test_tc3_accepts_the_host_signed_without_its_port() -> None:
    assert check("apply", authority=f"{HOST}:8600") is Verdict.OK
    with_port = sign.sign_tc3(ID, KEY, host=f"{HOST}:8600", content_type=JSON, payload=APPLY, timestamp=NOW)
    assert check("apply", authority=f"{HOST}:8600", authorization=with_port) is Verdict.OK
    assert check("apply", authority=HOST, authorization=with_port) is Verdict.SIGNATURE


def test_tc3_secret_id_may_hold_spaces() -> None:
    made = sign.sign_tc3("Your SecretId", KEY, host=HOST, content_type=JSON, payload=APPLY, timestamp=NOW)
    parsed = sign.parse_tc3(made)
    assert parsed is not None
    assert parsed.secret_id == "Your SecretId"
    assert check("apply", authorization=made) is Verdict.OK


@pytest.mark.parametrize(
    "text", ["", "Bearer x", "TC3-HMAC-SHA256 Credential=a/b, Signature=c", "TC3-HMAC-SHA256"]
)
def test_tc3_malformed(text: str) -> None:
    assert sign.parse_tc3(text) is None


SAMPLE = b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'


@pytest.mark.parametrize(
    ("key", "extra", "signature"),
    [
        (
            "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            None,
            "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168",
        ),
        (
            "Gu5t9xGARNpq86cd98joQYCN3*******",
            {"x-tc-action": "DescribeInstances"},
            "be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3",
        ),
    ],
)
def test_tc3_published_samples(key: str, extra: dict[str, str] | None, signature: str) -> None:
    host, content_type, at = "cvm.tencentcloudapi.com", "application/json; charset=utf-8", 1551113065
    made = sign.sign_tc3(
        ID,
        key,
        host=host,
        content_type=content_type,
        payload=SAMPLE,
        timestamp=at,
        service="cvm",
        extra=extra,
    )
    assert made.endswith(f"Signature={signature}")
    parsed = sign.parse_tc3(made)
    assert parsed is not None
    headers = {"content-type": content_type, "x-tc-timestamp": str(at), **(extra or {})}
    verdict = sign.verify_tc3(
        parsed, key, method="POST", query="", headers=headers, authority=host, body=SAMPLE, now=at
    )
    assert verdict is Verdict.OK


V1 = {
    "Action": "ApplyUpload",
    "Language": "en-US",
    "MediaName": "中文 名+&=",
    "MediaType": "mp4",
    "Nonce": "12345",
    "Region": "ap-guangzhou",
    "RequestClient": "SDK_NODEJS_3.0.270",
    "SecretId": ID,
    "SignatureMethod": "HmacSHA256",
    "Timestamp": str(NOW),
    "Version": "2018-07-17",
}
V1_SHA1 = {**V1, "SignatureMethod": "HmacSHA1", "Token": "sessiontoken123"}


@pytest.mark.parametrize(
    ("params", "signature"),
    [
        (V1, "Vev26/S49esKFC+PbKnVE6/7lVIReIoQHENJyr8J4w4="),
        (V1_SHA1, "XFyeB3QfsGLawPf6nmhOloyacYg="),
    ],
)
def test_v1_vectors(params: dict[str, str], signature: str) -> None:
    assert sign.sign_v1(KEY, params, host=HOST) == signature
    signed = {**params, "Signature": signature}
    assert sign.verify_v1(KEY, signed, authority=HOST, method="POST", now=NOW) is Verdict.OK
    assert sign.verify_v1(KEY, signed, authority=f"{HOST}:80", method="POST", now=NOW) is Verdict.OK
    assert sign.verify_v1(KEY, signed, authority=HOST, method="GET", now=NOW) is Verdict.SIGNATURE
    assert sign.verify_v1(KEY + "x", signed, authority=HOST, method="POST", now=NOW) is Verdict.SIGNATURE
    assert sign.verify_v1(KEY, signed, authority=HOST, method="POST", now=NOW + 301) is Verdict.EXPIRED
    for name in params:
        if name not in ("SignatureMethod", "Timestamp"):
            changed = {**signed, name: params[name] + "x"}
            assert sign.verify_v1(KEY, changed, authority=HOST, method="POST", now=NOW) is Verdict.SIGNATURE


def test_v1_published_sample() -> None:
    params = {
        "Action": "DescribeInstances",
        "InstanceIds.0": "ins-09dx96dg",
        "Limit": "20",
        "Nonce": "11886",
        "Offset": "0",
        "Region": "ap-guangzhou",
        "SecretId": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "Timestamp": "1465185768",
        "Version": "2017-03-12",
    }
    key = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
    made = sign.sign_v1(key, params, host="cvm.tencentcloudapi.com", method="GET")
    assert made == "EliP9YW3pW28FpsEdkXt/+WcGeI="


def test_v1_malformed() -> None:
    for broken in (
        {},
        {**V1, "Signature": "x", "Timestamp": "now"},
        {**V1, "Signature": "x", "SignatureMethod": "md5"},
    ):
        assert sign.verify_v1(KEY, broken, authority=HOST, method="POST", now=NOW) is Verdict.INVALID


UPLOAD = (
    "mURV/Jaafu6CUFnEvukCSL+rto5zZWNyZXRJZD1BS0lERVhBTVBMRXB1YmxpY2lkJmN1cnJlbnRUaW1lU3RhbXA9MTczNTY4OTYwMCZl"
    "eHBpcmVUaW1lPTE3MzU3NzYwMDAmcmFuZG9tPTEyMzQ1Njc4OTAmcHJvY2VkdXJlPUxvbmdWaWRlb1ByZXNldA=="
)


def test_upload_signature_vector() -> None:
    made = sign.upload_signature(ID, KEY, now=NOW, life=86400, random=1234567890, procedure="LongVideoPreset")
    assert made == UPLOAD
    parsed = sign.parse_upload_signature(made)
    assert parsed is not None
    assert parsed.fields["secretId"] == ID
    assert parsed.fields["procedure"] == "LongVideoPreset"
    assert sign.verify_upload_signature(parsed, KEY, now=NOW) is Verdict.OK
    assert sign.verify_upload_signature(parsed, KEY + "x", now=NOW) is Verdict.SIGNATURE
    assert sign.verify_upload_signature(parsed, KEY, now=NOW + 86401) is Verdict.EXPIRED


def test_upload_signature_changed() -> None:
    raw = base64.b64decode(UPLOAD)
    longer = base64.b64encode(raw.replace(b"expireTime=17", b"expireTime=27")).decode()
    parsed = sign.parse_upload_signature(longer)
    assert parsed is not None
    assert sign.verify_upload_signature(parsed, KEY, now=NOW) is Verdict.SIGNATURE
    for text in ("", "***", "YWJj", base64.b64encode(b"\xff" * 40).decode()):
        assert sign.parse_upload_signature(text) is None


def test_callback_vector() -> None:
    made = "0cd3edd4c1b7ae4eac0707d96356b78f"
    assert sign.sign_callback("SignKeyExample1", "1735690200") == made
    assert sign.verify_callback("SignKeyExample1", made, "1735690200", now=1735690200) is Verdict.OK
    assert sign.verify_callback("SignKeyExample1", made, "1735690200", now=1735690201) is Verdict.EXPIRED
    assert sign.verify_callback("SignKeyExample2", made, "1735690200", now=NOW) is Verdict.SIGNATURE
    assert sign.verify_callback("SignKeyExample1", made, "x", now=NOW) is Verdict.INVALID


PLAY_KEY, PLAY_PATH, PLAY_T = "examplekey12", "/dir1/dir2/movie.mp4", 0x5A71AFC0


@pytest.mark.parametrize(
    ("fields", "signature"),
    [
        ({"us": "72d4cd1101"}, "0d2875e3e58a1ad1e2cf25b95e6df8ad"),
        ({"exper": "300", "rlimit": "3", "us": "72d4cd1101"}, "de0dd8e0fd8f8509e186bf72210902d2"),
    ],
)
def test_playback_vectors(fields: dict[str, str], signature: str) -> None:
    url = sign.playback_url(f"http://v.example.com{PLAY_PATH}", PLAY_KEY, expires=PLAY_T, **fields)
    query = "&".join(f"{k}={v}" for k, v in {"t": "5a71afc0", **fields}.items())
    assert url == f"http://v.example.com{PLAY_PATH}?{query}&sign={signature}"
    given = {"t": "5a71afc0", **fields, "sign": signature}
    assert sign.verify_playback(PLAY_KEY, PLAY_PATH, given, now=PLAY_T + 300) is Verdict.OK
    assert sign.verify_playback(PLAY_KEY, PLAY_PATH, given, now=PLAY_T + 301) is Verdict.EXPIRED
    assert sign.verify_playback(PLAY_KEY, "/dir1/movie.mp4", given, now=PLAY_T) is Verdict.SIGNATURE
    assert (
        sign.verify_playback(PLAY_KEY, PLAY_PATH, {**given, "t": "6a71afc0"}, now=PLAY_T) is Verdict.SIGNATURE
    )
    assert sign.verify_playback(PLAY_KEY, PLAY_PATH, {}, now=PLAY_T) is Verdict.INVALID


def test_host_forms() -> None:
    assert sign.host_forms("a.example:80") == ("a.example:80", "a.example")
    assert sign.host_forms("a.example") == ("a.example",)
    assert sign.host_forms("[::1]:80") == ("[::1]:80", "[::1]")
    assert sign.host_forms("[::1]") == ("[::1]",)


def test_payload_hash_of_the_vectors() -> None:
    assert hashlib.sha256(APPLY).hexdigest().startswith("9e4bf7ff74473ecc")
    assert hashlib.sha256(COMMIT).hexdigest().startswith("a5e26cd53b1c75ee")
