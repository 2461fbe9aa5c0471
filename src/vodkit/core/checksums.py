"""CRC-64 of a whole from the CRC-64s of its parts.

The CRC is CRC-64/XZ (ECMA-182 reflected, initial value and final xor all ones), the one that object stores
report. Appending *n* bytes multiplies the polynomial of the first part by x^(8n); everything here is that
multiplication over GF(2), so nothing is read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

_POLYNOMIAL = 0xC96C5795D7870F42
_ONE = 1 << 63
_X8 = _ONE >> 8

_WORTH_A_TABLE = 32
"""So many parts of one length repay the making of a table for it."""

_Table = tuple[tuple[int, ...], ...]


def crc64_combine(first: int, second: int, second_length: int) -> int:
    """The CRC-64/XZ of two byte strings one after the other.

    Args:
        first: CRC of the first string.
        second: CRC of the second string.
        second_length: Bytes in the second string.
    """
    return _multiply(first, _shift(second_length)) ^ second


def crc64_concat(parts: Sequence[tuple[int, int]]) -> int:
    """The CRC-64/XZ of many byte strings in order, each given as ``(crc, length in bytes)``; 0 for none."""
    lengths = Counter(length for _, length in parts)
    tables = {length: _table(length) for length, times in lengths.items() if times >= _WORTH_A_TABLE}
    whole = 0
    for crc, length in parts:
        table = tables.get(length)
        whole = (_multiply(whole, _shift(length)) if table is None else _look_up(table, whole)) ^ crc
    return whole


def _multiply(a: int, b: int) -> int:
    """Product of two polynomials modulo the CRC's; the highest bit is the coefficient of x^0."""
    product = 0
    while a:
        if a & _ONE:
            product ^= b
        a = (a << 1) & 0xFFFFFFFFFFFFFFFF
        b = (b >> 1) ^ _POLYNOMIAL if b & 1 else b >> 1
    return product


@lru_cache(maxsize=8)
def _digits(position: int) -> tuple[int, ...]:
    """x^(8 * value * 256^position) for every byte value."""
    unit = _X8 if position == 0 else _multiply(_digits(position - 1)[255], _digits(position - 1)[1])
    powers = [_ONE]
    for _ in range(255):
        powers.append(_multiply(powers[-1], unit))
    return tuple(powers)


@lru_cache(maxsize=1024)
def _shift(length: int) -> int:
    """x^(8 * length): what appending ``length`` bytes multiplies by."""
    product = _ONE
    position = 0
    while length:
        length, value = divmod(length, 256)
        if value:
            product = _multiply(product, _digits(position)[value])
        position += 1
    return product


@lru_cache(maxsize=16)
def _table(length: int) -> _Table:
    """Products of every byte value in each of the eight byte places, lowest place first, with the shift."""
    bits = [0] * 64
    power = _shift(length)
    for place in range(63, -1, -1):
        bits[place] = power
        power = (power >> 1) ^ _POLYNOMIAL if power & 1 else power >> 1
    rows = []
    for place in range(0, 64, 8):
        row = [0]
        for bit in bits[place : place + 8]:
            row += [value ^ bit for value in row]
        rows.append(tuple(row))
    return tuple(rows)


def _look_up(table: _Table, crc: int) -> int:
    t0, t1, t2, t3, t4, t5, t6, t7 = table
    return (
        t0[crc & 255]
        ^ t1[crc >> 8 & 255]
        ^ t2[crc >> 16 & 255]
        ^ t3[crc >> 24 & 255]
        ^ t4[crc >> 32 & 255]
        ^ t5[crc >> 40 & 255]
        ^ t6[crc >> 48 & 255]
        ^ t7[crc >> 56]
    )
