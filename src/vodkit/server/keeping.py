"""Receiving bytes and keeping them under names: a part of the contract (:mod:`vodkit.server.contract`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from .nouns import Blob, StoredObject, StoredPart, Upload

T = TypeVar("T")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Incoming(Protocol):
    """A request body that has not been read yet."""

    length: int | None
    """``Content-Length``, or ``None`` when chunked."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes as they come. Raises ``Truncated`` when the client goes away or sends too few."""
        ...

    async def read(self, limit: int) -> bytes:
        """All of it. Raises ``TooLarge`` above ``limit`` bytes, before reading more."""
        ...


class Uploads(Protocol):
    """Uploads without a dialect: create, receive parts, complete, abort, expire."""

    def create(
        self,
        conn: Connection,
        *,
        account: str,
        provider: str,
        space: str,
        key: str,
        content_type: str = "",
        attrs: Mapping[str, Any] | None = None,
        lifetime: float | None = None,
    ) -> Upload:
        """A new open upload. ``lifetime`` in seconds; default from the settings."""
        ...

    def get(self, conn: Connection, id: str) -> Upload | None:
        """One upload; an expired one counts as absent."""
        ...

    def find(
        self,
        conn: Connection,
        provider: str,
        space: str,
        prefix: str = "",
        *,
        after: tuple[str, str] = ("", ""),
        limit: int = 1000,
    ) -> list[Upload]:
        """Open uploads of a space, by key, then by start; after ``(key, upload id)``, exclusive."""
        ...

    def parts(
        self, conn: Connection, id: str, *, after: int = -1, limit: int | None = None
    ) -> list[StoredPart]:
        """Parts with a number above ``after``, in order."""
        ...

    def touch(
        self,
        conn: Connection,
        id: str,
        *,
        attrs: Mapping[str, Any] | None = None,
        expires: float | None = None,
    ) -> None:
        """Replace the room's facts or the expiry of an open upload."""
        ...

    async def receive(
        self,
        upload: Upload,
        number: int,
        body: Incoming,
        *,
        offset: int | None = None,
        digests: Iterable[str] = (),
        expect: Mapping[str, str] | None = None,
        limit: int | None = None,
        then: Callable[[Connection, StoredPart], T] | None = None,
    ) -> T | StoredPart:
        """Store one part. Returns after its bytes are on disk and its row is committed; all or nothing.

        A part sent again replaces the earlier one, whose bytes are let go afterwards.

        Args:
            upload: An open upload.
            number: Orders the part among the others.
            body: Its bytes.
            offset: Where in the whole the part belongs, when the wire says so; else it is worked out from
                the number and the first part's length.
            digests: What to compute: ``md5``, ``sha1``, ``crc32``, ``crc64``.
            expect: Digests that must come out (hex by name).
            limit: Most bytes to take.
            then: Runs in the same commit as the part's row; its result is returned in place of the part.

        Raises:
            Truncated, TooLarge, DigestMismatch, StorageFull, QuotaExceeded, UploadGone: nothing was kept.
        """
        ...

    def complete(self, conn: Connection, id: str, numbers: Sequence[int] | None = None) -> Blob:
        """Make a blob of the parts (all of them, or these, in this order). Moves rows, never bytes.

        The blob's ``crc64`` is combined from the parts' where all have one, and its ``md5`` is that of
        ``whole_md5`` if no part has come since. Parts left out are let go.
        """
        ...

    async def follow_md5(self, upload: Upload) -> None:
        """From now on hash the whole while its parts arrive, as far as there is no gap; once is enough."""
        ...

    async def whole_md5(self, upload: Upload, numbers: Sequence[int] | None = None) -> str:
        """Hex MD5 of what ``complete`` would make now. Reads again only what could not be hashed ahead.

        Raises:
            UploadGone, PartMissing, PartsInvalid: see ``complete``.
        """
        ...

    def abort(self, conn: Connection, id: str) -> None:
        """Drop an upload; its bytes go after the commit."""
        ...


class Objects(Protocol):
    """Names in spaces."""

    def put(
        self,
        conn: Connection,
        *,
        account: str,
        provider: str,
        space: str,
        key: str,
        blob: Blob,
        content_type: str,
        etag: str,
        attrs: Mapping[str, Any] | None = None,
    ) -> StoredObject:
        """Point a name at a blob; what it pointed at before is let go."""
        ...

    def get(self, conn: Connection, provider: str, space: str, key: str) -> StoredObject | None:
        """What a name holds."""
        ...

    def list(
        self,
        conn: Connection,
        provider: str,
        space: str,
        prefix: str = "",
        *,
        after: str = "",
        limit: int = 1000,
    ) -> list[StoredObject]:
        """Names by byte order of the key, after ``after``, exclusive."""
        ...

    def delete(self, conn: Connection, provider: str, space: str, key: str) -> bool:
        """Forget a name; whether there was one. Its blob goes when nothing points at it."""
        ...

    def stream(self, blob: Blob, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes, in pieces of at most 1 MiB."""
        ...

    async def respond(
        self,
        scope: Scope,
        send: Send,
        found: StoredObject,
        headers: Mapping[str, str] | None = None,
        *,
        content_range_on_416: bool = True,
    ) -> None:
        """Answer GET or HEAD with the object: ranges, conditionals, ETag, content type."""
        ...
