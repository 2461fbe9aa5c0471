"""Digests of a body, computed in a thread while the next bytes arrive."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import fastcrc


class _Crc:
    def __init__(self, step: Callable[[bytes, int], int], digits: int) -> None:
        self._step = step
        self._digits = digits
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = self._step(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:0{self._digits}x}"


_MAKERS: dict[str, Callable[[], _Crc | hashlib._Hash]] = {
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "crc32": lambda: _Crc(zlib.crc32, 8),
    "crc64": lambda: _Crc(fastcrc.crc64.xz, 16),
}


class Digester:
    """Feeds bytes to the wanted digests, in order, one batch at a time."""

    def __init__(self, names: Iterable[str], pool: ThreadPoolExecutor) -> None:
        self._digests = {name: _MAKERS[name]() for name in names}
        self._pool = pool
        self._pending: Future[None] | None = None

    async def update(self, pieces: Sequence[bytes]) -> None:
        """Begin with these bytes once those before are done."""
        if self._digests:
            await self._settled()
            self._pending = self._pool.submit(self._feed, pieces)

    async def finish(self) -> dict[str, str]:
        """Lower-case hex by name."""
        await self._settled()
        return {name: digest.hexdigest() for name, digest in self._digests.items()}

    async def _settled(self) -> None:
        if self._pending is not None:
            await asyncio.wrap_future(self._pending)

    def _feed(self, pieces: Sequence[bytes]) -> None:
        for digest in self._digests.values():
            for piece in pieces:
                digest.update(piece)
