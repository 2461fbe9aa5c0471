"""One Python toolkit for video on demand: upload to any VOD cloud, run your own, test against all of them.

::

    with vodkit.connect("PROVIDER", …) as vod:
        media = vod.upload("movie.mp4", title="…")

These are the public names; everything but errors and nouns is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .core.capabilities import Capabilities
from .core.errors import (
    AuthError,
    CallbackError,
    Cancelled,
    ConfigError,
    Conflict,
    ConnectFailed,
    ConnectionLost,
    CredentialExpired,
    EmptySource,
    IntegrityError,
    InvalidRequest,
    LedgerError,
    ManifestError,
    MissingCredentials,
    NotFound,
    NotResumable,
    PermissionDenied,
    ProcessingFailed,
    ProtocolError,
    QuotaExceeded,
    RateLimited,
    RemoteError,
    ServerError,
    SignatureInvalid,
    SourceChanged,
    SourceError,
    SourceNotFound,
    SourceUnreadable,
    Stalled,
    Superseded,
    TimedOut,
    TransferError,
    UnknownProvider,
    UnknownUpload,
    UnsupportedOption,
    UploadBusy,
    VodError,
)
from .core.media import Media, Processing, Space

if TYPE_CHECKING:
    from .engine.aio import AsyncVod
    from .engine.connect import connect, connect_async
    from .engine.ledger import Entry as UploadEntry
    from .engine.profiles import ConfigWarning
    from .engine.progress import Progress
    from .engine.run import UploadResult
    from .engine.verify import VerifyReport
    from .engine.vod import Vod
    from .server.embedded import EmbeddedService, embedded
    from .transport import Cancel

__version__ = "0.1.0"

_LAZY = {
    "AsyncVod": "engine.aio:AsyncVod",
    "Cancel": "transport:Cancel",
    "ConfigWarning": "engine.profiles:ConfigWarning",
    "EmbeddedService": "server.embedded:EmbeddedService",
    "Progress": "engine.progress:Progress",
    "UploadEntry": "engine.ledger:Entry",
    "UploadResult": "engine.run:UploadResult",
    "VerifyReport": "engine.verify:VerifyReport",
    "Vod": "engine.vod:Vod",
    "connect": "engine.connect:connect",
    "connect_async": "engine.connect:connect_async",
    "embedded": "server.embedded:embedded",
}

__all__ = [
    "AsyncVod",
    "AuthError",
    "CallbackError",
    "Cancel",
    "Cancelled",
    "Capabilities",
    "ConfigError",
    "ConfigWarning",
    "Conflict",
    "ConnectFailed",
    "ConnectionLost",
    "CredentialExpired",
    "EmbeddedService",
    "EmptySource",
    "IntegrityError",
    "InvalidRequest",
    "LedgerError",
    "ManifestError",
    "Media",
    "MissingCredentials",
    "NotFound",
    "NotResumable",
    "PermissionDenied",
    "Processing",
    "ProcessingFailed",
    "Progress",
    "ProtocolError",
    "QuotaExceeded",
    "RateLimited",
    "RemoteError",
    "ServerError",
    "SignatureInvalid",
    "SourceChanged",
    "SourceError",
    "SourceNotFound",
    "SourceUnreadable",
    "Space",
    "Stalled",
    "Superseded",
    "TimedOut",
    "TransferError",
    "UnknownProvider",
    "UnknownUpload",
    "UnsupportedOption",
    "UploadBusy",
    "UploadEntry",
    "UploadResult",
    "VerifyReport",
    "Vod",
    "VodError",
    "__version__",
    "connect",
    "connect_async",
    "embedded",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _LAZY[name].partition(":")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
