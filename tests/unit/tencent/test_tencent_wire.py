"""Messages of the API: field tables, v1's flat names, envelopes, values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodkit.core.errors import (
    AuthError,
    Conflict,
    CredentialExpired,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ProtocolError,
    QuotaExceeded,
    RateLimited,
    RemoteError,
    ServerError,
)
from vodkit.providers.tencent import wire
from vodkit.providers.tencent.errors import api_error
from vodkit.providers.tencent.wire import codes

NESTED = {
    "FileId": "24820810452266399",
    "MediaProcessTask": {
        "TranscodeTaskSet": [{"Definition": 20}, {"Definition": 30, "StartTimeOffset": 1.5}],
        "SnapshotByTimeOffsetTaskSet": [{"Definition": 10, "ExtTimeOffsetSet": ["10%", "3.5s"]}],
    },
    "TasksPriority": -5,
    "SessionContext": "a=b&c\n中文",
}


def test_v1_names_of_nested_fields() -> None:
    flat = wire.flatten(NESTED)
    assert flat["MediaProcessTask.TranscodeTaskSet.1.StartTimeOffset"] == "1.5"
    assert flat["MediaProcessTask.SnapshotByTimeOffsetTaskSet.0.ExtTimeOffsetSet.1"] == "3.5s"
    assert wire.check_fields("ProcessMedia", wire.unflatten(flat), text=True) == NESTED
    assert wire.flatten({"a": None, "b": [], "c": True, "d": {"e": False}}) == {"c": "true", "d.e": "false"}


def test_v1_leaves_the_transports_parameters_out() -> None:
    assert wire.unflatten({"Action": "X", "SecretId": "i", "Token": "t", "FileId": "5"}) == {"FileId": "5"}


@pytest.mark.parametrize(
    "params",
    [
        {"a": "1", "a.b": "2"},
        {"a.b": "2", "a": "1"},
        {"a.0": "x", "a.2": "y"},
        {"a.1": "x"},
        {"": "x"},
        {"a..b": "x"},
        {".".join("a" * 13): "x"},
        {f"a.{n}": "x" for n in range(1001)},
    ],
)
def test_v1_names_that_make_no_sense(params: dict[str, str]) -> None:
    with pytest.raises(wire.BadField):
        wire.unflatten(params)


@pytest.mark.parametrize(
    ("action", "fields", "name"),
    [
        ("ApplyUpload", {"MediaType": 5}, "MediaType"),
        ("ApplyUpload", {"ClassId": "5"}, "ClassId"),
        ("ApplyUpload", {"ClassId": True}, "ClassId"),
        ("ApplyUpload", {"ClassId": 1.5}, "ClassId"),
        ("SearchMedia", {"Tags": "x"}, "Tags"),
        ("SearchMedia", {"Tags": ["x", 1]}, "Tags.1"),
        ("SearchMedia", {"CreateTime": "x"}, "CreateTime"),
        ("SearchMedia", {"CreateTime": {"After": 1}}, "CreateTime.After"),
        ("ModifyMediaInfo", {"AddSubtitles": [{"Default": "yes"}]}, "AddSubtitles.0.Default"),
    ],
)
def test_fields_of_another_type_are_named(action: str, fields: dict[str, Any], name: str) -> None:
    with pytest.raises(wire.BadField) as caught:
        wire.check_fields(action, fields)
    assert caught.value.name == name


@pytest.mark.parametrize("number", ["", "x", "1.5", "nan", "1" * 5000])
def test_text_that_is_no_integer(number: str) -> None:
    with pytest.raises(wire.BadField):
        wire.check_fields("ApplyUpload", {"ClassId": number}, text=True)
    for infinite in ("nan", "inf"):
        with pytest.raises(wire.BadField):
            wire.check_fields("ModifyMediaInfo", {"DeleteKeyFrameDescs": [infinite]}, text=True)


def test_unknown_fields_and_nulls_are_left_out() -> None:
    given_fields = {"FileId": "1", "Unknown": 1, "Name": None}
    assert wire.check_fields("ModifyMediaInfo", given_fields) == {"FileId": "1"}


_SCALAR = {str: st.text(), int: st.integers(), bool: st.booleans()}


def _values(kind: Any) -> st.SearchStrategy[Any]:
    if isinstance(kind, dict):
        return st.fixed_dictionaries({}, optional={name: _values(child) for name, child in kind.items()})
    if isinstance(kind, list):
        return st.lists(_values(kind[0]), min_size=1, max_size=3)
    if kind is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    return _SCALAR[kind]


def _without_empty(value: Any) -> Any:
    """What v1 can say: it has no way to write an empty object."""
    if isinstance(value, dict):
        cleaned = {name: _without_empty(child) for name, child in value.items()}
        return {name: child for name, child in cleaned.items() if child not in ({}, [])}
    if isinstance(value, list):
        cleaned_list = [_without_empty(child) for child in value]
        return [] if {} in cleaned_list else cleaned_list
    return value


@given(_values(wire.ACTIONS["ModifyMediaInfo"]))
def test_v1_round_trip(fields: dict[str, Any]) -> None:
    said = _without_empty(fields)
    form = urlencode(wire.flatten(said), errors="surrogatepass")
    assert wire.check_fields("ModifyMediaInfo", wire.unflatten(wire.parse_form(form)), text=True) == said


@given(st.dictionaries(st.text(), st.text(), max_size=5))
def test_v1_of_strangers_never_breaks(params: dict[str, str]) -> None:
    for action in ("SearchMedia", "ProcessMedia"):
        try:
            wire.check_fields(action, wire.unflatten(params), text=True)
        except wire.BadField as refusal:
            assert refusal.name in str(refusal)


@pytest.mark.parametrize("body", [b"[]", b"5", b"{", b"\xff", b"[" * 100_000])
def test_json_requests_that_are_none(body: bytes) -> None:
    with pytest.raises(ValueError):
        wire.parse_json_request(body)


def test_json_requests() -> None:
    assert wire.parse_json_request(b"") == {}
    assert wire.parse_json_request(b'{"a": null, "b": "\\u4e2d"}') == {"b": "中"}
    assert wire.parse_json_request("\ufeff{}".encode()) == {}
    assert wire.parse_json_request(wire.dump_request({"a": "中", "b": None})) == {"a": "中"}


def test_answers() -> None:
    answer = wire.parse_answer(wire.success_body("r", {"FileId": "1"}))
    assert (answer.fields, answer.request_id, answer.error_code) == ({"FileId": "1"}, "r", "")
    refused = wire.parse_answer(wire.error_body("r", "A.B", "no 中"))
    assert (refused.error_code, refused.error_message, refused.request_id) == ("A.B", "no 中", "r")
    with pytest.raises(ProtocolError):
        wire.parse_answer(b"<html/>")


def test_values() -> None:
    assert wire.is_region("ap-beijing-1")
    assert not any(map(wire.is_region, ("", "ap", "AP-BEIJING", "ap-beijing/x", "a.b-c", "ap-beijing-")))
    assert all(map(wire.is_region, wire.REGIONS))
    assert [wire.category(t) for t in ("MP4", "mp3", "png")] == ["Video", "Audio", "Image"]
    assert {"mpd", "m3u8"} <= wire.MEDIA_TYPES
    assert wire.format_time(0) == "1970-01-01T00:00:00Z"
    assert wire.format_time(datetime(2030, 1, 1)) == "2030-01-01T00:00:00Z"
    assert wire.parse_time("9999-12-31T23:59:59Z") == wire.NEVER
    assert wire.parse_time("2030-01-01T08:00:00+08:00") == datetime(2030, 1, 1, tzinfo=UTC)
    for text in ("", "2030-01-01", "2030-01-01 00:00:00", "2030-13-01T00:00:00Z", "2030-01-01T00:00:00", "x"):
        with pytest.raises(ValueError):
            wire.parse_time(text)


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        (codes.INTERNAL, ServerError, True),
        ("InternalError.DBError", ServerError, True),
        (codes.REQUEST_LIMIT, RateLimited, True),
        ("RequestLimitExceeded.UinLimitExceeded", RateLimited, True),
        (codes.TOKEN_FAILURE, CredentialExpired, False),
        (codes.SIGNATURE_EXPIRE, CredentialExpired, False),
        (codes.SIGNATURE_FAILURE, AuthError, False),
        (codes.SECRET_ID_NOT_FOUND, AuthError, False),
        (codes.AUTH_UNAUTHORIZED, PermissionDenied, False),
        ("UnauthorizedOperation.CamNoAuth", PermissionDenied, False),
        (codes.MEDIA_TYPE, InvalidRequest, False),
        (codes.EXPIRE_TIME, InvalidRequest, False),
        (codes.INVALID_ACTION, InvalidRequest, False),
        (codes.RESOURCE_NOT_FOUND, NotFound, False),
        ("ResourceNotFound.FileNotExist", NotFound, False),
        (codes.CLASS_NOT_FOUND, NotFound, False),
        (codes.CLASS_NOT_EMPTY, Conflict, False),
        ("FailedOperation.UploadCosFail", Conflict, False),
        (codes.TAG_COUNT, QuotaExceeded, False),
        ("SomethingNew.Odd", RemoteError, False),
    ],
)
def test_codes_become_errors(code: str, kind: type[RemoteError], retryable: bool) -> None:
    error = api_error(code, "why", "r1", action="ApplyUpload")
    assert type(error) is kind
    assert error.retryable is retryable
    assert (error.code, error.request_id, error.provider) == (code, "r1", "tencent")
    assert "ApplyUpload: why" in str(error)
    assert api_error(code, "why", "", action="A").retryable, "without a request id it came from a gateway"
