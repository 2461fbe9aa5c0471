"""From plain data (JSON, TOML) to the classes of a procedure, with errors that name the field."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

_NAMES = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def read(kind: type[T], value: Any, where: str = "") -> T:
    """An object of a dataclass, from a mapping of its fields; what is left out has its default.

    Raises:
        ValueError: a field is unknown, missing or of another type; the text names it.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} must be a table of names and values, not {value!r}")
    inside = f"{where}." if where else ""
    hints = _hints(cast(Hashable, kind))
    for name in value:
        if name not in hints:
            raise ValueError(f"{inside}{name} is unknown; there are {', '.join(hints)}")
    for field in fields(kind):  # type: ignore[arg-type]
        required = field.default is MISSING and field.default_factory is MISSING
        if required and field.name not in value:
            raise ValueError(f"{inside}{field.name} is missing")
    return kind(**{name: _value(hints[name], item, f"{inside}{name}") for name, item in value.items()})


def _value(hint: Any, value: Any, where: str) -> Any:
    if get_origin(hint) is tuple:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise ValueError(f"{where} must be a list, not {value!r}")
        (of, _) = get_args(hint)
        return tuple(_value(of, item, f"{where}[{number}]") for number, item in enumerate(value))
    if get_origin(hint) is UnionType:
        # TOML has no null.
        if value is None or value is False:
            return None
        (hint,) = (item for item in get_args(hint) if item is not NoneType)
    if is_dataclass(hint):
        return read(hint, value, where)  # type: ignore[arg-type]
    accepted = (int, float) if hint is float else (hint,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and hint is not bool):
        raise ValueError(f"{where} must be {_NAMES[hint]}, not {value!r}")
    return value


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)
