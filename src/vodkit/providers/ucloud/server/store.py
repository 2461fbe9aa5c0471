"""How an object comes to be, and goes: bytes in blocks, one commit with its media."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from vodkit.server.content_types import content_type as type_of_name
from vodkit.server.contract import Blob, Service, StoredObject, StoredPart, Upload
from vodkit.server.errors import DigestMismatch, TooLarge, UploadGone

from .. import wire
from ..errors import BAD_REQUEST, BAD_SIGNATURE, PROVIDER
from . import media
from .admit import Caller
from .answer import Refused
from .policy import STYLE
from .request import Request

DIGESTS = ("sha1", "crc64")
"""What is computed of every part: the SHA-1 for ETags, the CRC-64 for play URLs."""

SINGLE = "single"
"""Marks, in an upload's facts, one that a simple request makes for itself; it is listed nowhere."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept with an object beside its bytes.

    Attributes:
        content_type: MIME type.
        storage_class: One of :data:`wire.STORAGE_CLASSES`.
        meta: User metadata, lower-case names with their prefix.
    """

    content_type: str
    storage_class: str = "STANDARD"
    meta: Mapping[str, str] | None = None

    def attrs(self) -> dict[str, Any]:
        """For the object's row."""
        return {"class": self.storage_class, "meta": dict(self.meta or {})}


@dataclass(frozen=True, slots=True)
class Kept:
    """An object that was made.

    Attributes:
        stored: The object.
        callback: The first try of its upload policy's callback, still to be made; ``None`` without one.
    """

    stored: StoredObject
    callback: Any = None


def facts_of(request: Request, content_type: str | None = None) -> Facts:
    """What the request's headers say.

    Raises:
        Refused: it cannot be kept.
    """
    kind = check_type(request.headers.get("content-type", "") if content_type is None else content_type)
    storage_class = request.headers.get(wire.STORAGE_CLASS, "STANDARD").upper()
    if storage_class not in wire.STORAGE_CLASSES:
        raise Refused(400, BAD_REQUEST, f"there is no storage class {storage_class}")
    return Facts(kind, storage_class, metadata_of(request))


def metadata_of(request: Request) -> dict[str, str]:
    """User metadata of the request's headers.

    Raises:
        Refused: there is too much of it, or it cannot be sent back.
    """
    meta = {name: value for name, value in request.headers.items() if name.startswith(wire.META)}
    if sum(len(name) + len(value) for name, value in meta.items()) > wire.MAX_META:
        raise Refused(400, BAD_REQUEST, f"there are more than {wire.MAX_META} bytes of metadata")
    if not all(value.isascii() and value.isprintable() for value in meta.values()):
        raise Refused(400, BAD_REQUEST, "metadata must be printable ASCII")
    return meta


def check_type(content_type: str) -> str:
    """A MIME type that can be sent back.

    Raises:
        Refused: it cannot.
    """
    if not (content_type.isascii() and content_type.isprintable()):
        raise Refused(400, BAD_REQUEST, "a MIME type is printable ASCII")
    return content_type


def check_key(key: str) -> str:
    """A key that may be stored.

    Raises:
        Refused: it is empty or too long.
    """
    if not key or len(key.encode()) > wire.MAX_KEY:
        raise Refused(400, BAD_REQUEST, f"a key has 1 to {wire.MAX_KEY} bytes")
    return key


def check_replacing(caller: Caller, found: StoredObject | None) -> None:
    """Refuse a token that may not replace what is there.

    Raises:
        Refused: it would.
    """
    if found is not None and caller.token is not None and caller.token.keeps:
        raise Refused(403, BAD_SIGNATURE, "the token does not allow replacing an object")


class _Blocks:
    """A body cut into blocks of 4 MiB, each an :class:`~vodkit.server.contract.Incoming` of its own.

    Args:
        body: The whole.
        digest: Fed with all of it, or ``None``.
    """

    length: int | None = None

    def __init__(self, body: AsyncIterator[bytes], digest: Any) -> None:
        self._body, self._digest = body, digest
        self._ahead = b""
        self.size = 0
        self.over = False

    async def look(self) -> bool:
        """Whether another byte is coming."""
        while not self._ahead and not self.over:
            try:
                self._ahead = await anext(self._body)
            except StopAsyncIteration:
                self.over = True
        return bool(self._ahead)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        room = wire.BLOCK
        while room and await self.look():
            piece, self._ahead = self._ahead[:room], self._ahead[room:]
            room -= len(piece)
            self.size += len(piece)
            if self.size > wire.MAX_PUT:
                raise TooLarge(f"more than {wire.MAX_PUT} bytes")
            if self._digest is not None:
                self._digest.update(piece)
            yield piece

    async def read(self, limit: int) -> bytes:
        """Not for blocks, which are streamed."""
        raise NotImplementedError


async def put_stream(
    service: Service,
    caller: Caller,
    key: str,
    body: AsyncIterator[bytes],
    facts: Facts,
    *,
    md5: str = "",
    length: int | None = None,
) -> Kept:
    """Store an object whose bytes come in one request.

    Every block is a part of an upload of its own, so that its SHA-1 is known without reading it again.

    Args:
        md5: Hex digest that the bytes must have, or ``""``.
        length: How many bytes will come, where that is known.

    Raises:
        DigestMismatch: the bytes do not have this MD5.
        QuotaExceeded: the account may not store that much; nothing was read.
        Truncated, TooLarge, StorageFull: nothing was kept.
    """
    check_key(key)

    def begin(conn: Connection) -> Upload:
        service.quota.check(conn, caller.account.id, length or 0)
        return service.uploads.create(
            conn,
            account=caller.account.id,
            provider=PROVIDER,
            space=caller.space.name,
            key=key,
            content_type=facts.content_type,
            attrs={SINGLE: True},
        )

    upload = await service.catalog.write(begin)
    digest = hashlib.md5(usedforsecurity=False) if md5 else None
    blocks = _Blocks(body, digest)
    digests: list[str] = []
    try:
        while not digests or await blocks.look():
            number = len(digests)
            part = await service.uploads.receive(
                upload, number, blocks, offset=number * wire.BLOCK, digests=DIGESTS
            )
            assert isinstance(part, StoredPart)
            digests.append(part.digests["sha1"])
        if digest is not None and digest.hexdigest() != md5:
            raise DigestMismatch("md5", md5, digest.hexdigest())
        return await service.catalog.write(
            lambda conn: _completed(conn, service, caller, upload, facts, blocks.size, digests)
        )
    except BaseException:
        with suppress(UploadGone):
            await service.catalog.write(lambda conn: service.uploads.abort(conn, upload.id))
        raise


def _completed(
    conn: Connection,
    service: Service,
    caller: Caller,
    upload: Upload,
    facts: Facts,
    size: int,
    digests: list[str],
) -> Kept:
    check_replacing(caller, service.objects.get(conn, PROVIDER, upload.space, upload.key))
    blob = service.uploads.complete(conn, upload.id)
    etag = wire.whole_etag(size, digests)
    return keep(conn, service, caller, upload.key, blob, etag, facts)


def keep(
    conn: Connection,
    service: Service,
    caller: Caller,
    key: str,
    blob: Blob,
    etag: str,
    facts: Facts,
) -> Kept:
    """Point a key at bytes and publish its media, in one commit; what is made of other bytes ends."""
    media.lock(conn, service, caller.space.name, key)
    before = service.objects.get(conn, PROVIDER, caller.space.name, key)
    same = before is not None and before.blob.id == blob.id
    kind = facts.content_type or type_of_name(key)
    stored = service.objects.put(
        conn,
        account=caller.space.account,
        provider=PROVIDER,
        space=caller.space.name,
        key=key,
        blob=blob,
        content_type=kind,
        etag=etag,
        attrs=facts.attrs(),
    )
    record = (media.refresh if same else media.publish)(conn, service, stored)
    policy = caller.policy
    if policy is None:
        if not same:
            media.tell_uploaded(conn, service, record, stored)
        return Kept(stored)
    event = media.tell_uploaded(conn, service, record, stored, [policy.address])
    return Kept(stored, service.deliveries.take(conn, event, STYLE))


def duplicate(
    conn: Connection,
    service: Service,
    caller: Caller,
    key: str,
    source: StoredObject,
    facts: Facts,
) -> Kept:
    """Point a key at what another object holds.

    Raises:
        Refused: the caller may not replace what is there.
        QuotaExceeded: the account may not store that much.
    """
    before = service.objects.get(conn, PROVIDER, caller.space.name, key)
    check_replacing(caller, before)
    if before is None or before.blob.id != source.blob.id:
        service.quota.check(conn, caller.space.account, source.blob.size)
    return keep(conn, service, caller, key, source.blob, source.etag, facts)


def forget(conn: Connection, service: Service, stored: StoredObject) -> None:
    """Remove an object and its media."""
    media.remove(conn, service, stored)
    service.objects.delete(conn, PROVIDER, stored.space, stored.key)


def move(conn: Connection, service: Service, stored: StoredObject, key: str) -> StoredObject:
    """Give an object, and its media with all that was made of it, another key; what had that one is gone."""
    for name in sorted((stored.key, key)):
        media.lock(conn, service, stored.space, name)
    taken = service.objects.get(conn, PROVIDER, stored.space, key)
    if taken is not None:
        forget(conn, service, taken)
    moved = _put(conn, service, replace(stored, key=key))
    service.objects.delete(conn, PROVIDER, stored.space, stored.key)
    media.refresh(conn, service, moved, of=stored.key)
    return moved


def rewrite(conn: Connection, service: Service, stored: StoredObject, **changes: Any) -> StoredObject:
    """The same bytes under the same key, with another type or other facts."""
    media.lock(conn, service, stored.space, stored.key)
    fresh = _put(conn, service, replace(stored, **changes))
    media.refresh(conn, service, fresh)
    return fresh


def _put(conn: Connection, service: Service, stored: StoredObject) -> StoredObject:
    return service.objects.put(
        conn,
        account=stored.account,
        provider=PROVIDER,
        space=stored.space,
        key=stored.key,
        blob=stored.blob,
        content_type=stored.content_type,
        etag=stored.etag,
        attrs=stored.attrs,
    )
