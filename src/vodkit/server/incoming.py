"""Request bodies as the contract wants them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from .contract import Receive, Scope
from .errors import TooLarge, Truncated


class Body:
    """A :class:`vodkit.server.contract.Incoming` over ASGI; may be read once.

    A client that stalls is dropped by its connection, which shows here as :class:`Truncated`.

    Attributes:
        length: ``Content-Length``, or ``None`` when chunked.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self.length: int | None = None
        for name, value in scope["headers"]:
            if name == b"content-length":
                self.length = int(value)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes as they come.

        Raises:
            Truncated: the client went away before the last of them.
        """
        seen = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] != "http.request":
                raise Truncated(f"the client went away after {seen} bytes of the body")
            more = message.get("more_body", False)
            piece = message.get("body", b"")
            if piece:
                seen += len(piece)
                yield piece
        if self.length is not None and seen != self.length:
            raise Truncated(f"the body has {seen} bytes where Content-Length says {self.length}")

    async def read(self, limit: int) -> bytes:
        """All of it.

        Raises:
            TooLarge: it has more than ``limit`` bytes; raised before more are read.
            Truncated: the client went away before the last of them.
        """
        if self.length is not None and self.length > limit:
            raise TooLarge(f"the body has {self.length} bytes; at most {limit} are taken here")
        pieces: list[bytes] = []
        room = limit
        async for piece in self:
            room -= len(piece)
            if room < 0:
                raise TooLarge(f"the body has more than the {limit} bytes that are taken here")
            pieces.append(piece)
        return b"".join(pieces)


class Given:
    """A :class:`vodkit.server.contract.Incoming` of bytes that are at hand.

    Attributes:
        length: How many.
    """

    def __init__(self, data: bytes) -> None:
        self.length: int | None = len(data)
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """All of them at once."""
        yield self._data

    async def read(self, limit: int) -> bytes:
        """All of them, which are never too many."""
        return self._data
