"""The vendor's codes as vodkit's errors, with advice (netease.md §3.4, §6.2)."""

from __future__ import annotations

from typing import Final

from vodkit.core.errors import (
    AuthError,
    CredentialExpired,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    RemoteError,
    ServerError,
)

from . import wire

PROVIDER: Final = "netease"

_API: Final[dict[int, tuple[type[RemoteError], str | None]]] = {
    wire.BAD_REQUEST: (InvalidRequest, None),
    wire.NOT_FOUND: (NotFound, None),
    wire.INTERNAL: (ServerError, None),
    wire.AUTH_FAILED: (AuthError, "Check app_key and app_secret, and this machine's clock"),
    wire.NO_BALANCE: (
        QuotaExceeded,
        "Top up the account's balance, or delete media that are not needed",
    ),
    wire.NOT_OPENED: (PermissionDenied, "Open this service for the application in the vendor's console"),
    wire.UNDER_REVIEW: (PermissionDenied, "Wait until the vendor has reviewed the application"),
    wire.QUOTA_EXCEEDED: (RateLimited, "Call less often, or ask the vendor for a higher quota"),
}

_NODE: Final[dict[int, tuple[type[RemoteError], str | None]]] = {
    400: (InvalidRequest, None),
    403: (AuthError, "Upload again: the vendor hands out a new upload token"),
    404: (NotFound, None),
    520: (ServerError, "The bytes are stored; run the same upload again and it asks for their id"),
}

TOKEN_EXPIRED: Final = "TokenExpired"


def api_error(answer: wire.Answer, *, path: str) -> RemoteError:
    """The error for an API answer whose code is not 200."""
    kind, advice = _API.get(answer.code, (RemoteError, None))
    return kind(
        f"{path}: {answer.message or 'refused'}",
        provider=PROVIDER,
        code=str(answer.code),
        provider_message=answer.message or None,
        status=200,
        request_id=answer.request_id or None,
        advice=advice,
    )


def node_error(status: int, body: bytes) -> RemoteError:
    """The error for a node's answer that is no success; a 5xx is retryable but for 520 (netease.md §6.2)."""
    code, message, request_id = wire.parse_node_failure(body)
    kind, advice = _NODE.get(status, (ServerError if status >= 500 else RemoteError, None))
    if status == 403 and code == TOKEN_EXPIRED:
        kind = CredentialExpired
    if code == wire.OVER_QUOTA:
        kind, advice = QuotaExceeded, "Delete media that are not needed, or ask for a larger quota"
    return kind(
        message or "the node refused the request",
        provider=PROVIDER,
        code=code or None,
        status=status,
        request_id=request_id or None,
        retryable=status >= 500 and status != wire.STORED_NOT_PUBLISHED,
        advice=advice,
    )
