"""Messages, digests, ids and tokens by themselves."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodkit.providers.youku import sign, wire
from vodkit.providers.youku.wire import Assignment, Check, RemoteFault, Slice


def test_published_answers_are_read() -> None:
    created = json.loads(
        '{"video_id":"XMTMzNjk2MTIyNA==","upload_token":"NzI0YWI=","upload_server_uri":"g3.up.youku.com",'
        '"instant_upload_ok":"no"}'
    )
    assert wire.Created.parse(created).video_id == "XMTMzNjk2MTIyNA=="
    assigned = json.loads('{"slice_task_id":1,"offset":0,"length":2097152,"transferred":0,"finished":false}')
    assert Assignment.parse(assigned, 1 << 40).slice == Slice(1, 0, 2097152)
    checked = json.loads(
        '{"status":4,"upload_server_ip":"10.30.88.156","transferred_percent":0,"confirmed_percent":0,'
        '"empty_tasks":2,"finished":false}'
    )
    assert Check.parse(checked) == Check(4, "10.30.88.156", 0, 0, 2)
    assert Check.parse(checked).as_json() == checked
    big = {"slice_task_id": 1328793281567, "offset": 1 << 40, "length": 5}
    assert Assignment.parse(big, (1 << 40) + 5).slice == Slice(1328793281567, 1 << 40, 5)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"error":{"code":1009,"type":"T","description":"d"}}', RemoteFault(1009, "T", "d")),
        (b'{"error":{"code":"1009"}}', RemoteFault(1009, "", "")),
        (b'{"error":"broken"}', RemoteFault(0, "", "")),
        (b"code=120010223&type=UploadsException&description=Expired+upload+token\n",
         RemoteFault(120010223, "UploadsException", "Expired upload token")),
    ],
)  # fmt: skip
def test_errors_in_every_form(body: bytes, fault: RemoteFault) -> None:
    assert wire.parse_answer(body) == fault


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"null", b"\xff\xfe"])
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(wire.Malformed):
        wire.parse_answer(body)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"slice_task_id": "x", "offset": 0, "length": 1},
        {"slice_task_id": 1, "offset": -1, "length": 1},
        {"slice_task_id": 1, "offset": 99, "length": 2},
        {"slice_task_id": 1, "offset": 0, "length": 0},
        {"slice_task_id": True, "offset": 0, "length": 1},
    ],
)
def test_assignments_outside_the_file_are_refused(data: dict[str, object]) -> None:
    with pytest.raises(wire.Malformed):
        Assignment.parse(data, 100)


@given(st.integers(0, 10**9), st.integers(1, 10**7))
def test_the_plan_covers_the_file(size: int, length: int) -> None:
    count = wire.slice_count(size, length)
    assert wire.slice_at(count + 1, size, length) is None
    if count:
        last = wire.slice_at(count, size, length)
        assert last is not None
        assert last.offset + last.length == size
        assert 0 < last.length <= length


@given(st.binary(max_size=400))
def test_no_answer_crashes_the_reader(body: bytes) -> None:
    with contextlib.suppress(wire.Malformed):
        wire.parse_answer(body)


@pytest.mark.parametrize(("id", "number"), [("XMTMzNjk2MTIyNA==", 1336961224), ("XNDY5Njc0MTA4", 469674108)])
def test_ids(id: str, number: int) -> None:
    assert wire.number_of(id, "X") == number
    assert wire.public_id("X", number) == id
    assert wire.number_of("X!", "X") is None
    assert wire.number_of("UMTIz", "X") is None


def test_percents_and_digests() -> None:
    assert [wire.percent(n, 3) for n in range(4)] == [0, 33, 66, 100]
    assert wire.percent(0, 0) == 100
    assert wire.same_digest("00ABc", "abc")
    assert not wire.same_digest("x", "x")
    assert wire.hex_digest("0" * 40 + "ABC", 8) == "00000abc"
    assert wire.hex_digest("1" * 9, 8) is None


def test_tokens() -> None:
    tokens = {sign.new_upload_token() for _ in range(100)} | {sign.new_token() for _ in range(100)}
    assert len(tokens) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", token) for token in tokens)
    assert sign.fingerprint("a") != sign.fingerprint("b")
    assert sign.password_matches("900150983CD24FB0D6963F7D28E17F72", "abc")
    assert not sign.password_matches("abcd", "abc")
