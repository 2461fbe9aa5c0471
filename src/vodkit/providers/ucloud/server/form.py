"""Form uploads, read as they come (ucloud.md §4, PostFile).

The official Python client never sends the closing delimiter, so the end of the request ends the file too.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from vodkit.server.contract import Incoming

from ..errors import BAD_REQUEST
from .answer import Refused

MAX_FIELD = 64 << 10
MAX_FIELDS = 64
MAX_HEAD = 16 << 10

_BOUNDARY = re.compile(r'multipart/form-data\s*;.*?boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.I)
_NAME = re.compile(r'[;\s]name="([^"]*)"', re.I)
_TYPE = re.compile(r"^content-type\s*:\s*(.*?)\s*$", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Part:
    """The head of one part: its field's name, its MIME type or ``""``, and whether it is a file."""

    name: str
    content_type: str
    file: bool


def boundary_of(content_type: str) -> bytes | None:
    """The delimiter of a form's parts; ``None`` for what is no form."""
    found = _BOUNDARY.match(content_type)
    return (found[1] or found[2]).encode("latin-1") if found else None


class Form:
    """A form that is being read: its fields first, then the file.

    Args:
        body: The request's.
        boundary: From :func:`boundary_of`.
    """

    def __init__(self, body: Incoming, boundary: bytes) -> None:
        self._pieces = aiter(body)
        self._end = b"\r\n--" + boundary
        # The first delimiter may stand at the very beginning.
        self._buffer = b"\r\n"
        self._over = False
        self.fields: dict[str, str] = {}
        self.file: Part | None = None

    async def read_fields(self) -> Part:
        """Read up to the file's first byte.

        Raises:
            Refused: there is no file, or the fields are too many or too long.
        """
        await self._skip_preamble()
        for _ in range(MAX_FIELDS):
            part = await self._head()
            if part is None:
                break
            if part.file:
                self.file = part
                return part
            self.fields[part.name] = (await self._field()).decode("utf-8", "replace")
        raise Refused(400, BAD_REQUEST, "the form has no file")

    async def content(self) -> AsyncIterator[bytes]:
        """The file's bytes, to the delimiter or to the end of the request."""
        keep = len(self._end) + 2
        while True:
            at = self._buffer.find(self._end)
            if at >= 0:
                if at:
                    yield self._buffer[:at]
                self._buffer = b""
                await self._drain()
                return
            if len(self._buffer) > keep:
                yield self._buffer[:-keep]
                self._buffer = self._buffer[-keep:]
            if not await self._more():
                if self._buffer:
                    yield self._buffer
                return

    async def _skip_preamble(self) -> None:
        while (at := self._buffer.find(self._end)) < 0:
            if len(self._buffer) > MAX_HEAD or not await self._more():
                raise Refused(400, BAD_REQUEST, "the form does not begin with its boundary")
        self._buffer = self._buffer[at + len(self._end) :]

    async def _head(self) -> Part | None:
        """The head of the next part, after a delimiter; ``None`` after the closing one."""
        while len(self._buffer) < 2 and await self._more():
            pass
        if not self._buffer.startswith(b"\r\n"):
            return None
        self._buffer = self._buffer[2:]
        if self._buffer.startswith(b"\r\n"):
            raise Refused(400, BAD_REQUEST, "a part of the form has no name")
        while (at := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > MAX_HEAD or not await self._more():
                return None
        head = self._buffer[:at].decode("utf-8", "replace")
        self._buffer = self._buffer[at + 4 :]
        # The delimiter's own line break may follow at once, where the part is empty.
        self._buffer = b"\r\n" + self._buffer if self._buffer.startswith(self._end[2:]) else self._buffer
        name, kind = _NAME.search(head), _TYPE.search(head)
        if name is None:
            raise Refused(400, BAD_REQUEST, "a part of the form has no name")
        is_file = name[1] == "file" or re.search(r"[;\s]filename\*?=", head, re.I) is not None
        return Part(name[1], kind[1] if kind else "", is_file)

    async def _field(self) -> bytes:
        while (at := self._buffer.find(self._end)) < 0:
            if len(self._buffer) > MAX_FIELD:
                raise Refused(400, BAD_REQUEST, "a field of the form is too long")
            if not await self._more():
                value, self._buffer = self._buffer, b""
                return value
        value = self._buffer[:at]
        self._buffer = self._buffer[at + len(self._end) :]
        return value

    async def _more(self) -> bool:
        """Read on; whether there was anything."""
        if self._over:
            return False
        try:
            self._buffer += await anext(self._pieces)
        except StopAsyncIteration:
            self._over = True
        return not self._over

    async def _drain(self) -> None:
        while await self._more():
            self._buffer = b""
