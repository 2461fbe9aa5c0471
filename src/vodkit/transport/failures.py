"""The one table from what the network does to :mod:`vodkit.core.errors`."""

from __future__ import annotations

import ssl
from http.client import HTTPException
from typing import Final

from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as PoolTimeout

from vodkit.core.errors import ConnectFailed, ConnectionLost, Stalled, TimedOut, TransferError, VodError

CONNECT: Final = "connect"
SEND: Final = "send"
ANSWER: Final = "answer"
READ: Final = "read"

_LATE = (TimeoutError, PoolTimeout)
_FAILURE = (OSError, HTTPException, HTTPError)
_TABLE: Final[tuple[tuple[str, tuple[type[Exception], ...], type[TransferError], str], ...]] = (
    (CONNECT, _LATE, ConnectFailed, "no connection in time"),
    (CONNECT, _FAILURE, ConnectFailed, "no connection could be made"),
    (SEND, _LATE, Stalled, "the request stopped moving"),
    (SEND, _FAILURE, ConnectionLost, "the connection broke while sending"),
    (ANSWER, _LATE, TimedOut, "no answer in time"),
    (ANSWER, _FAILURE, ConnectionLost, "the connection broke before the answer"),
    (READ, _LATE, Stalled, "the answer stopped moving"),
    (READ, _FAILURE, ConnectionLost, "the connection broke within the answer"),
)
NETWORK: Final = _FAILURE
"""What the network raises; everything else that comes out of an exchange is not its failure."""


def explain(error: Exception, phase: str, host: str) -> VodError:
    """The error that stands for ``error`` in ``phase`` of an exchange with ``host``."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectFailed(
            f"the certificate of {host} is not trusted: {error.verify_message}",
            retryable=False,
            advice="Name the authority's certificate file with ca_file, or in SSL_CERT_FILE",
        )
    for row_phase, types, kind, what in _TABLE:
        if row_phase == phase and isinstance(error, types):
            detail = f": {error}" if str(error) and not isinstance(error, _LATE) else ""
            return kind(f"{what} ({host}){detail}")
    raise TypeError(f"{type(error).__name__} is not a failure of the network") from error
