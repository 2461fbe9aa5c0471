"""Options as callers pass them."""

from __future__ import annotations

from typing import Any

import pytest

from vodkit.core import options
from vodkit.core.errors import InvalidRequest


@pytest.mark.parametrize(
    ("given", "found"), [({}, None), ({"a": None}, None), ({"a": ""}, ""), ({"a": "x"}, "x")]
)
def test_text(given: dict[str, Any], found: str | None) -> None:
    assert options.text("toy", given, "a") == found


@pytest.mark.parametrize("value", [0, False, b"x", ["x"]])
def test_what_is_no_text(value: object) -> None:
    with pytest.raises(InvalidRequest, match="a is not text") as refused:
        options.text("toy", {"a": value}, "a")
    assert refused.value.provider == "toy"


@pytest.mark.parametrize(("value", "found"), [(None, None), (0, 0), (7, 7), ("7", 7), (" 12 ", 12)])
def test_numbers(value: object, found: int | None) -> None:
    assert options.number("toy", {"a": value}, "a") == found


@pytest.mark.parametrize("value", [-1, True, 1.0, "", "-1", "1.5", "٣", "x"])
def test_what_is_no_whole_number(value: object) -> None:
    with pytest.raises(InvalidRequest, match="a is not a whole number"):
        options.number("toy", {"a": value}, "a")
