"""Where a media's original is: what it is said to be, and its bytes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack

from vodkit.core.contract import CRC64_HEADER, MediaStore, ReportsDigests
from vodkit.core.errors import (
    ConnectionLost,
    NotFound,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    RemoteError,
    ServerError,
)
from vodkit.transport import Cancel, Download, Transport

from .fetch import Facts, Fetcher, begins_at


class Replaced(ConnectionLost):
    """The original is not the one that was looked at; what has come of that one is of no use."""

    default_retryable = False


class Unranged(ProtocolError):
    """The server answers a range with everything, although it has ranges elsewhere."""


class Origin:
    """One media's original. Thread-safe.

    Its address is asked for once and used for every request; a signed one lives for a while only, so that
    another is asked for when it is refused.

    Args:
        store: Where it is.
        provider: Name of the room, for errors.
        id: Of the media.
        transport: What requests travel on.
        cancel: Stops them.
    """

    def __init__(
        self, store: MediaStore, provider: str, id: str, transport: Transport, cancel: Cancel
    ) -> None:
        self._store = store
        self._provider = provider
        self._id = id
        self._fetcher = Fetcher(transport, cancel, self._judge)
        self._lock = threading.Lock()
        self._link: tuple[str, Mapping[str, str]] | None = None

    def look(self) -> tuple[Facts, Mapping[str, str]]:
        """What the provider says about the original, without its bytes: size, version and digests.

        Raises:
            NotFound, PermissionDenied: it cannot be had.
        """
        with ExitStack() as stack:
            answer = self._open({"Range": "bytes=0-0"}, stack)
            if answer.status == 416 and Facts.of(answer).size is None:
                # An empty original, at a server that does not tell its size along with the refusal.
                answer = self._open({}, stack)
            return Facts.of(answer), self._told(answer.headers)

    def whole(self, facts: Facts, stack: ExitStack) -> Download:
        """All its bytes; the answer lives until ``stack`` is closed.

        Raises:
            Replaced: it is another one than ``facts`` speak of.
        """
        answer = self._open({}, stack)
        if Facts.of(answer).version != facts.version:
            raise self._replaced()
        return answer

    def range(self, facts: Facts, first: int, last: int, stack: ExitStack) -> Download:
        """Its bytes from ``first`` to ``last``, both included.

        Raises:
            Replaced: it is another one than ``facts`` speak of.
            Unranged: the answer holds everything.
        """
        wanted = {"Range": f"bytes={first}-{last}"}
        if facts.validator:
            wanted["If-Range"] = facts.validator
        answer = self._open(wanted, stack)
        found = Facts.of(answer)
        if found.version != facts.version:
            raise self._replaced()
        if answer.status != 206:
            raise Unranged("the provider does not answer to ranges", provider=self._provider)
        if found.size != facts.size:
            raise self._replaced()
        if begins_at(answer) != first:
            raise ProtocolError(
                f"bytes from {first} were asked for, others came", provider=self._provider, retryable=True
            )
        return answer

    def _open(self, headers: Mapping[str, str], stack: ExitStack) -> Download:
        url, own = self._where(refused=None)
        try:
            return self._fetcher.get(url, {**own, **headers}, stack)
        except PermissionDenied:
            again, own = self._where(refused=url)
            if again == url:
                raise
            return self._fetcher.get(again, {**own, **headers}, stack)

    def _where(self, refused: str | None) -> tuple[str, Mapping[str, str]]:
        """Address and headers; others than the ``refused`` ones, if the provider has others."""
        with self._lock:
            if self._link is None or self._link[0] == refused:
                self._link = self._store.download_request(self._id)
            return self._link

    def _told(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Digests of the whole, from whatever served it: a service's play URL, or the vendor's own store."""
        told = {"crc64": headers[CRC64_HEADER]} if CRC64_HEADER in headers else {}
        if isinstance(self._store, ReportsDigests):
            told |= self._store.digests(headers)
        return told

    def _replaced(self) -> Replaced:
        return Replaced("the original was replaced while it was being fetched", provider=self._provider)

    def _judge(self, answer: Download) -> None:
        status = answer.status
        if status == 416:
            return
        kinds: dict[int, type[RemoteError]] = {
            401: PermissionDenied,
            403: PermissionDenied,
            404: NotFound,
            410: NotFound,
            429: RateLimited,
        }
        kind = kinds.get(status, ServerError if status >= 500 else RemoteError)
        raise kind("the original cannot be had", provider=self._provider, status=status)
