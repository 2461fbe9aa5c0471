"""CRC-64/XZ combination against the CRC of the joined bytes."""

from __future__ import annotations

import random

import fastcrc
from hypothesis import given
from hypothesis import strategies as st

from vodkit.core.checksums import crc64_combine, crc64_concat

crc64 = fastcrc.crc64.xz


def test_published_vectors() -> None:
    assert crc64(b"123456789") == 11051210869376104954
    assert crc64_combine(crc64(b"1234"), crc64(b"56789"), 5) == 11051210869376104954
    assert crc64_combine(0, crc64(b"hello"), 5) == 11177612005948864433


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_two(first: bytes, second: bytes) -> None:
    assert crc64_combine(crc64(first), crc64(second), len(second)) == crc64(first + second)


@given(st.lists(st.binary(max_size=40), max_size=30))
def test_many(parts: list[bytes]) -> None:
    assert crc64_concat([(crc64(part), len(part)) for part in parts]) == crc64(b"".join(parts))


def test_many_of_one_length_and_a_short_last_one() -> None:
    whole = random.Random(7).randbytes(70_000 * 50 + 11)
    parts = [whole[at : at + 70_000] for at in range(0, len(whole), 70_000)]
    assert crc64_concat([(crc64(part), len(part)) for part in parts]) == crc64(whole)


def test_lengths_beyond_four_gigabytes() -> None:
    half = 3 << 32
    zeros_once = crc64_combine(crc64(b"a"), 0, half)
    both = crc64_combine(zeros_once, 0, half)
    assert both == crc64_combine(crc64(b"a"), 0, 2 * half)
