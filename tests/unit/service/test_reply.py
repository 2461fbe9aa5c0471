"""Ranges and conditions: what a request for stored bytes gets."""

from __future__ import annotations

import pytest

from vodkit.server.reply import Plan, plan

AT = 1_700_000_000.4
THEN = "Tue, 14 Nov 2023 22:13:20 GMT"
EARLIER = "Tue, 14 Nov 2023 22:13:19 GMT"


def asked(size: int = 10, method: str = "GET", **headers: str) -> Plan:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return plan(method, names, "tag", AT, size)


@pytest.mark.parametrize(
    ("range_", "size", "expected"),
    [
        ("bytes=0-0", 10, (206, 0, 1)),
        ("bytes=0-9", 10, (206, 0, 10)),
        ("bytes=9-9", 10, (206, 9, 1)),
        ("bytes=3-", 10, (206, 3, 7)),
        ("bytes=0-", 10, (206, 0, 10)),
        ("bytes=5-100", 10, (206, 5, 5)),
        ("bytes=-3", 10, (206, 7, 3)),
        ("bytes=-10", 10, (206, 0, 10)),
        ("bytes=-11", 10, (206, 0, 10)),
        ("bytes = 1-2", 10, (206, 1, 2)),
        ("bytes=10-", 10, (416, 0, 0)),
        ("bytes=10-20", 10, (416, 0, 0)),
        ("bytes=-0", 10, (416, 0, 0)),
        ("bytes=0-", 0, (416, 0, 0)),
        ("bytes=-1", 0, (416, 0, 0)),
        ("bytes=5-4", 10, (200, 0, 10)),
        ("bytes=-", 10, (200, 0, 10)),
        ("bytes=a-b", 10, (200, 0, 10)),
        ("bytes=0-1,3-4", 10, (200, 0, 10)),
        ("bytes=٣-٤", 10, (200, 0, 10)),
        ("bytes=0-1\n", 10, (206, 0, 2)),
        ("bytes=" + "9" * 5000 + "-", 10, (200, 0, 10)),
        ("items=0-1", 10, (200, 0, 10)),
        ("", 10, (200, 0, 10)),
    ],
)
def test_ranges(range_: str, size: int, expected: tuple[int, int, int]) -> None:
    got = asked(size, range=range_)
    assert (got.status, got.start, got.length) == expected


def test_a_range_is_for_get_only() -> None:
    assert asked(method="HEAD", range="bytes=1-2") == Plan(200, 0, 10)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if_none_match": '"tag"'}, 304),
        ({"if_none_match": 'W/"tag"'}, 304),
        ({"if_none_match": '"x", "tag"'}, 304),
        ({"if_none_match": "*"}, 304),
        ({"if_none_match": "tag"}, 304),
        ({"if_none_match": '"x"'}, 200),
        ({"if_modified_since": THEN}, 304),
        ({"if_modified_since": EARLIER}, 200),
        ({"if_modified_since": "yesterday"}, 200),
        ({"if_none_match": '"x"', "if_modified_since": THEN}, 200),
        ({"if_match": '"tag"'}, 200),
        ({"if_match": "*"}, 200),
        ({"if_match": '"x"'}, 412),
        ({"if_match": 'W/"tag"'}, 412),
        ({"if_unmodified_since": THEN}, 200),
        ({"if_unmodified_since": EARLIER}, 412),
        ({"if_match": '"tag"', "if_unmodified_since": EARLIER}, 200),
        ({"if_match": '"x"', "if_none_match": '"tag"'}, 412),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions(headers: dict[str, str], status: int, method: str) -> None:
    assert asked(method=method, **headers).status == status


@pytest.mark.parametrize(
    ("condition", "status"),
    [('"tag"', 206), ('"x"', 200), ('W/"tag"', 200), (THEN, 206), (EARLIER, 200), ("nonsense", 200)],
)
def test_if_range(condition: str, status: int) -> None:
    assert asked(range="bytes=1-2", if_range=condition).status == status
