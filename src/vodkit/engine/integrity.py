"""Digests: of parts while they pass, of a content from its parts, of samples to know a content again."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Final, Protocol

import fastcrc

from vodkit.core.checksums import crc64_concat
from vodkit.core.source import Reader

_CRC64_POLYNOMIAL: Final = 0xC96C5795D7870F42
_TOP: Final = 1 << 63
_EDGE: Final = 64 * 1024
_SAMPLE: Final = 4 * 1024
_SAMPLES: Final = 8
SHA1_BLOCK: Final = 4 << 20
"""Bytes in a block of the digest ``sha1_blocks``."""
COMBINABLE: Final = frozenset({"crc64", "sha1_blocks"})
"""Digests that :func:`combined` can make from those of parts."""


class Digest(Protocol):
    """A digest that is fed."""

    def update(self, data: memoryview, /) -> None: ...

    def hexdigest(self) -> str: ...


class _Crc64:
    """CRC-64/XZ (ECMA-182 reflected)."""

    def __init__(self) -> None:
        self._value = fastcrc.crc64.xz(b"")

    def update(self, data: memoryview, /) -> None:
        self._value = fastcrc.crc64.xz(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:016x}"


class _Crc32:
    """CRC-32 as in zlib."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: memoryview, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"


class _Sha1Blocks:
    """SHA-1 over the SHA-1s of blocks of 4 MiB; of a content of at most one block its plain SHA-1."""

    def __init__(self) -> None:
        self._done: list[bytes] = []
        self._block = hashlib.sha1(usedforsecurity=False)
        self._room = SHA1_BLOCK

    def update(self, data: memoryview, /) -> None:
        while data:
            if not self._room:
                self._done.append(self._block.digest())
                self._block, self._room = hashlib.sha1(usedforsecurity=False), SHA1_BLOCK
            piece = data[: self._room]
            self._block.update(piece)
            self._room -= len(piece)
            data = data[len(piece) :]

    def hexdigest(self) -> str:
        if not self._done:
            return self._block.hexdigest()
        return hashlib.sha1(b"".join([*self._done, self._block.digest()]), usedforsecurity=False).hexdigest()


def digest(name: str) -> Digest:
    """A fresh digest: ``crc64``, ``crc32``, ``sha1_blocks``, ``md5``, ``sha1`` or what else hashlib has."""
    own: dict[str, Callable[[], Digest]] = {"crc64": _Crc64, "crc32": _Crc32, "sha1_blocks": _Sha1Blocks}
    if name in own:
        return own[name]()
    return hashlib.new(name, usedforsecurity=False)


def combined(name: str, parts: Sequence[tuple[str, int]]) -> str | None:
    """A digest of a content from the same digest of its parts.

    Args:
        name: Of the digest.
        parts: Hex digest and length of each part in order. For ``sha1_blocks`` all but the last are
            :data:`SHA1_BLOCK` long.

    Returns:
        Lower-case hex, or ``None`` if there is no way to the whole but reading it, or no part.
    """
    if not parts or name not in COMBINABLE:
        return None
    if name == "crc64":
        return f"{crc64_concat([(int(crc, 16), length) for crc, length in parts]):016x}"
    roots = [bytes.fromhex(sha1) for sha1, _ in parts]
    return (
        roots[0] if len(roots) == 1 else hashlib.sha1(b"".join(roots), usedforsecurity=False).digest()
    ).hex()


def crc64_combine(first: int, second: int, second_length: int) -> int:
    """The CRC-64/XZ of two contents one after the other, from that of each.

    Appending n bytes multiplies by x^(8n) modulo the polynomial; that power is had by squaring.
    """
    power, bit = _TOP, 3
    while second_length:
        if second_length & 1:
            power = _times(_square_powers()[bit], power)
        second_length >>= 1
        bit += 1
    return _times(power, first) ^ second


def crc64_of_ranges(ranges: Iterable[tuple[int, int, str]], size: int) -> str | None:
    """The CRC-64 of a content of ``size`` bytes from ``(offset, length, hex crc64)`` of ranges of it.

    Returns:
        Lower-case hex, or ``None`` if no chain of ranges leads from 0 to ``size``.
    """
    reached = {0: fastcrc.crc64.xz(b"")}
    for offset, length, crc in sorted(ranges):
        if offset in reached and offset + length not in reached:
            reached[offset + length] = crc64_combine(reached[offset], int(crc, 16), length)
    return f"{reached[size]:016x}" if size in reached else None


def gaps(ranges: Iterable[tuple[int, int, str]], size: int) -> list[tuple[int, int]]:
    """``(offset, length)`` of what the ranges leave uncovered of a content of ``size`` bytes."""
    found, end = [], 0
    for offset, length, _ in [*sorted(ranges), (size, 0, "")]:
        if offset > end:
            found.append((end, offset - end))
        end = max(end, offset + length)
    return found


def fingerprint(reader: Reader, size: int) -> str:
    """A hex digest over the head, the tail and samples of a seekable content; reads at most 160 KiB."""
    hasher = hashlib.blake2b(size.to_bytes(8, "big"), digest_size=16)
    spots = [(0, _EDGE), (max(size - _EDGE, 0), _EDGE)]
    if size > 2 * _EDGE:
        step = (size - 2 * _EDGE) // (_SAMPLES + 1)
        spots += [(_EDGE + step * number, _SAMPLE) for number in range(1, _SAMPLES + 1)]
    buffer = memoryview(bytearray(_EDGE))
    for offset, length in spots:
        view = buffer[: min(length, size - offset)]
        hasher.update(view[: reader.read_at(offset, view)])
    return hasher.hexdigest()


def _times(a: int, b: int) -> int:
    """Product of two reflected polynomials modulo the CRC's."""
    product, bit = 0, _TOP
    while True:
        if a & bit:
            product ^= b
            if not a & (bit - 1):
                return product
        bit >>= 1
        if not bit:
            return product
        b = (b >> 1) ^ _CRC64_POLYNOMIAL if b & 1 else b >> 1


@cache
def _square_powers() -> tuple[int, ...]:
    """x^(2^n) for every n that a 64-bit length of bytes can ask for."""
    powers = [_TOP >> 1]
    for _ in range(66):
        powers.append(_times(powers[-1], powers[-1]))
    return tuple(powers)
