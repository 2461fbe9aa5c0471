"""Reading the members of API bodies as clients really send them (netease.md §4.1).

An explicit null counts as absent, and numbers come as text too.
"""

from __future__ import annotations

import re
from typing import Any

from .. import wire
from .answer import ApiError
from .caller import Params

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MOST_TEXT = 4096


def text(params: Params, name: str, *, most: int = _MOST_TEXT) -> str | None:
    """A text member, or ``None``."""
    value: Any = params.get(name)
    if value is None:
        return None
    if not _is_text(value):
        raise ApiError(wire.BAD_REQUEST, f"{name} is not text")
    if len(value) > most:
        raise ApiError(wire.BAD_REQUEST, f"{name} is longer than {most} characters")
    return str(value)


def required_text(params: Params, name: str, *, most: int = _MOST_TEXT) -> str:
    """A text member that must be there and not be blank."""
    value = text(params, name, most=most)
    if value is None or not value.strip():
        raise ApiError(wire.BAD_REQUEST, f"{name} is missing")
    return value


def integer(params: Params, name: str) -> int | None:
    """A whole number, also as decimal text, or ``None``."""
    value = params.get(name)
    if value is None or value == "":
        return None
    return _integer(value, name)


def required_integer(params: Params, name: str) -> int:
    """A whole number that must be there."""
    value = integer(params, name)
    if value is None:
        raise ApiError(wire.BAD_REQUEST, f"{name} is missing")
    return value


def integers(params: Params, name: str) -> list[int]:
    """A list of 1 to 100 whole numbers."""
    return [_integer(value, name) for value in _listed(params, name)]


def texts(params: Params, name: str) -> list[str]:
    """A list of 1 to 100 texts."""
    values = _listed(params, name)
    if not all(map(_is_text, values)):
        raise ApiError(wire.BAD_REQUEST, f"{name} is not a list of texts")
    return values


def address(params: Params, name: str) -> str | None:
    """A callback address, or ``None``."""
    value = text(params, name, most=wire.MAX_CALLBACK_URL)
    if value is None:
        return None
    if not wire.is_callback_url(value):
        raise ApiError(wire.BAD_REQUEST, f"{name} is not an http(s) address")
    return value


def page(params: Params) -> tuple[int, int]:
    """``currentPage`` from 1 and ``pageSize``, where -1 stands for everything."""
    current, size = integer(params, "currentPage"), integer(params, "pageSize")
    current, size = 1 if current is None else current, 10 if size is None else size
    if current < 1 or (size < 1 and size != -1):
        raise ApiError(wire.BAD_REQUEST, "currentPage and pageSize must be 1 or more")
    return current, size


def paging(current: int, size: int, total: int) -> tuple[int, int, dict[str, int]]:
    """Offset and length of a page among ``total`` rows, and the members of ``ret`` that describe it."""
    each = max(total, 1) if size == -1 else size
    facts = {"currentPage": current, "pageSize": size, "totalRecords": total, "pageNum": -(-total // each)}
    return (current - 1) * each, each, facts


def _listed(params: Params, name: str) -> list[Any]:
    values = params.get(name)
    if not isinstance(values, list) or not 1 <= len(values) <= wire.MAX_BATCH:
        raise ApiError(wire.BAD_REQUEST, f"{name} must be a list of 1 to {wire.MAX_BATCH}")
    return values


def _is_text(value: Any) -> bool:
    """Whether a value is text that can be stored: JSON's escapes also spell NUL and halves of letters."""
    return isinstance(value, str) and "\0" not in value and not _SURROGATE.search(value)


def _integer(value: Any, name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    raise ApiError(wire.BAD_REQUEST, f"{name} is not a whole number")
