"""The platform's error codes as vodkit's errors, with advice (youku.md §2)."""

from __future__ import annotations

from typing import Final

from vodkit.core.errors import (
    AuthError,
    CredentialExpired,
    IntegrityError,
    InvalidRequest,
    NotFound,
    QuotaExceeded,
    RemoteError,
    ServerError,
    Superseded,
    VodError,
)

from .wire import QUOTA, Codes, RemoteFault

PROVIDER: Final = "youku"

_KINDS: Final[dict[int, type[VodError]]] = {
    Codes.UNAVAILABLE: ServerError,
    Codes.FAILED: ServerError,
    Codes.CLIENT_ID: AuthError,
    Codes.TOKEN: CredentialExpired,
    Codes.TOKEN_EXPIRED: CredentialExpired,
    Codes.MISSING: InvalidRequest,
    Codes.INVALID: InvalidRequest,
    Codes.UPLOAD_TOKEN: Superseded,
    Codes.HASH: IntegrityError,
    Codes.NO_VIDEO: NotFound,
}

_ADVICE: Final[dict[int, str]] = {
    Codes.CLIENT_ID: "Check client_id and client_secret",
    Codes.TOKEN: "Get a new access token: authorize again, or pass refresh_token or tokens",
    Codes.TOKEN_EXPIRED: "Pass refresh_token, or a callable as tokens, to have it renewed",
    Codes.UPLOAD_TOKEN: "The upload is gone at the provider; upload again",
    Codes.NO_VIDEO: "Check the id: there is no such video, or it is another user's",
}


def fault_error(fault: RemoteFault, status: int, what: str) -> VodError:
    """The error for an answer that carries one.

    Args:
        fault: As it came.
        status: HTTP status of the answer.
        what: The call, for the message.
    """
    kind = QuotaExceeded if fault.type == QUOTA else _KINDS.get(fault.code)
    if kind is None:
        kind = AuthError if fault.type == "OAuth2Exception" else status_kind(status)
    text = fault.description or fault.type or "refused"
    return kind(
        f"{what}: {text}",
        provider=PROVIDER,
        code=str(fault.code) if fault.code else None,
        provider_message=fault.description or None,
        status=status,
        retryable=True if status >= 500 else None,
        advice=_ADVICE.get(fault.code),
    )


def status_kind(status: int) -> type[RemoteError]:
    """The class of an error that only its HTTP status tells."""
    if status >= 500:
        return ServerError
    return AuthError if status in (401, 403) else InvalidRequest if 400 <= status < 500 else RemoteError
