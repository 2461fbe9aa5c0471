"""Reading and verifying callbacks in a receiver: every style, genuine and not."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodkit import CallbackError, SignatureInvalid, UnknownProvider, UnsupportedOption, webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = 1614265330
TEST_BODY = b'{"test": 2432232314}'
UPLOADED = {
    "type": "media.uploaded",
    "timestamp": "2025-01-01T00:00:00.000Z",
    "data": {"provider": "youku", "id": "XNDM", "title": "视频"},
}


def own(body: bytes | None = None, *, secret: str = SECRET, at: int = NOW, id: str = "evt_1") -> Any:
    """Headers and body of a genuine message."""
    raw = json.dumps(UPLOADED, ensure_ascii=False).encode() if body is None else body
    headers = {
        "Webhook-Id": id,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": webhooks.sign(secret, id, at, raw),
    }
    return headers, raw


def test_signatures_are_those_of_the_standard() -> None:
    """Both made by the standard's reference library."""
    id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert webhooks.sign(SECRET, id, NOW, TEST_BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    body = '{"type":"media.uploaded","data":{"title":"视频"}}'.encode()
    signature = webhooks.sign(SECRET, "evt_1", 1735689600, body)
    assert signature == "v1,OfbnE7klp6ZMf3mYAYpOC2Hi9jdYy4uXcmhFyzo59t0="


def test_a_fresh_secret_is_long_and_its_own() -> None:
    one, other = webhooks.new_secret(), webhooks.new_secret()
    assert one != other
    assert len(base64.b64decode(one.removeprefix("whsec_"), validate=True)) == 32


def test_an_own_message_is_read_and_verified() -> None:
    headers, body = own()
    assert webhooks.detect(headers, body) == "vodkit"
    read = webhooks.parse("vodkit", headers, body)
    assert (read.style, read.provider, read.type, read.id, read.media, read.verified) == (
        *("vodkit", "youku", "media.uploaded", "evt_1", "XNDM"),
        False,
    )
    assert read.payload == UPLOADED
    verified = webhooks.verify("vodkit", headers, body, key=SECRET, now=NOW + 299)
    assert verified.verified
    assert verified.payload == UPLOADED


def test_one_of_several_signatures_and_of_several_keys_is_enough() -> None:
    headers, body = own()
    headers["Webhook-Signature"] = f"v1a,other v1,AAAA {headers['Webhook-Signature']}"
    assert webhooks.verify("vodkit", headers, body, key=[webhooks.new_secret(), SECRET], now=NOW).verified


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Webhook-Id": "evt_2"}, "does not match"),
        ({"Webhook-Timestamp": str(NOW + 1)}, "does not match"),
        ({"Webhook-Signature": "v1,AAAA"}, "does not match"),
        ({"Webhook-Signature": ""}, "missing"),
        ({"Webhook-Signature": "v1,\u00e9"}, "malformed"),
        ({"Webhook-Id": ""}, "missing"),
        ({"Webhook-Timestamp": "soon"}, "malformed"),
        ({"Webhook-Timestamp": "9" * 400}, "malformed"),
    ],
)
def test_a_changed_message_is_refused(change: Mapping[str, str], says: str) -> None:
    headers, body = own()
    with pytest.raises(SignatureInvalid, match=says) as caught:
        webhooks.verify("vodkit", {**headers, **change}, body, key=SECRET, now=NOW)
    assert SECRET not in str(caught.value)


def test_a_changed_body_another_key_and_another_time_are_refused() -> None:
    headers, body = own()
    with pytest.raises(SignatureInvalid, match="does not match"):
        webhooks.verify("vodkit", headers, body + b" ", key=SECRET, now=NOW)
    with pytest.raises(SignatureInvalid, match="does not match"):
        webhooks.verify("vodkit", headers, body, key=webhooks.new_secret(), now=NOW)
    for off in (-301, 301):
        with pytest.raises(SignatureInvalid, match="last 300 seconds"):
            webhooks.verify("vodkit", headers, body, key=SECRET, now=NOW + off)
    assert webhooks.verify("vodkit", headers, body, key=SECRET, now=NOW + 301, tolerance=400).verified
    for key in ("", [], [""]):
        with pytest.raises(SignatureInvalid, match="no key"):
            webhooks.verify("vodkit", headers, body, key=key, now=NOW)
    with pytest.raises(SignatureInvalid, match="no webhook secret"):
        webhooks.verify("vodkit", headers, body, key="whsec_?", now=NOW)


NETEASE = (
    '{"type":"upload","vid":1001,"name":"视频.mp4","origAddr":"http://media.example/vodtest/x.mp4"}'.encode()
)


@pytest.mark.parametrize(
    ("key", "signature"),
    [("vcloud", "dad50a6a25b486a799f01971bb8273e2"), ("MyKey2024", "9f01aac8687d2398136d126b063a3ef4")],
)
def test_netease_by_its_vectors(key: str, signature: str) -> None:
    headers = {"Sign": signature, "Content-Type": "application/json"}
    assert webhooks.detect(headers, NETEASE) == "netease"
    found = webhooks.verify("netease", headers, NETEASE, key=key)
    assert (found.type, found.media, found.id, found.verified) == ("media.uploaded", "1001", "", True)
    for wrong in ({"Sign": signature[::-1]}, {"Sign": "é"}, {}):
        with pytest.raises(SignatureInvalid):
            webhooks.verify("netease", wrong, NETEASE, key=key)
    with pytest.raises(SignatureInvalid, match="does not match"):
        webhooks.verify("netease", headers, NETEASE.replace(b"1001", b"1002"), key=key)


@pytest.mark.parametrize(
    ("body", "type", "media", "id"),
    [
        (
            {"type": "transcode", "vid": 7, "nId": "n1", "shdMp4Addr": "http://x/y"},
            "procedure.changed",
            "7",
            "n1",
        ),
        ({"type": "upload", "imgId": 8}, "media.uploaded", "8", "e1"),
        ({"type": "merge", "vid": "9"}, "other", "9", "e1"),
    ],
)
def test_what_netease_tells(body: Mapping[str, Any], type: str, media: str, id: str) -> None:
    found = webhooks.parse("netease", {"X-Vodkit-Event": "e1"}, json.dumps(body).encode())
    assert (found.type, found.media, found.id) == (type, media, id)


def test_tencent_by_its_vector() -> None:
    event = {
        "EventType": "NewFileUpload",
        "FileUploadEvent": {"FileId": "5285890784246869930"},
        "T": 1735690200,
        "Sign": "0cd3edd4c1b7ae4eac0707d96356b78f",
    }
    body = json.dumps(event).encode()
    assert webhooks.detect({}, body) == "tencent"
    found = webhooks.verify("tencent", {}, body, key="SignKeyExample1", now=1735690200)
    assert (found.type, found.media, found.verified) == ("media.uploaded", "5285890784246869930", True)
    with pytest.raises(SignatureInvalid, match="expired"):
        webhooks.verify("tencent", {}, body, key="SignKeyExample1", now=1735690201)
    with pytest.raises(SignatureInvalid, match="does not match"):
        webhooks.verify("tencent", {}, body, key="SignKeyExample2", now=1735690200)
    for change in ({"T": 1735690201}, {"T": "later"}, {"Sign": "0" * 32}):
        with pytest.raises(SignatureInvalid, match="does not match"):
            webhooks.verify(
                "tencent", {}, json.dumps({**event, **change}).encode(), key="SignKeyExample1", now=1
            )
    for change in ({"T": None}, {"Sign": None}, {"Sign": "\ud800"}):
        with pytest.raises(SignatureInvalid, match="missing"):
            webhooks.verify(
                "tencent", {}, json.dumps({**event, **change}).encode(), key="SignKeyExample1", now=1
            )


@pytest.mark.parametrize(
    ("event", "type", "media"),
    [
        ({"EventType": "FileDeleted", "FileDeleteEvent": {"FileIdSet": ["1", "2"]}}, "media.deleted", "1"),
        (
            {"EventType": "ProcedureStateChanged", "ProcedureStateChangeEvent": {"FileId": "3"}},
            *("procedure.changed", "3"),
        ),
        ({"EventType": "PullComplete", "PullCompleteEvent": {"FileId": "4"}}, "media.pulled", "4"),
        ({"EventType": "ComposeMediaComplete", "ComposeMediaCompleteEvent": {}}, "other", ""),
        ({"EventType": "FileDeleted", "FileDeleteEvent": None}, "media.deleted", ""),
    ],
)
def test_what_tencent_tells(event: Mapping[str, Any], type: str, media: str) -> None:
    found = webhooks.parse("tencent", {"x-vodkit-event": "e1"}, json.dumps(event).encode())
    assert (found.type, found.media, found.id) == (type, media, "e1")


def test_ucloud_is_read_and_cannot_be_verified() -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    found = webhooks.parse("ucloud", form, b"a=1&b=%E8%A7%86")
    assert (found.type, dict(found.payload), found.media) == ("media.uploaded", {"a": "1", "b": "视"}, "")
    task = json.dumps({"retcode": 0, "task_id": "t", "dest_video_url": "http://x/y"}).encode()
    assert webhooks.detect({}, task) == "ucloud"
    assert webhooks.parse("ucloud", {}, task).type == "procedure.changed"
    assert not webhooks.signed("ucloud")
    with pytest.raises(UnsupportedOption, match="not signed"):
        webhooks.verify("ucloud", form, b"a=1", key="k")


def test_who_sends_none() -> None:
    with pytest.raises(UnsupportedOption, match="webhooks of its own"):
        webhooks.parse("youku", {}, b"{}")
    with pytest.raises(UnknownProvider):
        webhooks.parse("nobody", {}, b"{}")
    assert webhooks.detect({}, b"{}") is None


BROKEN = [b"\xff\xfe", b"[]", b"{", b"{}}", b"[" * 100_000]
NOT_THEIRS = [b'{"type":1,"vid":[]}', b'{"type":"x","data":1}', b'{"EventType":1}']


@pytest.mark.parametrize(
    ("style", "body"),
    [
        *((style, body) for style in ("vodkit", "netease", "tencent", "ucloud") for body in BROKEN),
        *((style, body) for style in ("vodkit", "netease", "tencent") for body in NOT_THEIRS),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_what_is_no_callback_is_a_clear_error(style: str, body: bytes) -> None:
    with pytest.raises(CallbackError):
        webhooks.parse(style, {}, body)


NAMES = st.sampled_from(
    [
        "type",
        "data",
        "vid",
        "EventType",
        "FileDeleteEvent",
        "FileIdSet",
        "FileId",
        "T",
        "Sign",
        "nId",
        "retcode",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
HEADERS = st.dictionaries(
    st.sampled_from(["sign", "webhook-id", "webhook-timestamp", "webhook-signature", "content-type"]),
    st.text(max_size=20),
)


@given(
    st.sampled_from(["vodkit", "netease", "tencent", "ucloud"]),
    HEADERS,
    st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()),
)
def test_whatever_a_stranger_sends_is_a_callback_or_a_clear_error(
    style: str, headers: dict[str, str], body: bytes
) -> None:
    webhooks.detect(headers, body)
    with contextlib.suppress(CallbackError):
        webhooks.parse(style, headers, body)
    if style != "ucloud":
        with pytest.raises(CallbackError):
            webhooks.verify(style, headers, body, key=SECRET, now=NOW)


def test_no_secret_is_in_a_repr() -> None:
    from vodkit.core.callbacks import Received

    shown = repr(Received({"authorization": "s3cret"}, b"s3cret", "token=s3cret"))
    assert "s3cret" not in shown


def test_receivers_load_nothing_but_the_standard_library() -> None:
    program = (
        "import sys, json\n"
        "from vodkit import webhooks\n"
        "for style in ('vodkit', 'tencent', 'netease', 'ucloud'):\n"
        "    try: webhooks.parse(style, {}, b'[]')\n"
        "    except webhooks.CallbackError: pass\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('vodkit.')]))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", _path() + program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    tops, ours = map(json.loads, done.stdout.splitlines())
    third = {
        "urllib3",
        "click",
        "rich",
        "fastcrc",
        "platformdirs",
        "defusedxml",
        "sqlalchemy",
        "cryptography",
    }
    assert not third & set(tops)
    assert not [
        name for name in ours if name.startswith(("vodkit.server", "vodkit.engine", "vodkit.transport"))
    ]


def _path() -> str:
    return f"import sys; sys.path[:0] = {[p for p in sys.path if p.endswith('src')]!r}\n"


@pytest.mark.parametrize("style", ["vodkit", "netease", "tencent", "ucloud"])
def test_a_body_that_was_decoded_is_a_mistake_that_is_told(style: str) -> None:
    text: Any = '{"type": "upload", "vid": 1, "EventType": "FileDeleted"}'
    with pytest.raises(TypeError, match="as they came"):
        webhooks.verify(style, {"sign": "x"}, text, key="k")
    with pytest.raises(TypeError, match="as they came"):
        webhooks.parse(style, {}, text)
