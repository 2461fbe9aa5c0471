"""GET requests whose answers are read piece by piece: redirects followed, ranges understood."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from vodkit.core.errors import ProtocolError, TransferError
from vodkit.transport import Cancel, Download, Transport

MAX_REDIRECTS = 8
SLICE = 64 * 1024
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)\Z")


@dataclass(frozen=True, slots=True)
class Facts:
    """What an answer to a ranged request says about the whole file.

    Attributes:
        size: Bytes of the whole, or ``None`` if the server does not say.
        ranges: Whether the server has ranges.
        validator: A strong ETag or a Last-Modified, for ``If-Range``; may be empty.
        version: Hash of everything that tells one content from another; may be empty.
        modified_ns: Last-Modified in nanoseconds since the epoch, or 0.
    """

    size: int | None
    ranges: bool
    validator: str
    version: str
    modified_ns: int

    @classmethod
    def of(cls, answer: Download) -> Facts:
        """Read them from an answer with status 200, 206 or 416."""
        headers = answer.headers
        size: int | None = None
        if answer.status == 206:
            match = _RANGE.match(headers.get("content-range", ""))
            size = int(match.group(3)) if match else None
        elif answer.status == 416:
            total = headers.get("content-range", "").rpartition("/")[2]
            size = int(total) if total.isdecimal() else None
        elif headers.get("content-length", "").isdecimal():
            size = int(headers["content-length"])
        etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
        version = hashlib.sha256(f"{etag}\n{modified}".encode()).hexdigest() if etag or modified else ""
        return cls(
            size=size,
            ranges=answer.status == 206 and size is not None,
            validator=etag if etag and not etag.startswith("W/") else modified,
            version=version,
            modified_ns=_nanoseconds(modified),
        )


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Sends GET requests.

    Attributes:
        transport: What they travel on.
        cancel: Stops them.
        judge: Raises what fits an answer that is neither 200, 206 nor a redirect.
    """

    transport: Transport
    cancel: Cancel
    judge: Callable[[Download], None]

    def get(self, url: str, headers: Mapping[str, str], stack: ExitStack) -> Download:
        """The answer; it lives until ``stack`` is closed. ``Authorization`` stays with its own host.

        Raises:
            TransferError: the exchange failed.
            ProtocolError: redirects that lead nowhere.
            VodError: what ``judge`` raises.
        """
        sent = {"Accept-Encoding": "identity", **headers}
        for _ in range(MAX_REDIRECTS):
            with ExitStack() as attempt:
                answer = attempt.enter_context(self.transport.stream("GET", url, sent, self.cancel))
                target = answer.headers.get("location")
                if answer.status not in (301, 302, 303, 307, 308) or not target:
                    if answer.status not in (200, 206):
                        self.judge(answer)
                    stack.push(attempt.pop_all())
                    return answer
            previous, url = url, urljoin(url, target)
            if urlsplit(url).scheme not in ("http", "https"):
                raise ProtocolError("a redirect leads to something that is not on the web")
            if urlsplit(previous)[:2] != urlsplit(url)[:2]:
                sent = {name: value for name, value in sent.items() if name.lower() != "authorization"}
        raise ProtocolError(f"more than {MAX_REDIRECTS} redirects")


def begins_at(answer: Download) -> int | None:
    """The first byte that an answer to a ranged request holds; ``None`` if it is not such an answer."""
    match = _RANGE.match(answer.headers.get("content-range", "")) if answer.status == 206 else None
    return int(match.group(1)) if match else None


def fill(answer: Download, into: memoryview) -> int:
    """Read until ``into`` is full or the answer ends; how many bytes.

    What came before a break is not lost: it is handed out, and the next call raises.

    Raises:
        TransferError: the answer broke off and nothing of it is left.
    """
    done = 0
    while done < len(into):
        try:
            count = answer.read_into(into[done : done + SLICE])
        except TransferError:
            if not done:
                raise
            break
        if not count:
            break
        done += count
    return done


def _nanoseconds(text: str) -> int:
    try:
        return int(parsedate_to_datetime(text).timestamp()) * 1_000_000_000 if text else 0
    except (TypeError, ValueError, OverflowError):
        return 0
