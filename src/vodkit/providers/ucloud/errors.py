"""UCloud's refusals as vodkit's errors, and the codes of both ends (ucloud.md §5, §7.2)."""

from __future__ import annotations

from typing import Final

from vodkit.core.contract import Reply
from vodkit.core.errors import (
    AuthError,
    Conflict,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    RemoteError,
    ServerError,
)

from . import wire

PROVIDER: Final = "ucloud"

NO_AUTHORIZATION: Final = -148643
BUCKET_MISSING: Final = -148653
OBJECT_MISSING: Final = -148654
BAD_SIGNATURE: Final = -148658
CLASS_REFUSED: Final = -148660
BAD_REQUEST: Final = -148650
CALLBACK_FAILED: Final = -148651
"""Not codes that the vendor's documents tell; the statuses they go with are."""

_KINDS: Final[dict[int, type[RemoteError]]] = {
    400: InvalidRequest,
    401: AuthError,
    403: AuthError,
    404: NotFound,
    408: ServerError,
    409: Conflict,
    413: InvalidRequest,
    416: InvalidRequest,
    429: RateLimited,
    507: QuotaExceeded,
}
_CODES: Final[dict[int, type[RemoteError]]] = {
    BUCKET_MISSING: NotFound,
    -30010: NotFound,
    CLASS_REFUSED: PermissionDenied,
    CALLBACK_FAILED: RemoteError,
}
_ADVICE: Final[dict[int, str]] = {
    BUCKET_MISSING: "Check space, or create it with spaces.create()",
    -30010: "Check space, or create it with spaces.create()",
    CLASS_REFUSED: "Restore the object first; an archived one can neither be read nor moved",
    CALLBACK_FAILED: "Check callback_url and what answers there with JSON; the service tries it again",
}
_STATUS_ADVICE: Final[dict[int, str]] = {
    401: "Check that this machine's clock is right and that the key pair may do this",
    403: "Check public_key and private_key, and that the space belongs to them",
}

_MANAGEMENT: Final[dict[int, type[RemoteError]]] = {
    170: AuthError,
    171: AuthError,
    172: AuthError,
    174: AuthError,
    292: NotFound,
    299: PermissionDenied,
    15000: Conflict,
    15010: NotFound,
    15011: QuotaExceeded,
    15014: Conflict,
    15023: Conflict,
    15037: PermissionDenied,
    15052: Conflict,
}
_MANAGEMENT_ADVICE: Final[dict[int, str]] = {
    171: "Check private_key; it must belong to public_key",
    172: "Check public_key: this account does not know it",
    15000: "Space names are shared by all accounts: choose another one",
    15001: "Use 3 to 63 lower-case letters, digits and hyphens",
    15014: "The vendor keeps a space for its first 20 minutes: delete it later",
    15023: "Delete what is in the space first",
}


def error(reply: Reply, doing: str) -> RemoteError:
    """The error for an answer of the file API that is no success (§5)."""
    code, message = _told(reply)
    kind = _CODES.get(code) or _KINDS.get(reply.status)
    if kind is None:
        kind = ServerError if reply.status >= 500 else RemoteError
    after = reply.headers.get("retry-after", "")
    return kind(
        f"{doing}: {message or 'refused'}",
        provider=PROVIDER,
        code=str(code) if code else None,
        status=reply.status,
        request_id=reply.headers.get(wire.SESSION_ID),
        retryable=True if reply.status == 408 else None,
        retry_after=float(after) if after.isdecimal() else None,
        advice=_ADVICE.get(code) or _STATUS_ADVICE.get(reply.status),
    )


def management_error(code: int, message: str, doing: str) -> RemoteError:
    """The error for a management call's ``RetCode`` (§7.2)."""
    kind = _MANAGEMENT.get(code, InvalidRequest)
    return kind(
        f"{doing}: {message or 'refused'}",
        provider=PROVIDER,
        code=str(code),
        status=200,
        advice=_MANAGEMENT_ADVICE.get(code),
    )


def _told(reply: Reply) -> tuple[int, str]:
    """``RetCode`` and ``ErrMsg`` of an answer; 0 and "" where it has none."""
    try:
        data = wire.loads(reply.body)
    except wire.BadAnswer:
        return 0, ""
    code = data.get("RetCode")
    return (code if isinstance(code, int) else 0), str(data.get("ErrMsg") or "")
