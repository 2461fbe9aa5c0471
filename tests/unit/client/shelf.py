"""A server with one file on it, and switches for what goes wrong."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Mapping

from tests.loopback import Handler, Server


class Shelf(Server):
    """Serves ``content`` at every path.

    Attributes:
        content: The file.
        etag: Its version; ``""`` for none.
        digests: Headers to tell them in; :class:`Store` reads ``digest-<name>``.
        has_ranges: Whether ``Range`` is heeded.
        heeds_if_range: Whether ``If-Range`` is.
        tells_size: Whether an answer without range has a length.
        forgets_ranges: Answer everything to a range other than the first byte.
        fault: Called with the first byte of each answer, under a lock: ``None``, a status to answer with, or
            minus the number of last bytes in place of which to hang up.
        asked: First and last byte of each range that was asked for, as text.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(_Serving)
        self.content = content
        self.etag = '"one"'
        self.digests: dict[str, str] = {}
        self.has_ranges = self.heeds_if_range = self.tells_size = True
        self.forgets_ranges = False
        self.fault: Callable[[int], int | None] = lambda first: None
        self.asked: list[str] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"{self.base}/file"

    def tell(self, *names: str) -> None:
        """Tell the true digests of these names."""
        for name in names:
            self.digests[f"digest-{name}"] = hashlib.new(name, self.content).hexdigest()


class Store:
    """The part of a media store that downloads need."""

    def __init__(self, url: str) -> None:
        self.url = url

    def download_request(self, id: str) -> tuple[str, Mapping[str, str]]:
        return self.url, {}

    def digests(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        return {
            name.removeprefix("digest-"): value
            for name, value in headers.items()
            if name.startswith("digest-")
        }


class _Serving(Handler):
    server: Shelf

    def do_GET(self) -> None:
        shelf = self.server
        with shelf.lock:
            content, etag = shelf.content, shelf.etag
            wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            stale = shelf.heeds_if_range and self.headers.get("If-Range", etag) != etag
            probe = wanted is not None and wanted[0] == "bytes=0-0" and "If-Range" not in self.headers
            if wanted and (stale or not shelf.has_ranges or (shelf.forgets_ranges and not probe)):
                wanted = None
            first, last = (int(wanted[1]), int(wanted[2])) if wanted else (0, len(content) - 1)
            if not probe:
                shelf.asked.append(f"{first}-{last}" if wanted else "all")
            fault = None if probe else shelf.fault(first)
        headers = {**({"ETag": etag} if etag else {}), **shelf.digests}
        if fault is not None and fault >= 0:
            self.answer(fault)
        elif wanted and first >= len(content):
            self.answer(416, headers={**headers, "Content-Range": f"bytes */{len(content)}"})
        elif wanted:
            last = min(last, len(content) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            self.answer(206, content[first : last + 1], headers, cut=fault)
        else:
            self.answer(200, content, headers, cut=fault, sized=shelf.tells_size)
