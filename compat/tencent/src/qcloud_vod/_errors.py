"""vodkit's errors as the exceptions that callers of the vendor's SDK catch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import vodkit

from .exception import VodClientException

_API = (None, "apply", "supersede", "commit", "amend", "call")
"""Where an error may have happened that is the API's and not the object store's."""


@contextmanager
def vendor_errors() -> Iterator[None]:
    """Whatever vodkit raises inside leaves as the vendor's; the original is its cause."""
    try:
        yield
    except vodkit.VodError as error:
        exception = _vendors(error)
        if error.advice:
            exception.add_note(error.advice)
        raise exception from error


def _vendors(error: vodkit.VodError) -> Exception:
    from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

    message = error.provider_message or error.message
    if error.part not in _API:
        return _stores(error, message)
    local = isinstance(error, vodkit.SourceError | vodkit.ConfigError | vodkit.LedgerError)
    if local and not error.code:
        return VodClientException(str(error))
    return TencentCloudSDKException(error.code or _code(error), message, error.request_id)


def _code(error: vodkit.VodError) -> str:
    """The vendor library's own code for what has none of the API's."""
    if isinstance(error, vodkit.TransferError):
        return "ClientNetworkError"
    return "ClientParamsError" if error.status is None else "ServerNetworkError"


def _stores(error: vodkit.VodError, message: str) -> Exception:
    from qcloud_cos.cos_exception import CosClientError, CosServiceError

    if not error.code or error.status is None:
        return CosClientError(str(error))
    facts = {
        "code": error.code,
        "message": message,
        "resource": error.message.removesuffix(f": {message}"),
        "requestid": error.request_id or "",
        "traceid": "Unknown",
    }
    return CosServiceError("PUT", facts, error.status)
