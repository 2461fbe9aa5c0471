"""The API's error codes as vodkit's errors, with advice (tencent.md §A.7, §B.9)."""

from __future__ import annotations

from typing import Final

from vodkit.core.errors import (
    AuthError,
    Conflict,
    CredentialExpired,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    RemoteError,
    ServerError,
)

from .wire import codes

PROVIDER: Final = "tencent"

_CLASSES: Final[dict[str, type[RemoteError]]] = {
    codes.TOKEN_FAILURE: CredentialExpired,
    codes.SIGNATURE_EXPIRE: CredentialExpired,
    codes.AUTH_UNAUTHORIZED: PermissionDenied,
    codes.AUTH_FAILURE: AuthError,
    codes.UNAUTHORIZED: PermissionDenied,
    codes.INTERNAL: ServerError,
    codes.REQUEST_LIMIT: RateLimited,
    codes.LIMIT_EXCEEDED: QuotaExceeded,
    codes.RESOURCE_NOT_FOUND: NotFound,
    codes.RESOURCE_IN_USE: Conflict,
    codes.RESOURCE_UNAVAILABLE: Conflict,
    codes.CLASS_NOT_FOUND: NotFound,
    codes.CLASS_NO_PARENT: NotFound,
    codes.CLASS_NAME_DUPLICATE: Conflict,
    codes.CLASS_NOT_EMPTY: Conflict,
    codes.FAILED: Conflict,
    codes.UNSUPPORTED: InvalidRequest,
    codes.INVALID_PARAMETER: InvalidRequest,
    codes.INVALID_VALUE: InvalidRequest,
    codes.MISSING_PARAMETER: InvalidRequest,
    codes.UNKNOWN_PARAMETER: InvalidRequest,
    codes.INVALID_ACTION: InvalidRequest,
    codes.NO_SUCH_VERSION: InvalidRequest,
    codes.ACTION_OFFLINE: InvalidRequest,
}
"""Error classes by code or by family; the longest match wins."""

_ADVICE: Final[dict[str, str]] = {
    codes.SECRET_ID_NOT_FOUND: "Check secret_id: this account does not know it",
    codes.INVALID_SECRET_ID: "Check secret_id: it must be a key of the cloud API",
    codes.SIGNATURE_FAILURE: "Check secret_key; it must belong to secret_id",
    codes.SIGNATURE_EXPIRE: "Check this machine's clock: it is more than five minutes off the server's",
    codes.TOKEN_FAILURE: "Get new temporary credentials, or pass a callable as credentials",
    codes.AUTH_UNAUTHORIZED: "Grant the key the right to call this VOD action",
    codes.UNAUTHORIZED: "Grant the key the right to call this VOD action",
    codes.SUB_APP_ID: "Check sub_app: it must be an application of this account that is switched on",
    codes.STORAGE_REGION: "Enable the storage region for the application, or leave storage_region out",
    codes.MEDIA_TYPE: "Give the file one of the extensions that Tencent knows, or set media_type",
    codes.COVER_TYPE: "Use a cover in jpg, png, gif or another image format, or set cover_type",
    codes.EXPIRE_TIME: "Write expires as YYYY-MM-DDThh:mm:ssZ, or pass a datetime",
    codes.CLASS_ID: "List the classes with classes.list() and use one of their ids",
    codes.PROCEDURE_NAME: "Create the procedure template first, or check its spelling",
    codes.PROCEDURE: "Create the procedure template first, or check its spelling",
    codes.SESSION_CONTEXT_TOO_LONG: "Shorten session_context to 1000 characters",
    codes.VOD_SESSION_KEY: "The upload session ended at the provider; upload again",
    codes.REQUEST_LIMIT: "Lower the number of parallel uploads",
    codes.LIMIT_EXCEEDED: "Remove something first, or ask the provider for a higher limit",
}


def _families(code: str) -> tuple[str, ...]:
    """The code, then what it belongs to: ``A.B.C``, ``A.B``, ``A``."""
    words = code.split(".")
    return tuple(".".join(words[:n]) for n in range(len(words), 0, -1))


def api_error(code: str, message: str, request_id: str, *, action: str, status: int = 200) -> RemoteError:
    """The error for an API answer.

    An error without a request id comes from a gateway on the way and not from the service: it is
    retryable whatever its code. One with a request id is final, but for a server's fault and rate limits.
    """
    families = _families(code)
    kind = next((_CLASSES[name] for name in families if name in _CLASSES), RemoteError)
    advice = next((_ADVICE[name] for name in families if name in _ADVICE), None)
    return kind(
        f"{action}: {message or 'refused'}",
        provider=PROVIDER,
        code=code,
        provider_message=message,
        status=status,
        request_id=request_id or None,
        retryable=kind.default_retryable or not request_id,
        advice=advice,
    )
