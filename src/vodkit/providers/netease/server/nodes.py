"""The upload nodes: blocks and resume queries (netease.md §6)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from vodkit.server import logs
from vodkit.server.contract import Blob, Head, Receive, Scope, Send, Service, StoredPart
from vodkit.server.dispatch import head_of
from vodkit.server.errors import (
    DigestMismatch,
    HangUp,
    QuotaExceeded,
    StorageFull,
    TooLarge,
    Truncated,
    UploadGone,
)
from vodkit.server.incoming import Body

from .. import wire
from ..errors import PROVIDER
from . import buckets, contexts
from .answer import NodeError, reply
from .contexts import DONE, OPEN, WHOLE, Context, Object
from .publish import publish

_HEX_MD5 = re.compile(r"[0-9a-fA-F]{32}")


class _Raced(Exception):
    """Another block was stored at this place while ours arrived."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A block that is allowed, before its bytes are read.

    Attributes:
        found: The object.
        request: Its query.
        length: Bytes.
        body: Its bytes.
        md5: Of the whole, if the last block says so, else ``""``.
        forgets_end: Whether the client is one that does not mark the end of some files.
    """

    found: Object
    request: wire.BlockRequest
    length: int
    body: Body
    md5: str
    forgets_end: bool

    @property
    def end(self) -> int:
        """Where the block ends in the whole."""
        return self.request.offset + self.length

    def begins_at(self, offset: int) -> bool:
        """Whether the block brings bytes from there on."""
        return self.length > 0 and self.request.offset == offset


class Nodes:
    """Answers what goes to upload nodes, whatever address a client reached them by."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._in_flight: Counter[tuple[str, str]] = Counter()
        self._log = logs.get("netease")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        head = head_of(scope)
        request_id = uuid.uuid4().hex
        # These clients take a 5xx with a JSON body for success and lose the block (netease.md §6.2).
        no_5xx = _is_python_sdk(head)
        try:
            document, status = await self._answer(head, Body(scope, receive), request_id), 200
        except NodeError as error:
            document, status = wire.node_failure(error.code, error.message, request_id), error.status
        except Truncated:
            return
        except asyncio.CancelledError:
            if no_5xx:
                raise HangUp("the service is stopping") from None
            raise
        except StorageFull:
            full = "the service has no room left; nothing of this block was stored"
            document, status = wire.node_failure("InternalError", full, request_id), 500
        except Exception:
            self._log.exception("block failed", request_id=request_id)
            document, status = wire.node_failure("InternalError", "the service failed", request_id), 500
        if status >= 500 and no_5xx:
            raise HangUp(f"a status of {status} would be taken for success")
        await reply(send, document, status)

    def busy(self, bucket: str, name: str) -> bool:
        """Whether a block of an object is on its way."""
        return self._in_flight[bucket, name] > 0

    async def _answer(self, head: Head, body: Body, request_id: str) -> bytes:
        place = wire.parse_object_path(head.path)
        if place is None:
            raise NodeError(400, "InvalidArgument", "the path is not /BUCKET/OBJECT")
        buckets.check(self._service, head.headers.get(wire.TOKEN_HEADER, ""), *place)
        found = await self._service.catalog.read(lambda conn: contexts.find_object(conn, *place))
        if found is None:
            raise NodeError(403, "AccessDenied", "the object was deleted, or its upload is over")
        if head.method == "GET" and wire.is_resume_query(head.query):
            return await self._resume(head, found, request_id)
        if head.method != "POST":
            raise NodeError(400, "InvalidArgument", "a node takes blocks by POST and resume queries by GET")
        with self._counted(found):
            return await self._block(_read(head, found, body), head, request_id)

    @contextmanager
    def _counted(self, found: Object) -> Iterator[None]:
        place = found.bucket, found.name
        self._in_flight[place] += 1
        try:
            yield
        finally:
            self._in_flight[place] -= 1
            if not self._in_flight[place]:
                del self._in_flight[place]

    # Resume queries.

    async def _resume(self, head: Head, found: Object, request_id: str) -> bytes:
        context = await self._context(found, wire.parse_resume_query(head.query))
        if context is None or context.state == DONE:
            raise NodeError(404, "ContextNotFound", "the context is unknown, or its upload has ended")
        return wire.resume_answer(context.stored, request_id)

    async def _context(self, found: Object, id: str) -> Context | None:
        """The context of an id; ``None`` for an unknown one.

        Raises:
            NodeError: it belongs to another object.
        """
        now = self._service.now()
        context = await self._service.catalog.read(lambda conn: contexts.find(conn, id, now)) if id else None
        if context is not None and (context.bucket, context.object) != (found.bucket, found.name):
            raise NodeError(400, "ContextMismatch", "the context belongs to another object")
        return context

    # Blocks.

    async def _block(self, block: _Block, head: Head, request_id: str) -> bytes:
        context = await self._context(block.found, block.request.context)
        if context is None:
            context = await self._open(block, head)
        elif context.state == DONE and context.late and block.begins_at(context.stored):
            context = await self._reopen(block, context)
        try:
            context = await self._store(block, context)
        except _Raced:
            # Our bytes were thrown away; what was stored instead decides.
            again = await self._context(block.found, context.id)
            if again is None:
                raise NodeError(404, "ContextNotFound", "the upload is over") from None
            context = await self._repeated(block, again)
        answer: Mapping[str, Any] | None = None
        if context.state == WHOLE:
            answer = await self._publish(context)
        elif context.state == DONE and block.request.complete:
            answer = context.answer
        return wire.block_answer(context.stored, context.id, answer, request_id)

    async def _open(self, block: _Block, head: Head) -> Context:
        """A new upload, for a first block; a context that was lost is no obstacle at the very beginning."""
        if block.request.offset:
            if block.request.context:
                raise NodeError(404, "ContextNotFound", "the context is unknown; begin at offset 0")
            raise NodeError(400, "InvalidArgument", "a block without a context begins at offset 0")
        kind = _content_type(head, block.found.name)
        service = self._service
        return await service.catalog.write(lambda conn: contexts.begin(conn, service, block.found, kind))

    async def _store(self, block: _Block, context: Context) -> Context:
        """Store a block where it belongs, all of it or nothing; the context as it is then.

        Raises:
            NodeError: it does not go on where the upload stands.
            _Raced: it did when it was sent.
        """
        offset = block.request.offset
        if context.state != OPEN or offset != context.stored:
            context = await self._repeated(block, context)
            async for _ in block.body:
                pass
            return context
        service = self._service

        def take(conn: Connection, size: int) -> Context:
            now = contexts.find(conn, context.id, service.now(), lock=True)
            if now is None or now.state != OPEN or now.stored != offset:
                raise _Raced
            return contexts.change(
                conn,
                now,
                stored=now.stored + size,
                blocks=now.blocks + (size > 0),
                full=now.full and block.forgets_end and size in (0, wire.BLOCK_SIZE),
                state=WHOLE if block.request.complete else OPEN,
                md5=block.md5,
            )

        if not block.length:
            return await service.catalog.write(lambda conn: take(conn, 0))

        def stored(conn: Connection, part: StoredPart) -> Context:
            return take(conn, part.size)

        upload = await service.catalog.read(lambda conn: service.uploads.get(conn, context.upload))
        if upload is None or upload.state != "open":
            raise NodeError(404, "ContextNotFound", "the upload is over")
        whole = {"md5": block.md5} if block.md5 and not offset else None
        try:
            taken = await service.uploads.receive(
                upload,
                context.blocks,
                block.body,
                offset=offset,
                digests=("crc64",),
                expect=whole,
                limit=wire.BLOCK_SIZE,
                then=stored,
            )
        except DigestMismatch:
            raise NodeError(400, "BadDigest", "the bytes are not those of Content-MD5") from None
        except UploadGone:
            raise _Raced from None
        except QuotaExceeded as full:
            raise NodeError(400, wire.OVER_QUOTA, str(full)) from None
        assert isinstance(taken, Context)
        return taken

    async def _repeated(self, block: _Block, context: Context) -> Context:
        """A block that was stored before changes nothing, but may end the upload.

        Raises:
            NodeError: it is none of those.
        """
        if block.request.offset > context.stored or block.end > context.stored:
            raise NodeError(400, "InvalidOffset", f"the next block begins at {context.stored}")
        ends = block.request.complete and block.end == context.stored
        if not (ends and context.state == OPEN):
            return context
        service = self._service

        def end(conn: Connection) -> Context:
            now = contexts.find(conn, context.id, service.now(), lock=True)
            if now is None:
                raise NodeError(404, "ContextNotFound", "the upload is over")
            if now.state != OPEN or now.stored != block.end:
                return now
            return contexts.change(conn, now, state=WHOLE, md5=block.md5)

        return await service.catalog.write(end)

    async def _publish(self, context: Context) -> Mapping[str, Any]:
        try:
            return await publish(self._service, context)
        except NodeError:
            raise
        except Exception:
            self._log.exception("publishing failed", context=context.id)
            raise NodeError(
                wire.STORED_NOT_PUBLISHED, "CallbackFailed", "the bytes are stored; the media is not made yet"
            ) from None

    async def _reopen(self, block: _Block, context: Context) -> Context:
        """Go on with an upload that was ended too early in its client's stead (netease.md §6.4)."""
        service, found = self._service, block.found

        def begin(conn: Connection) -> tuple[str, Blob] | None:
            stored = service.objects.get(conn, PROVIDER, found.bucket, found.name)
            if stored is None:
                return None
            return contexts.new_upload(conn, service, found, stored.content_type).id, stored.blob

        begun = await service.catalog.write(begin)
        if begun is None:
            raise NodeError(404, "ContextNotFound", "the object was deleted")
        id, blob = begun
        upload = await service.catalog.read(lambda conn: service.uploads.get(conn, id))
        assert upload is not None

        def copied(conn: Connection, part: StoredPart) -> Context:
            now = contexts.find(conn, context.id, service.now(), lock=True)
            if now is None or now.state != DONE or now.stored != part.size:
                raise _Raced
            return contexts.change(conn, now, upload=id, state=OPEN, blocks=1, answer={})

        try:
            taken = await service.uploads.receive(
                upload, 0, _Copy(service, blob), offset=0, digests=("crc64",), then=copied
            )
        except _Raced:
            raise NodeError(400, "InvalidOffset", "another block came first") from None
        assert isinstance(taken, Context)
        return taken


class _Copy:
    """Stored bytes as a request body."""

    def __init__(self, service: Service, blob: Blob) -> None:
        self.length: int | None = blob.size
        self._pieces = service.objects.stream(blob)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    async def read(self, limit: int) -> bytes:
        """All of it."""
        pieces = [piece async for piece in self._pieces]
        if sum(map(len, pieces)) > limit:
            raise TooLarge(f"more than {limit} bytes")
        return b"".join(pieces)


def _read(head: Head, found: Object, body: Body) -> _Block:
    """Check a block before its bytes are read.

    Raises:
        NodeError: 400.
    """
    try:
        request = wire.parse_block_query(head.query)
    except ValueError as problem:
        raise NodeError(400, "InvalidArgument", str(problem)) from None
    if body.length is None:
        raise NodeError(400, "InvalidArgument", "Content-Length is missing")
    if body.length > wire.BLOCK_SIZE:
        raise NodeError(400, "EntityTooLarge", f"a block holds at most {wire.BLOCK_SIZE} bytes")
    md5 = _content_md5(head.headers.get("content-md5", "")) if request.complete else ""
    return _Block(found, request, body.length, body, md5, _is_python_sdk(head))


def _content_md5(text: str) -> str:
    """A Content-MD5 header as lower-case hex; clients send hex, the HTTP standard is base64."""
    if not text:
        return ""
    if _HEX_MD5.fullmatch(text):
        return text.lower()
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 16:
        raise NodeError(400, "InvalidArgument", "Content-MD5 is no MD5")
    return raw.hex()


def _content_type(head: Head, name: str) -> str:
    """The object's type: as told, unless that is what some SDKs say about every request (netease.md §6.1)."""
    told = head.headers.get("content-type", "").strip()
    if told and told.partition(";")[0].strip().lower() != "application/json":
        return told
    return wire.content_type(name)


def _is_python_sdk(head: Head) -> bool:
    """Whether a request comes from the vendor's Python SDK, or from what looks like it (netease.md §11.6)."""
    return head.headers.get("user-agent", "").startswith("python-requests/")
