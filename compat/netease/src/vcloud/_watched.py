"""What callers of the vendor's SDK see of an upload while vodkit runs it."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable
from typing import Any

from vodkit import Progress
from vodkit.core.contract import Exchange, Reply, Session
from vodkit.core.part import Next, Part, Sent, Wait
from vodkit.providers.netease import wire

from .client.auth import Auth

_UNSAID = "application/octet-stream"
_PAUSE = 0.005
"""Seconds between two looks for blocks to tell of."""


class Watched:
    """Stands between a connection and its provider for one upload.

    The handler is called in the thread that called the upload, once for every block, before the next one
    is sent; what it raises ends the upload there.

    Args:
        vod: The connection; its provider and settings are replaced.
        auth: Told what requests are signed with.
        mime_type: Sent with the first block, unless it says nothing.
        handler: Told of every block.
        size: Bytes of the file.
    """

    def __init__(
        self, vod: Any, auth: Auth, mime_type: str, handler: Callable[[int, int], object] | None, size: int
    ) -> None:
        self._provider, self._auth, self._mime_type = vod.provider, auth, mime_type
        self._handler, self._size, self._told = handler, size, -1
        self.untold: deque[int] = deque()
        vod.provider = self
        if callable(handler):
            vod.settings = dataclasses.replace(vod.settings, report_interval=_PAUSE)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def begin(self, items: Any, options: Any, saved: Any, exchange: Exchange) -> Session:
        """See :meth:`vodkit.core.contract.Provider.begin`."""

        def watched(method: str, url: str, **more: Any) -> Reply:
            headers = dict(more.pop("headers", None) or {})
            if "CheckSum" in headers:
                self._auth.note(headers)
            if wire.TOKEN_HEADER in headers and "Content-Type" in headers and self._mime_type != _UNSAID:
                headers["Content-Type"] = self._mime_type
            return exchange(method, url, headers=headers, **more)

        return _Session(self._provider.begin(items, options, saved, watched), self)

    def stored(self, offset: int) -> None:
        """A block was answered."""
        if callable(self._handler):
            self.untold.append(offset)

    def tell(self, _: Progress | None = None) -> None:
        """Call the handler for what it was not told; never with less than before."""
        while self.untold:
            offset = self.untold[0]
            if offset > self._told:
                self._told = offset
                self._handler(offset, self._size)  # type: ignore[misc]
            self.untold.popleft()

    def end(self) -> None:
        """Everything is stored; nothing of it may have been sent by this run."""
        self.stored(self._size)
        self.tell()


class _Session:
    """A session that waits for the handler, which is told of a block once the engine has put it down."""

    def __init__(self, session: Session, watched: Watched) -> None:
        self._session, self._watched = session, watched
        self._answered: int | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def next(self) -> Next:
        """See :meth:`vodkit.core.contract.Session.next`."""
        if self._answered is not None:
            self._watched.stored(self._answered)
            self._answered = None
        return Wait(_PAUSE) if self._watched.untold else self._session.next()

    def sent(self, part: Part, reply: Any) -> Sent:
        """See :meth:`vodkit.core.contract.Session.sent`."""
        done = self._session.sent(part, reply)
        if isinstance(reply, wire.BlockReply):
            self._answered = reply.offset
        return done
