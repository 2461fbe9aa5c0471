"""The vectors of the NetEase specification."""

from __future__ import annotations

import json

import pytest

from vodkit.providers.netease import sign, wire

CHECKSUMS = [
    ("s3cr3t-for-tests", "1", "1465723418", "b4e74d8b89b11fb4303a379e5c8bf1648422d297"),
    (
        "00112233445566778899aabbccddeeff",
        "0123456789abcdef" * 8,
        "1700000000",
        "b98311f28b0bd2b9a00bd9cae469877636c9a50e",
    ),
    (
        "密钥-test",
        "5f0c7d1e-2b7a-4a0e-9a57-0d7b3e6b1c11",
        "4102444800",
        "18a0c40f306e3740855643cebb62f5bd2f65bba4",
    ),
]
TOKENS = [
    (
        "SecretKey", "doc", "anne.jpg", 1451491200,
        "UPLOAD testak:v8Q5BNIJuEoi6zckOzPuC5hADL4t/zNaecakkk8STuE=:"
        "eyJCdWNrZXQiOiJkb2MiLCJPYmplY3QiOiJhbm5lLmpwZyIsIkV4cGlyZXMiOjE0NTE0OTEyMDB9",
    ),
    (
        "testsk", "vodtest", "a/b.mp4", 2000000000,
        "UPLOAD testak:1H3Dgu91C68h6bxayv0OLjhMGxW59qOmMNY406EtjRQ=:"
        "eyJCdWNrZXQiOiJ2b2R0ZXN0IiwiT2JqZWN0IjoiYS9iLm1wNCIsIkV4cGlyZXMiOjIwMDAwMDAwMDB9",
    ),
]  # fmt: skip


@pytest.mark.covers("netease 13-1")
@pytest.mark.parametrize(("secret", "nonce", "time", "expected"), CHECKSUMS)
def test_checksum_vectors(secret: str, nonce: str, time: str, expected: str) -> None:
    assert sign.checksum(secret, nonce, time) == expected
    given = {"nonce": nonce, "curtime": time, "checksum": expected.upper()}
    assert sign.verify(secret, given) is sign.Verdict.OK
    assert sign.verify(secret + "x", given) is sign.Verdict.WRONG
    assert sign.verify(secret, {**given, "nonce": "x" + nonce[1:]}) is sign.Verdict.WRONG
    assert sign.verify(secret, {**given, "curtime": "1" + time}) is sign.Verdict.WRONG


@pytest.mark.parametrize(
    "broken",
    [
        {"nonce": ""}, {"nonce": "n" * 129}, {"curtime": ""}, {"curtime": "now"}, {"curtime": "١٢٣"},
        {"curtime": "1" * 21}, {"checksum": ""},
    ],
)  # fmt: skip
def test_malformed_headers(broken: dict[str, str]) -> None:
    given = {"nonce": "1", "curtime": "1465723418", "checksum": CHECKSUMS[0][3], **broken}
    assert sign.verify("s3cr3t-for-tests", given) is sign.Verdict.MALFORMED


def test_the_headers_verify() -> None:
    made = sign.headers("key", "secret", "nonce", 1700000000)
    assert sign.verify("secret", {name.lower(): value for name, value in made.items()}) is sign.Verdict.OK


@pytest.mark.parametrize(("secret", "bucket", "name", "expires", "expected"), TOKENS)
def test_token_vectors(secret: str, bucket: str, name: str, expires: int, expected: str) -> None:
    assert sign.token("testak", secret, bucket, name, expires) == expected
    parsed = sign.parse_token(expected)
    assert parsed is not None
    assert (parsed.access_key, parsed.bucket, parsed.object, parsed.expires) == (
        "testak",
        bucket,
        name,
        expires,
    )
    assert sign.verify_token(parsed, secret)
    assert not sign.verify_token(parsed, secret + "x")


@pytest.mark.parametrize(
    "text", ["", "UPLOAD", "UPLOAD a:b:c", "UPLOAD a:b:e30=", "UPLOAD a:b:W10=", "x:y:z", "UPLOAD a"]
)
def test_what_is_no_token(text: str) -> None:
    assert sign.parse_token(text) is None


CALLBACK = (
    '{"type":"upload","vid":1001,"name":"视频.mp4","origAddr":"http://media.example/vodtest/x.mp4"}'.encode()
)


@pytest.mark.parametrize(
    ("key", "expected"),
    [("vcloud", "dad50a6a25b486a799f01971bb8273e2"), ("MyKey2024", "9f01aac8687d2398136d126b063a3ef4")],
)
def test_callback_vectors(key: str, expected: str) -> None:
    assert sign.callback_sign(CALLBACK, key) == expected
    assert sign.verify_callback(CALLBACK, key, expected)
    assert not sign.verify_callback(CALLBACK + b" ", key, expected)


def test_the_final_callback_message() -> None:
    answer = wire.block_answer(5, "c", {"code": 200, "requestId": "req-1", "ret": {"vid": 1001}}, "r")
    assert json.loads(answer)["callbackRetMsg"] == (
        "eyJjb2RlIjoyMDAsInJlcXVlc3RJZCI6InJlcS0xIiwicmV0Ijp7InZpZCI6MTAwMX19"
    )
    reply = wire.parse_block_reply(answer)
    assert reply is not None
    assert reply.callback == {"code": 200, "requestId": "req-1", "ret": {"vid": 1001}}
