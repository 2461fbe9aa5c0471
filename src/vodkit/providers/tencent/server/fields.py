"""The bounds of an action's parameters, as data, and how a request is held to them.

Types are the wire's; here is what a value of the right type may be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ..wire import NEVER, codes, format_time, parse_time
from .answer import ApiError

Params = Mapping[str, Any]

_NO_MEMBERS: Mapping[str, Field] = {}
_INT64 = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Field:
    """What one parameter may be.

    Attributes:
        required: Whether it must be given.
        default: Value when it is not.
        low, high: Least and largest number, or fewest and most characters or items.
        zero: Whether 0 is allowed besides.
        choices: All values there are; empty for no such rule.
        pattern: What a text must match as a whole.
        item: Bounds of the items of a list.
        members: Bounds of the members of an object.
        code: Error code of a value out of bounds; default ``InvalidParameterValue.<name>`` at the top level.
        message: Message of a value out of bounds, in place of the worked-out one.
    """

    required: bool = False
    default: Any = None
    low: float | None = None
    high: float | None = None
    zero: bool = False
    choices: tuple[Any, ...] = ()
    pattern: str = ""
    item: Field | None = None
    members: Mapping[str, Field] = field(default_factory=lambda: _NO_MEMBERS)
    code: str = ""
    message: str = ""


def upto(high: float, **rules: Any) -> Field:
    """At most ``high`` characters or items, or a number not above it."""
    return Field(high=high, **rules)


def within(low: float, high: float, **rules: Any) -> Field:
    """Between two bounds, which belong to it."""
    return Field(low=low, high=high, **rules)


def choice(*values: Any, **rules: Any) -> Field:
    """One of some values."""
    return Field(choices=values, **rules)


def several(high: int | None, item: Field | None = None, **rules: Any) -> Field:
    """A list of at most ``high`` items, each of them within the bounds of ``item``."""
    return Field(high=high, item=item or Field(), **rules)


def record(members: Mapping[str, Field], **rules: Any) -> Field:
    """An object; members that are not named here are free."""
    return Field(members=members, **rules)


def needed(bounds: Field | None = None) -> Field:
    """The same parameter, not to be left out."""
    return replace(bounds or Field(), required=True)


ID = within(0, _INT64)
"""A number that can be an id."""

FLAG = choice(0, 1)
"""A switch written as a number."""

OFFSET = within(0, _INT64, default=0)


def take(given: Params, table: Mapping[str, Field]) -> dict[str, Any]:
    """The parameters of a request, held to their bounds.

    Args:
        given: Values of the right types.
        table: Bounds by name.

    Returns:
        A value for every name of the table (``None`` or the default for those not given), and whatever
        else was given. In objects below, only what was given and what has a default.

    Raises:
        ApiError: ``MissingParameter``, ``InvalidParameter``, or the field's own code.
    """
    _storable(given)
    return _members(given, table, "")


def moment(value: str | None, code: str) -> float | None:
    """An ISO 8601 time as seconds since the epoch; ``None`` for one not given and for never.

    Raises:
        ApiError: with ``code``, for what is not such a time.
    """
    if not value:
        return None
    try:
        when = parse_time(value)
        return None if when == NEVER else when.timestamp()
    except (ValueError, OverflowError):
        raise ApiError(code, "the time must be ISO 8601, such as 2030-01-31T12:00:00Z") from None


def shown_time(seconds: float | None) -> str:
    """Seconds since the epoch as the API writes times; ``None`` is never."""
    return format_time(NEVER if seconds is None else datetime.fromtimestamp(seconds, UTC))


def _members(given: Params, table: Mapping[str, Field], above: str) -> dict[str, Any]:
    values = dict(given)
    for name, bounds in table.items():
        path = f"{above}.{name}" if above else name
        value = given.get(name)
        if value is None:
            if bounds.required:
                raise ApiError(codes.MISSING_PARAMETER, f"the parameter {path} is missing")
            if not above or bounds.default is not None:
                values[name] = bounds.default
        else:
            values[name] = _checked(value, path, bounds)
    return values


def _checked(value: Any, path: str, bounds: Field) -> Any:
    if bounds.choices and value not in bounds.choices:
        raise _refusal(path, bounds, f"must be one of {', '.join(map(str, bounds.choices))}")
    if isinstance(value, str) and bounds.pattern and not re.fullmatch(bounds.pattern, value):
        raise _refusal(path, bounds, "is malformed")
    _measure(value, path, bounds)
    if isinstance(value, list) and bounds.item is not None:
        return [_checked(item, f"{path}.{n}", bounds.item) for n, item in enumerate(value)]
    if isinstance(value, Mapping):
        return _members(value, bounds.members, path)
    return value


def _measure(value: Any, path: str, bounds: Field) -> None:
    measure, unit = value, ""
    if bounds.zero and value == 0:
        return
    if isinstance(value, (str, list)):
        measure, unit = len(value), " characters" if isinstance(value, str) else " items"
    elif not isinstance(value, (int, float)):
        return
    if bounds.high is not None and not measure <= bounds.high:
        raise _refusal(path, bounds, f"may be at most {bounds.high:g}{unit}")
    if bounds.low is not None and not measure >= bounds.low:
        raise _refusal(path, bounds, f"must be at least {bounds.low:g}{unit}")


def _refusal(path: str, bounds: Field, why: str) -> ApiError:
    code = bounds.code or (codes.INVALID_VALUE if "." in path else f"{codes.INVALID_VALUE}.{path}")
    return ApiError(code, bounds.message or f"the parameter {path} {why}")


def _storable(value: Any) -> None:
    """Refuse what no database holds: lone surrogates, NUL, NaN, infinities, huge integers."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise ApiError(codes.INVALID_PARAMETER, "a text holds a character that is not valid Unicode text")
    elif isinstance(value, (int, float)):
        if not -_INT64 <= value <= _INT64:
            raise ApiError(codes.INVALID_PARAMETER, "a number is out of range")
    elif isinstance(value, Mapping):
        for name, member in value.items():
            _storable(name)
            _storable(member)
    elif isinstance(value, list):
        for item in value:
            _storable(item)
