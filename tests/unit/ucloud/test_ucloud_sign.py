"""The vectors of the UCloud specification."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from vodkit.providers.ucloud import sign

PUBLIC = "ucloudsomeone@example.com1296235120854146120"
PRIVATE = "46f09bb9fab4f12dfc160dae12273d5332b5debe"
FORM = "application/x-www-form-urlencoded"
POLICY = {"callbackUrl": "http://127.0.0.1:9000/cb", "callbackBody": "a=1&b=2"}

VECTORS = {
    "V1": (
        "PUT",
        "demobucket",
        "demokey",
        "",
        [("Content-Type", "image/jpeg")],
        "6yvEwzA+4+sMK5vlmflnAIVMABE=",
    ),
    "V2": (
        "PUT",
        "demobucket",
        "demokey",
        "",
        [
            ("Content-Type", "image/jpeg"),
            ("X-UCloud-Foo", "foo"),
            ("X-UCloud-Bar", "bar1"),
            ("X-UCloud-Bar", "bar2"),
        ],
        "cj7yX7XjtQfeIHgq5nVUvsSsbGc=",
    ),
    "V3": (
        "PUT",
        "myspace",
        "视频/第一集.mp4",
        "",
        [("Content-Type", "video/mp4"), ("Content-MD5", "5d41402abc4b2a76b9719d911017c592")],
        "4YYCxcYyc1YAYw8j01H5us2hHtk=",
    ),
    "V4": (
        "POST",
        "myspace",
        "demo.mp4",
        "uploads",
        [("Content-Type", FORM)],
        "u7twPAfDVZcJAAaAzKBYVrwmdQ4=",
    ),
    "V5": (
        "POST",
        "myspace",
        "demo.mp4",
        "uploads",
        [("Content-Type", "text/plain")],
        "10DjeROd3/kOogCMqiT0RcM9Amc=",
    ),
    "V6": (
        "PUT",
        "myspace",
        "demo.mp4",
        "uploadId=a&partNumber=1",
        [("Content-Type", "video/mp4")],
        "XpYsQPP5XWGZrMxNvyusB2gcIxY=",
    ),
    "V7": ("DELETE", "myspace", "demo.mp4", "", [], "/Fg9D9A9TQHadIO7MqcyRCZxcO4="),
    "V8": ("GET", "myspace", "", "list&prefix=&marker=&limit=20", [], "StuiXIeDXllGWOWSu5i5DhaGj9Q="),
    "V9": (
        "GET",
        "myspace",
        "",
        "listobjects&prefix=&marker=&max-keys=100&delimiter=%2F",
        [],
        "mAl+wovTftLn0x15mkEQkkmC3OQ=",
    ),
}


@pytest.mark.covers("ucloud 12-1", "ucloud 12-3", "ucloud 12-8")
@pytest.mark.parametrize("name", VECTORS)
def test_file_vectors_verify(name: str) -> None:
    method, bucket, key, query, headers, expected = VECTORS[name]
    given = sign.parse_authorization(f"UCloud {PUBLIC}:{expected}")
    assert given is not None
    assert given.key == PUBLIC
    request = {"method": method, "bucket": bucket, "key": key, "query": query, "headers": headers}
    assert sign.verify(given, PRIVATE, **request)
    assert not sign.verify(given, PRIVATE + "x", **request)
    assert not sign.verify(given, PRIVATE, **{**request, "key": key + "x"})
    assert not sign.verify(given, PRIVATE, **{**request, "headers": [*headers, ("X-UCloud-New", "1")]})


@pytest.mark.covers("ucloud 12-1")
@pytest.mark.parametrize("name", ["V1", "V3", "V4", "V5", "V6", "V7", "V8"])
def test_file_vectors_are_made(name: str) -> None:
    method, bucket, key, _, headers, expected = VECTORS[name]
    made = sign.authorization(PUBLIC, PRIVATE, method, bucket, key, headers=dict(headers))
    assert made == f"UCloud {PUBLIC}:{expected}"


@pytest.mark.covers("ucloud 12-1")
def test_policy_vector() -> None:
    policy = sign.encode_policy(POLICY)
    assert policy == (
        "eyJjYWxsYmFja1VybCI6Imh0dHA6Ly8xMjcuMC4wLjE6OTAwMC9jYiIsImNhbGxiYWNrQm9keSI6ImE9MSZiPTIifQ=="
    )
    headers = {"Content-Type": "video/mp4"}
    made = sign.authorization(PUBLIC, PRIVATE, "PUT", "myspace", "demo.mp4", headers=headers, policy=policy)
    assert made == f"UCloud {PUBLIC}:S83NyFVO345Kwhqx+KIo8ysUAHo=:{policy}"
    given = sign.parse_authorization(made)
    assert given is not None
    assert sign.verify(
        given,
        PRIVATE,
        method="PUT",
        bucket="myspace",
        key="demo.mp4",
        query="",
        headers=list(headers.items()),
    )
    assert sign.decode_policy(policy) == POLICY


@pytest.mark.covers("ucloud 12-1")
@pytest.mark.parametrize(
    ("method", "key", "expected"),
    [
        ("GET", "demo.mp4", "JpjXRdCn3rYZfprs6XKktO65on0="),
        ("HEAD", "demo.mp4", "ZJGjfT2LlIJC0V5G/u4nqmjTL8I="),
        ("GET", "视频/第一集.mp4", "qqfZipFa0myNItva4futrtOmeXM="),
    ],
)
def test_url_vectors(method: str, key: str, expected: str) -> None:
    assert sign.url_signature(PRIVATE, method, "myspace", key, "1893456000") == expected
    given = sign.UrlSignature(PUBLIC, "1893456000", expected)
    assert sign.verify_url(given, PRIVATE, method, "myspace", key)
    assert not sign.verify_url(given, PRIVATE, "PUT", "myspace", key)


@pytest.mark.covers("ucloud 12-12", "ucloud 12-14")
def test_url_queries() -> None:
    encoded = sign.parse_url_signature(
        "UCloudPublicKey=ucloudsomeone%40example.com1296235120854146120&Expires=1893456000"
        "&Signature=JpjXRdCn3rYZfprs6XKktO65on0%3D"
    )
    assert encoded == sign.UrlSignature(PUBLIC, "1893456000", "JpjXRdCn3rYZfprs6XKktO65on0=")
    raw = sign.parse_url_signature("UCloudPublicKey=a+b@c&Expires=None&Signature=a+b+c/d=")
    assert raw == sign.UrlSignature("a+b@c", "", "a+b+c/d=")
    assert sign.parse_url_signature("AutoAIPublicKey=k&Signature=s") == sign.UrlSignature("k", "", "s")
    assert sign.parse_url_signature("list&prefix=a") is None


@pytest.mark.covers("ucloud 12-10")
def test_a_question_mark_in_a_key_is_not_taken_for_a_query() -> None:
    text = sign.string_to_sign("PUT", "/myspace/a?b.mp4")
    given = sign.Authorization("UCloud", PUBLIC, sign.signature(PRIVATE, text), "")
    assert not sign.verify(given, PRIVATE, method="PUT", bucket="myspace", key="a", query="b.mp4", headers=[])
    appended = sign.string_to_sign("PUT", "/myspace/a?append&position=5")
    given = sign.Authorization("UCloud", PUBLIC, sign.signature(PRIVATE, appended), "")
    assert sign.verify(
        given, PRIVATE, method="PUT", bucket="myspace", key="a", query="append&position=5", headers=[]
    )


@pytest.mark.covers("ucloud 12-9")
@pytest.mark.parametrize("signed", [True, False])
def test_copy_headers_are_signed_by_some_sdks(signed: bool) -> None:
    line = "x-ufile-copy-source:/other/key\n" if signed else ""
    text = sign.string_to_sign("PUT", "/myspace/a", headers=line)
    given = sign.Authorization("UCloud", PUBLIC, sign.signature(PRIVATE, text), "")
    headers = [("X-Ufile-Copy-Source", "/other/key")]
    assert sign.verify(given, PRIVATE, method="PUT", bucket="myspace", key="a", query="", headers=headers)


@pytest.mark.covers("ucloud 12-11")
def test_the_other_scheme_word() -> None:
    made = sign.authorization(PUBLIC, PRIVATE, "PUT", "myspace", "a", scheme="AutoAI")
    given = sign.parse_authorization(made)
    assert given is not None
    assert given.scheme == "AutoAI"
    assert sign.verify(given, PRIVATE, method="PUT", bucket="myspace", key="a", query="", headers=[])


@pytest.mark.parametrize(
    "text", ["", "UCloud a", "UCloud a:b", "AWS a:JpjXRdCn3rYZfprs6XKktO65on0=", "UCloud :"]
)
def test_what_is_no_authorization(text: str) -> None:
    assert sign.parse_authorization(text) is None


MANAGEMENT = {
    "M0": ("Action=DescribeUHostInstance&Region=cn-bj2&Limit=10", "cba5cf5ec4d4233d206b1b54951e3787350a642f"),
    "M1": ("Action=CreateBucket&BucketName=myspace&Type=public", "cdf465193ffc6e334ff68c36ce41a2f69f561e1c"),
    "M2": (
        "Action=CreateBucket&BucketName=myspace&Region=cn-bj&Type=private&Domain.0=v.example.com&ProjectId=org-abc",
        "2c0ac4859b504b6be3aca8a8899809fe8c72fc44",
    ),
    "M3": (
        "Action=DescribeBucket&BucketName=myspace&Offset=0&Limit=10",
        "48f38d518baf69cbc49e66f918f2a8bf1a4d052b",
    ),
    "M4": ("Action=UpdateBucket&BucketName=myspace&Type=private", "ec25f72c1b20942037d42e5225fb5d7fe48ed97f"),
    "M5": ("Action=DeleteBucket&BucketName=myspace", "d3dff2d8cd2078ad299406f5ac5c4ff443c94459"),
    "M6": (
        "Action=GetFileList&BucketName=myspace&Offset=0&Limit=20",
        "da799c7a31317de09db0869716339b26bb977981",
    ),
}


@pytest.mark.covers("ucloud 12-2")
@pytest.mark.parametrize("name", MANAGEMENT)
def test_management_vectors(name: str) -> None:
    query, expected = MANAGEMENT[name]
    parameters = {**dict(parse_qsl(query)), "PublicKey": PUBLIC}
    assert sign.management_signature(PRIVATE, parameters) == expected
    assert sign.verify_management(PRIVATE, {**parameters, "Signature": expected.upper()})
    assert not sign.verify_management(PRIVATE, {**parameters, "Limit": "11", "Signature": expected})
