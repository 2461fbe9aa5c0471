"""Reading upload options: what cannot be is refused in the same words by every provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import InvalidRequest


def text(provider: str, values: Mapping[str, Any], name: str) -> str | None:
    """An option that is text; ``None`` where it is not given.

    Raises:
        InvalidRequest: it is something else.
    """
    value = values.get(name)
    if value is None or isinstance(value, str):
        return value
    raise InvalidRequest(f"{name} is not text", provider=provider, advice=f"Pass {name} as a string")


def number(provider: str, values: Mapping[str, Any], name: str) -> int | None:
    """An option that is a whole number from 0, or its decimal text; ``None`` where it is not given.

    Raises:
        InvalidRequest: it is something else.
    """
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise InvalidRequest(
        f"{name} is not a whole number", provider=provider, advice=f"Pass {name} as an integer of 0 or more"
    )
