"""The service's side of COS: a plain ASGI application for the virtual hosts of buckets (tencent.md §C)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from vodkit.server import errors as service_errors
from vodkit.server import logs
from vodkit.server.contract import Receive, Scope, Send, Service
from vodkit.server.incoming import Body

from ..sign import Refused
from . import multipart, objects
from .answer import Reply, fault, preflight
from .request import Access, Request, Resolve, admit, parse

__all__ = ["Access", "Cos", "Resolve", "operation"]

Operation = Callable[["Cos", Request, Body], Awaitable[Reply]]

_ON_OBJECTS: dict[tuple[str, frozenset[str]], tuple[str, Operation]] = {
    ("GET", frozenset()): ("GetObject", objects.read),
    ("HEAD", frozenset()): ("HeadObject", objects.read),
    ("PUT", frozenset()): ("PutObject", objects.put),
    ("DELETE", frozenset()): ("DeleteObject", objects.delete),
    ("POST", frozenset({"uploads"})): ("InitiateMultipartUpload", multipart.initiate),
    ("GET", frozenset({"uploadid"})): ("ListParts", multipart.list_parts),
    ("PUT", frozenset({"partnumber", "uploadid"})): ("UploadPart", multipart.upload_part),
    ("POST", frozenset({"uploadid"})): ("CompleteMultipartUpload", multipart.complete),
    ("DELETE", frozenset({"uploadid"})): ("AbortMultipartUpload", multipart.abort),
}
"""Operations on a key, by method and by what the query selects."""

_ON_BUCKETS: dict[tuple[str, frozenset[str]], tuple[str, Operation]] = {
    ("GET", frozenset({"uploads"})): ("ListMultipartUploads", multipart.list_uploads),
}

_PUBLIC = frozenset({"GetObject", "HeadObject"})
"""Operations that a public bucket needs no signature for."""

_FAILED = Refused("InternalError", "the service failed on this request")

_REFUSALS: dict[type, tuple[str, str]] = {
    service_errors.Truncated: ("IncompleteBody", "the body ended before its announced length"),
    service_errors.TooLarge: ("EntityTooLarge", "the body is larger than is taken here"),
    service_errors.DigestMismatch: ("BadDigest", "the body does not have the MD5 that Content-MD5 gives"),
    service_errors.StorageFull: ("QuotaExceeded", "the server's storage is full; nothing was stored"),
    service_errors.UploadGone: ("NoSuchUpload", "the multipart upload was completed, aborted or has expired"),
    service_errors.PartsInvalid: ("InvalidPart", "a part was not received or was replaced"),
    service_errors.BadName: ("InvalidArgument", "the object key cannot be stored"),
}


def operation(request: Request) -> tuple[str, Operation]:
    """What a request asks for, by the vendor's name; ``""`` for what is not served."""
    operations = _ON_OBJECTS if request.key else _ON_BUCKETS
    return operations.get((request.method, request.selects), ("", objects.refuse))


class Cos:
    """The object store of one room.

    Args:
        service: What everything durable goes through.
        resolve: Finds out what a key, the token that came with it, and a bucket give access to.
        public: Whether a bucket's objects may be read without a signature.
    """

    def __init__(
        self,
        service: Service,
        resolve: Resolve,
        *,
        public: Callable[[str], bool] = lambda bucket: False,
    ) -> None:
        self.service = service
        self._resolve = resolve
        self._public = public
        self._log = logs.get("cos")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the room has made sure that it is for a bucket's virtual host."""
        request = parse(scope)
        if request.method == "OPTIONS":
            await preflight(request).send(request, send)
            return
        try:
            reply = await self._reply(request, Body(scope, receive))
        except Refused as refused:
            reply = fault(request, refused)
        except service_errors.QuotaExceeded as problem:
            reply = fault(request, Refused("QuotaExceeded", str(problem)))
        except Exception as problem:
            kind = next((kind for kind in type(problem).__mro__ if kind in _REFUSALS), None)
            if kind is None:
                self._log.exception("request failed", request_id=request.id)
            reply = fault(request, Refused(*_REFUSALS[kind]) if kind else _FAILED)
        await reply.send(request, send)

    async def _reply(self, request: Request, body: Body) -> Reply:
        name, run = operation(request)
        public = name in _PUBLIC and self._public(request.bucket)
        admitted = await admit(request, self._resolve, self.service.now(), name, public=public)
        return await run(self, admitted, body)
