"""Digests, fingerprints, and the CRC-64 of a content from its parts."""

from __future__ import annotations

import hashlib
import random

import pytest

from vodkit.engine.integrity import (
    SHA1_BLOCK,
    combined,
    crc64_combine,
    crc64_of_ranges,
    digest,
    fingerprint,
    gaps,
)

from .toys import MemoryReader


def hex_of(name: str, data: bytes) -> str:
    hasher = digest(name)
    hasher.update(memoryview(data))
    return hasher.hexdigest()


def crc(data: bytes) -> str:
    return hex_of("crc64", data)


def test_digests_are_padded_hex() -> None:
    assert crc(b"123456789") == "995dc9bbdf1939fa"
    assert crc(b"") == "0" * 16
    crc32 = digest("crc32")
    crc32.update(memoryview(b"123456789"))
    assert crc32.hexdigest() == "cbf43926"
    assert digest("crc32").hexdigest() == "0" * 8
    md5 = digest("md5")
    md5.update(memoryview(b"abc"))
    assert md5.hexdigest() == hashlib.md5(b"abc").hexdigest()


@pytest.mark.parametrize("length", [0, 1, 7, 8, 4096, 100_003])
def test_combine_equals_direct_computation(length: int) -> None:
    data = random.Random(length).randbytes(50_000 + length)
    first, second = data[:50_000], data[50_000:]
    assert f"{crc64_combine(int(crc(first), 16), int(crc(second), 16), length):016x}" == crc(data)


def test_combine_over_a_length_beyond_32_bits() -> None:
    """n zero bytes appended one after the other, by doubling."""
    zeros, length = int(crc(bytes(1 << 16)), 16), 1 << 16
    start = direct = int(crc(b"head"), 16)
    direct = crc64_combine(direct, zeros, length)
    while length < 1 << 40:
        direct = crc64_combine(direct, zeros, length)
        zeros, length = crc64_combine(zeros, zeros, length), length * 2
    assert crc64_combine(start, zeros, length) == direct


def test_ranges_chain_from_0_to_the_end_or_give_none() -> None:
    data = random.Random(1).randbytes(1000)
    spans = [(600, 400), (0, 500), (500, 100), (500, 500), (250, 300)]
    ranges = [(at, size, crc(data[at : at + size])) for at, size in spans]
    assert crc64_of_ranges(ranges, 1000) == crc(data)
    assert crc64_of_ranges(ranges[:1] + ranges[2:], 1000) is None
    assert crc64_of_ranges([], 0) == crc(b"")
    assert crc64_of_ranges([], 1) is None


@pytest.mark.parametrize("size", [0, 1, 65_536, 131_073, 1_000_000])
def test_fingerprint_sees_head_tail_and_size(size: int) -> None:
    data = bytearray(random.Random(size).randbytes(size))

    def taken() -> str:
        return fingerprint(MemoryReader(bytes(data), seekable=True), len(data))

    before = taken()
    assert before == taken()
    for place in {0, size - 1} if size else ():
        data[place] ^= 1
        assert taken() != before
        data[place] ^= 1
    data.append(0)
    assert taken() != before


def test_gaps() -> None:
    assert gaps([], 10) == [(0, 10)]
    assert gaps([(2, 3, ""), (4, 2, ""), (8, 1, "")], 10) == [(0, 2), (6, 2), (9, 1)]
    assert gaps([(0, 10, "")], 10) == gaps([], 0) == []


@pytest.mark.parametrize("name", ["crc64", "sha1_blocks"])
@pytest.mark.parametrize("size", [1, SHA1_BLOCK, SHA1_BLOCK + 1, 3 * SHA1_BLOCK])
def test_digests_of_wholes_from_those_of_parts(name: str, size: int) -> None:
    data = random.Random(size).randbytes(size)
    parts = [data[start : start + SHA1_BLOCK] for start in range(0, size, SHA1_BLOCK)]
    assert combined(name, [(hex_of(name, part), len(part)) for part in parts]) == hex_of(name, data)


def test_digests_that_cannot_be_combined() -> None:
    assert combined("md5", [(hex_of("md5", b"a"), 1)]) is None
    assert combined("crc64", []) is None
