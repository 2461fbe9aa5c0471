"""Files behind ``http://`` and ``https://``."""

from __future__ import annotations

import base64
import hashlib
import threading
from contextlib import ExitStack
from urllib.parse import unquote, urlsplit, urlunsplit

from vodkit.core.errors import (
    Cancelled,
    ProtocolError,
    SourceChanged,
    SourceNotFound,
    SourceUnreadable,
    TransferError,
)
from vodkit.core.source import Identity, Reader
from vodkit.engine.fetch import Facts, Fetcher, fill
from vodkit.transport import Cancel, Download, Transport, TransportSettings

from .urls import shown

_TRIES = 4


class WebSource:
    """A file on a web server. Ranges are used where the server has them; else it is read once.

    Args:
        url: May hold a user and password; they are sent as Basic authentication and shown nowhere.
        name: File name for the provider.
        settings: How requests travel.
        cancel: Stops requests that wait.

    Raises:
        SourceNotFound, SourceUnreadable: the server does not give the file.
        TransferError: it cannot be reached.
    """

    def __init__(
        self,
        url: str,
        name: str,
        settings: TransportSettings | None = None,
        cancel: Cancel | None = None,
    ) -> None:
        self.name = name
        self.shown = shown(url)
        self.url, self._headers = _split_user(url)
        self._settings = settings or TransportSettings()
        self._cancel = cancel or Cancel()
        self._opened = False
        self._facts = self._look()
        self.size = self._facts.size
        self.once = not self._facts.ranges
        parts = urlsplit(url)
        # A query often is a signature: the ledger gets its hash, which finds the upload again as well.
        query = f"?{hashlib.sha256(parts.query.encode()).hexdigest()[:16]}" if parts.query else ""
        self.location: str | None = self.shown + query if self._facts.ranges else None

    def identity(self) -> Identity | None:
        """Size, and what ETag and Last-Modified say; ``None`` where the server tells neither."""
        facts = self._look() if self._opened else self._facts
        if facts.size is None or not facts.version:
            return None
        return Identity(facts.size, facts.modified_ns, 0, facts.version)

    def open(self) -> Reader:
        """A reader that asks for ranges, or one that reads once.

        Raises:
            SourceUnreadable: it can be read only once, and was.
        """
        again, self._opened = self._opened, True
        if self._facts.ranges:
            return RangeReader(self, self._facts)
        if again:
            raise SourceUnreadable(
                f"{self.shown} can be read only once: its server has no ranges", advice="Upload it again"
            )
        return OnceReader(self, self._facts)

    def request(self, transport: Transport, headers: dict[str, str], stack: ExitStack) -> Download:
        """Send a GET; the answer lives until ``stack`` is closed.

        Raises:
            SourceNotFound, SourceUnreadable: the server says no for good.
            TransferError: it may say yes later.
        """
        try:
            return Fetcher(transport, self._cancel, self._judge).get(
                self.url, {**self._headers, **headers}, stack
            )
        except ProtocolError as error:
            raise SourceUnreadable(f"{self.shown} cannot be read: {error.message}") from error

    def transport(self) -> Transport:
        """A transport of the reader's own."""
        return Transport(self._settings)

    def _look(self) -> Facts:
        """Ask for the first byte: unlike HEAD, that works for addresses signed for GET."""
        with self.transport() as transport, ExitStack() as stack:
            answer = self.request(transport, {"Range": "bytes=0-0"}, stack)
            return Facts.of(answer)

    def _judge(self, answer: Download) -> None:
        status = answer.status
        if status == 416:
            return
        if status in (404, 410):
            raise SourceNotFound(f"there is nothing at {self.shown}", status=status)
        if status in (408, 425, 429) or status >= 500:
            raise TransferError(f"{self.shown} cannot be had now", status=status)
        raise SourceUnreadable(f"the server refuses {self.shown}", status=status)


class OnceReader:
    """Reads one answer from front to back."""

    seekable = False

    def __init__(self, source: WebSource, facts: Facts) -> None:
        self._source = source
        self._size = facts.size
        self._stack = ExitStack()
        self._answer: Download | None = None

    def read_at(self, offset: int, into: memoryview) -> int:
        """Read on; see :class:`vodkit.core.source.Reader`."""
        try:
            if self._answer is None:
                transport = self._stack.enter_context(self._source.transport())
                self._answer = self._source.request(transport, {}, self._stack)
            done = count = fill(self._answer, into)
            while count and done < len(into):
                count = fill(self._answer, into[done:])
                done += count
        except Cancelled:
            raise
        except TransferError as error:
            raise _broke(self._source, error) from error
        if done < len(into) and self._size is not None and offset + done < self._size:
            raise SourceChanged(f"{self._source.shown} ended before the length it had announced")
        return done

    def close(self) -> None:
        """Drop the connection."""
        self._stack.close()


class RangeReader:
    """Reads ranges; a thread that reads on continues the answer that it left off in."""

    seekable = True

    def __init__(self, source: WebSource, facts: Facts) -> None:
        self._source = source
        self._facts = facts
        self._transport = source.transport()
        self._lock = threading.Lock()
        self._idle: dict[int, tuple[Download, ExitStack]] = {}

    def read_at(self, offset: int, into: memoryview) -> int:
        """Read from ``offset``; see :class:`vodkit.core.source.Reader`."""
        assert self._facts.size is not None
        into = into[: max(self._facts.size - offset, 0)]
        done = failures = 0
        while done < len(into):
            try:
                done += self._read(offset + done, into[done:])
                failures = 0
            except Cancelled:
                raise
            except TransferError as error:
                failures += 1
                if failures == _TRIES or not error.retryable:
                    raise _broke(self._source, error) from error
        return done

    def close(self) -> None:
        """Drop the connections."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for _, stack in idle.values():
            stack.close()
        self._transport.close()

    def _read(self, offset: int, into: memoryview) -> int:
        with self._lock:
            answer, stack = self._idle.pop(offset, None) or (None, ExitStack())
        with stack:
            if answer is None:
                answer = self._ask(offset, stack)
            done = fill(answer, into)
            if not done:
                raise TransferError("the answer was too short")
            if done == len(into) and offset + done < (self._facts.size or 0):
                self._keep(offset + done, answer, stack.pop_all())
        return done

    def _ask(self, offset: int, stack: ExitStack) -> Download:
        headers = {"Range": f"bytes={offset}-"}
        if self._facts.validator:
            headers["If-Range"] = self._facts.validator
        answer = self._source.request(self._transport, headers, stack)
        facts = Facts.of(answer)
        if answer.status != 206 or facts.size != self._facts.size or facts.version != self._facts.version:
            raise SourceChanged(f"{self._source.shown} changed while it was being read")
        return answer

    def _keep(self, offset: int, answer: Download, stack: ExitStack) -> None:
        """Keep an answer for whoever reads on; the oldest goes when there are too many."""
        with self._lock:
            dropped = [self._idle.pop(offset, None)]
            if len(self._idle) >= 16:
                dropped.append(self._idle.pop(next(iter(self._idle))))
            self._idle[offset] = (answer, stack)
        for entry in dropped:
            if entry is not None:
                entry[1].close()


def _split_user(url: str) -> tuple[str, dict[str, str]]:
    """The URL without user and fragment, and the header that says the user."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not host:
        raise SourceNotFound(f"the address {shown(url)!r} names no host")
    headers = {}
    if at:
        headers["Authorization"] = "Basic " + base64.b64encode(unquote(user).encode()).decode()
    return urlunsplit(parts._replace(netloc=host, fragment="")), headers


def _broke(source: WebSource, error: TransferError) -> Exception:
    return SourceUnreadable(f"reading {source.shown} failed: {error.message}", status=error.status)
