"""Conditions on the rooms' own facts, which are kept as JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, cast

Wanted = Mapping[str, Collection[str] | Collection[int]]


def attrs_in(column: Column[Any], wanted: Wanted) -> Iterator[Any]:
    """One condition for each fact: that it is in its set of either texts or whole numbers."""
    for name, values in wanted.items():
        fact: Any = column[name].as_string()
        if any(isinstance(value, int) for value in values):
            fact = cast(fact, BigInteger)
        yield fact.in_(values)
