"""The error codes of COS: their HTTP statuses, and what they are among vodkit's errors (tencent.md §C.6)."""

from __future__ import annotations

from typing import Final

from vodkit.core.contract import Reply
from vodkit.core.errors import (
    AuthError,
    Conflict,
    CredentialExpired,
    IntegrityError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ProtocolError,
    QuotaExceeded,
    RateLimited,
    ServerError,
    VodError,
)

from . import wire

PROVIDER: Final = "tencent"

EXPIRED: Final = "Request has expired"
"""Message of an ``AccessDenied`` that a new signature, or new temporary keys, would mend."""

STATUS: Final[dict[str, int]] = {
    "AccessDenied": 403,
    "BadDigest": 400,
    "EntityTooLarge": 400,
    "EntityTooSmall": 400,
    "IncompleteBody": 400,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "InvalidDigest": 400,
    "InvalidPart": 400,
    "InvalidPartOrder": 400,
    "InvalidRange": 416,
    "MalformedXML": 400,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "QuotaExceeded": 403,
    "RequestTimeTooSkewed": 403,
    "SignatureDoesNotMatch": 403,
}
"""HTTP status of every code that the service answers with.

A full disk is ``QuotaExceeded`` with a final status: official clients repeat every 5xx and hide its cause.
"""

_KINDS: Final[dict[str, type[VodError]]] = {
    "AccessDenied": PermissionDenied,
    "BadDigest": IntegrityError,
    "ExpiredToken": CredentialExpired,
    "IncompleteBody": ServerError,
    "InvalidAccessKeyId": AuthError,
    "InvalidToken": CredentialExpired,
    "NoSuchBucket": NotFound,
    "NoSuchKey": NotFound,
    "NoSuchUpload": NotFound,
    "QuotaExceeded": QuotaExceeded,
    "RequestTimeTooSkewed": AuthError,
    "RequestTimeout": ServerError,
    "SignatureDoesNotMatch": AuthError,
    "SlowDown": RateLimited,
}
_BY_STATUS: Final[dict[int, type[VodError]]] = {
    401: AuthError,
    403: PermissionDenied,
    404: NotFound,
    408: ServerError,
    409: Conflict,
    412: Conflict,
    429: RateLimited,
    507: QuotaExceeded,
}
_ADVICE: Final[dict[str, str]] = {
    "AccessDenied": "Check that the credentials may do this in this bucket and under this path",
    "NoSuchUpload": "The multipart upload was completed, aborted or expired; begin it again",
    "QuotaExceeded": "Free storage, or ask for more, then run the upload again: it goes on where it stopped",
    "RequestTimeTooSkewed": "Set this machine's clock",
}


def error(reply: Reply, doing: str) -> VodError:
    """The error for an answer that is not a success.

    Args:
        reply: What came; its body may be an error document or anything else.
        doing: What was tried, for the message, such as ``"part 3 of dir/f.mp4"``.
    """
    try:
        fault = wire.read_fault(reply.body)
    except wire.BadDocument:
        fault = wire.Fault("", "")
    expired = fault.code == "AccessDenied" and EXPIRED.lower() in fault.message.lower()
    kind = CredentialExpired if expired else _kind(fault.code, reply.status)
    return kind(
        f"{doing}: {fault.message or f'answered with HTTP {reply.status}'}",
        provider=PROVIDER,
        code=fault.code or None,
        provider_message=fault.message or None,
        status=reply.status,
        request_id=reply.headers.get(wire.REQUEST_ID) or fault.request_id or None,
        retryable=True if kind is IntegrityError else None,
        retry_after=_seconds(reply.headers.get("retry-after", "")),
        advice=None if expired else _ADVICE.get(fault.code),
    )


def _kind(code: str, status: int) -> type[VodError]:
    if code in _KINDS:
        return _KINDS[code]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return ServerError
    return InvalidRequest if status >= 400 else ProtocolError


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None
