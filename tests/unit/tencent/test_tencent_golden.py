"""Requests of the vendor's unmodified SDK: accepted as they are, refused with a byte changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vodkit.providers.tencent import sign, wire
from vodkit.providers.tencent.sign import Verdict

FOLDER = Path(__file__).parents[2] / "golden" / "tencent"
HOST = "vod.tencentcloudapi.com"


def load(*kinds: str) -> list[Any]:
    found = []
    for kind in kinds:
        record = json.loads((FOLDER / f"{kind}.json").read_text(encoding="utf-8"))
        for request in record["requests"]:
            found.append(pytest.param(record, request, id=f"{kind}-{request['action']}"))
    return found


def verify_tc3(record: dict[str, Any], request: dict[str, Any], *, authority: str = HOST) -> Verdict:
    parsed = sign.parse_tc3(request["headers"]["authorization"])
    assert parsed is not None
    assert parsed.secret_id == record["secret_id"]
    return sign.verify_tc3(
        parsed,
        record["secret_key"],
        method=request["method"],
        query=request["target"].partition("?")[2],
        headers=request["headers"],
        authority=authority,
        body=request["body"].encode(),
        now=int(request["headers"]["x-tc-timestamp"]),
    )


@pytest.mark.parametrize(("record", "request_"), load("tc3", "tc3-token", "tc3-get"))
def test_tc3(record: dict[str, Any], request_: dict[str, Any]) -> None:
    assert verify_tc3(record, request_) is Verdict.OK
    assert request_["headers"]["host"] == HOST
    assert request_["headers"].get("x-tc-token", "") == (record["token"] or "")
    assert verify_tc3(record, request_, authority="other.example.com") is Verdict.SIGNATURE
    part = "body" if request_["method"] == "POST" else "target"
    text = request_[part]
    for place in range(2, len(text), 7):
        changed = {**request_, part: text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]}
        assert verify_tc3(record, changed) is Verdict.SIGNATURE, place


@pytest.mark.parametrize(("record", "request_"), load("tc3", "tc3-token"))
def test_tc3_fields(record: dict[str, Any], request_: dict[str, Any]) -> None:
    fields = wire.parse_json_request(request_["body"].encode())
    assert wire.check_fields(request_["action"], fields) == request_["fields"]


def parameters(request: dict[str, Any]) -> dict[str, str]:
    query = request["target"].partition("?")[2]
    return wire.parse_form(request["body"] if request["method"] == "POST" else query)


@pytest.mark.parametrize(("record", "request_"), load("v1-sha1", "v1-sha256", "v1-get"))
def test_v1(record: dict[str, Any], request_: dict[str, Any]) -> None:
    params = parameters(request_)
    now = int(params["Timestamp"])

    def verify(given: dict[str, str], authority: str = HOST) -> Verdict:
        return sign.verify_v1(
            record["secret_key"], given, authority=authority, method=request_["method"], now=now
        )

    assert verify(params) is Verdict.OK
    assert verify(params, "other.example.com") is Verdict.SIGNATURE
    assert params.get("Token", "") == (record["token"] or "")
    for name in set(params) - {"Timestamp", "SignatureMethod"}:
        assert verify({**params, name: params[name] + "0"}) is Verdict.SIGNATURE, name
    fields = wire.check_fields(request_["action"], wire.unflatten(params), text=True)
    assert fields == request_["fields"]
    assert params["Action"] == request_["action"]
