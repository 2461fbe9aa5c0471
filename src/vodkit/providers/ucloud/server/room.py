"""The room: which requests are UCloud's, and who answers them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import ClassVar

from sqlalchemy import MetaData

from vodkit.server import errors as service_errors
from vodkit.server import logs
from vodkit.server.contract import Head, MediaRecord, Receive, Scope, Send, Service, StoredObject
from vodkit.server.dispatch import head_of
from vodkit.server.incoming import Body

from .. import sign, wire
from ..errors import BAD_REQUEST, OBJECT_MISSING
from . import lists, manage, multipart, objects, spaces
from .answer import Answer, Refused, Reply, fault
from .policy import STYLE, PolicyStyle
from .request import Request, is_uvideo, parse
from .tables import METADATA

Operation = Callable[["Room", Request, Body], Awaitable[Reply]]

_FLAGS: Mapping[tuple[str, str], Operation] = {
    ("POST", "uploads"): multipart.initiate,
    ("PUT", "uploadId"): multipart.upload_part,
    ("POST", "uploadId"): multipart.finish,
    ("DELETE", "uploadId"): multipart.abort,
    ("GET", "muploadid"): multipart.list_uploads,
    ("GET", "muploadpart"): multipart.list_parts,
    ("GET", "listobjects"): lists.by_delimiter,
    ("GET", "list"): lists.by_prefix,
    ("POST", "opmeta"): objects.set_meta,
    ("PUT", "restore"): objects.restore,
    ("PUT", "storageClass"): objects.set_class,
    ("PUT", "newFileName"): objects.rename,
}
"""Operations by method and by the query parameter that selects them, the first that fits."""

_PLAIN: Mapping[str, Operation] = {
    "GET": objects.read,
    "HEAD": objects.read,
    "PUT": objects.put,
    "DELETE": objects.delete,
}

_ON_BUCKET = frozenset({"muploadid", "muploadpart", "listobjects", "list"})
_BEYOND = frozenset({"append", "tagging", "acl"})
"""Selected in some SDKs, and not served here."""

_UVIDEO: Mapping[tuple[str, str], Operation] = {
    ("POST", wire.INIT): multipart.initiate,
    ("PUT", wire.PARTS): multipart.upload_part,
    ("POST", wire.FINISH): multipart.finish,
    ("DELETE", wire.DELETE): objects.delete,
    ("DELETE", ""): objects.delete,
}
"""Operations on the UVideo variant's hosts; a deletion below its parts depends on the query."""

_REFUSALS: dict[type, tuple[int, int, str]] = {
    service_errors.Truncated: (400, BAD_REQUEST, "the body ended before its announced length"),
    service_errors.TooLarge: (413, BAD_REQUEST, "the body is larger than is taken here"),
    service_errors.DigestMismatch: (400, BAD_REQUEST, "the body does not have the MD5 of Content-MD5"),
    service_errors.StorageFull: (507, BAD_REQUEST, "the storage is full; nothing was stored"),
    service_errors.UploadGone: (404, OBJECT_MISSING, "upload id not exist"),
    service_errors.PartsInvalid: (400, BAD_REQUEST, "invalid etag count"),
    service_errors.BadName: (400, BAD_REQUEST, "the key cannot be stored"),
    service_errors.BlobGone: (404, OBJECT_MISSING, "file not exist"),
}
_FAILED = (500, BAD_REQUEST, "the service failed on this request")


class Room:
    """The server side of UCloud. Implements :class:`vodkit.server.contract.Room`.

    Attributes:
        callbacks: How upload policies' callbacks go out.
        service: What everything durable goes through.
    """

    TABLES: ClassVar[MetaData] = METADATA
    MIGRATIONS: ClassVar[str] = str(Path(__file__).parent / "migrations")

    callbacks: ClassVar[Mapping[str, PolicyStyle]] = {STYLE: PolicyStyle()}

    def __init__(self, service: Service) -> None:
        self.service = service
        self._log = logs.get("ucloud")

    def claims(self, head: Head) -> bool:
        """Whether a request is for the file API or for the management API."""
        return (
            bool(wire.bucket_of(head.host))
            or is_uvideo(head)
            or manage.claims(head)
            or head.headers.get("authorization", "").startswith(tuple(f"{word} " for word in sign.SCHEMES))
            or any(pair.partition("=")[0] in sign.KEY_PARAMETERS for pair in head.query.split("&"))
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        head, body = head_of(scope), Body(scope, receive)
        try:
            reply: Reply = await self._answer(scope, head, body)
        except Refused as refused:
            reply = fault(refused)
        except Exception as problem:
            reply = fault(self._refused(problem))
        await reply.send(scope, send)

    def _refused(self, problem: Exception) -> Refused:
        """What is answered to a request that failed."""
        if isinstance(problem, service_errors.QuotaExceeded):
            return Refused(507, BAD_REQUEST, str(problem))
        kind = next((kind for kind in type(problem).__mro__ if kind in _REFUSALS), None)
        if kind is None:
            self._log.exception("request failed")
        return Refused(*(_REFUSALS[kind] if kind else _FAILED))

    async def _answer(self, scope: Scope, head: Head, body: Body) -> Reply:
        if manage.claims(head):
            return await manage.answer(self, head, body)
        if head.method == "OPTIONS":
            return _preflight(head)
        request = parse(scope, head)
        operation = operation_of(request)
        if operation is None:
            raise Refused(405, BAD_REQUEST, "this operation is not served here")
        return await operation(self, request, body)

    async def check_play(self, head: Head, found: StoredObject, media: MediaRecord | None) -> float | None:
        """Objects of private spaces, and what is made of them, play by signed links only."""
        name = media.space if media else found.space
        space = await self.service.catalog.read(lambda conn: spaces.get(conn, name))
        return None if space is not None and space.public else 0.0

    async def sweep(self, now: float) -> None:
        """Nothing is this room's alone: uploads expire with the service's."""


def operation_of(request: Request) -> Operation | None:
    """What a request asks for; ``None`` for what is not served."""
    if request.uvideo or request.host in wire.UPLOAD_HOSTS:
        if request.method == "DELETE" and request.uvideo == wire.PARTS:
            return multipart.abort if request.upload_id else objects.delete
        return _UVIDEO.get((request.method, request.uvideo))
    if request.method == "POST" and request.key == "uploadhit" and "Hash" in request.params:
        return objects.hit
    names = {"uploadId" if name == "UploadId" else name for name in request.params}
    if names & _BEYOND and request.method != "GET":
        return None
    for (method, flag), operation in _FLAGS.items():
        if method == request.method and flag in names and (not request.key) == (flag in _ON_BUCKET):
            return operation
    if not request.key:
        return objects.post if request.method == "POST" else None
    return _PLAIN.get(request.method)


def _preflight(head: Head) -> Answer:
    """The answer to a browser that asks what it may send; the signature decides, not the origin."""
    wanted = head.headers.get("access-control-request-headers", "*")
    return Answer(
        200,
        {
            "access-control-allow-origin": "*",
            "access-control-allow-methods": "GET, HEAD, PUT, POST, DELETE",
            "access-control-allow-headers": wanted if wanted.isascii() else "*",
            "access-control-max-age": "600",
        },
    )
