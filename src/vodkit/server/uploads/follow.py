"""The MD5 of a whole upload, computed while its parts arrive.

Parts come in any order and an MD5 has only one. A follower hashes the bytes from the beginning of the home
file as far as parts without a gap have come; when the upload ends only the rest is left.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ..blobs import BlobStore, Extent
from ..blobs.ranges import Ranges


class Md5Follower:
    """Follows one upload.

    Attributes:
        round: Rises when a part is replaced.

    Args:
        home: Name of the upload's home file.
        store: Where the bytes are.
        pool: Threads to hash in.
    """

    def __init__(self, home: str, store: BlobStore, pool: ThreadPoolExecutor) -> None:
        self._home = home
        self._store = store
        self._pool = pool
        self._there = Ranges()
        self._replaced: list[Extent] = []
        self.round = 0
        self._turn = asyncio.Lock()
        self._known: tuple[int, list[Extent], str] | None = None
        self._restart()

    @property
    def position(self) -> int:
        """Bytes from the beginning that are hashed."""
        return self._at

    def replace(self, old: Extent) -> None:
        """A part's row is about to point elsewhere. Called from the thread that writes, before the commit."""
        self._replaced.append(old)
        self.round += 1

    async def add(self, places: Sequence[Extent]) -> None:
        """Parts have come: hash what is without a gap now."""
        for place in places:
            if place.file == self._home:
                self._there.add(place.start, place.start + place.length)
        self._forget_replaced()
        async with self._turn:
            await self._hash_on(self._there.first_gap)

    async def md5(self, extents: Sequence[Extent]) -> str | None:
        """Hex MD5 of these extents; ``None`` if a part was replaced in the meantime."""
        async with self._turn:
            self._forget_replaced()
            current = self.round
            first = extents[0] if extents else Extent(self._home, 0, 0)
            rest = list(extents)
            if first.file == self._home and first.start == 0 and first.length >= self._at:
                await self._hash_on(first.length)
                digest = self._hash.copy()
                rest = rest[1:]
            else:
                digest = hashlib.md5(usedforsecurity=False)
            await self._feed(digest, rest)
            if self.round != current:
                return None
            self._known = (current, list(extents), digest.hexdigest())
            return self._known[2]

    def known(self, extents: Sequence[Extent]) -> str | None:
        """The last :meth:`md5`, if it was of exactly these bytes."""
        if self._known is None:
            return None
        round, of, found = self._known
        return found if round == self.round and of == list(extents) else None

    def _forget_replaced(self) -> None:
        """Begin again after a part was sent again: its first bytes may be hashed already."""
        while self._replaced:
            old = self._replaced.pop(0)
            if old.file == self._home:
                self._there.remove(old.start, old.start + old.length)
            self._restart()

    def _restart(self) -> None:
        self._hash = hashlib.md5(usedforsecurity=False)
        self._at = 0

    async def _hash_on(self, end: int) -> None:
        """Hash up to ``end``, or up to the moment when a replaced part makes it pointless."""
        digest, start = self._hash, self._at
        if start < end:
            size = 0
            async for piece in self._store.stream([Extent(self._home, start, end - start)]):
                await asyncio.get_running_loop().run_in_executor(self._pool, digest.update, piece)
                size += len(piece)
                if digest is not self._hash:
                    return
                self._at = start + size

    async def _feed(self, digest: hashlib._Hash, extents: Sequence[Extent]) -> None:
        async for piece in self._store.stream(extents):
            await asyncio.get_running_loop().run_in_executor(self._pool, digest.update, piece)
