"""The one tree of errors.

::

    VodError
    ├── ConfigError              a profile, an option or an environment variable is missing or wrong
    │   ├── UnknownProvider
    │   ├── MissingCredentials
    │   └── UnsupportedOption    the provider cannot honour it; raised before a byte is sent
    ├── SourceError              what is to be uploaded cannot be
    │   ├── SourceNotFound
    │   ├── SourceUnreadable     a directory, no permission, a broken stream
    │   ├── EmptySource
    │   ├── SourceChanged        it changed while it was being sent; nothing was committed
    │   └── ManifestError        an HLS/DASH manifest that is broken or reaches outside its folder
    ├── TransferError            the exchange with the provider did not come to an end
    │   ├── ConnectFailed
    │   ├── ConnectionLost
    │   ├── TimedOut
    │   ├── Stalled
    │   └── Cancelled
    ├── RemoteError              the provider answered, and the answer is no
    │   ├── AuthError            unknown key, wrong signature
    │   │   └── CredentialExpired
    │   ├── PermissionDenied
    │   ├── NotFound
    │   ├── InvalidRequest
    │   ├── Conflict
    │   ├── RateLimited
    │   ├── QuotaExceeded
    │   ├── ServerError
    │   ├── ProcessingFailed     the media was stored, and what was to be made of it was not
    │   ├── ProtocolError        the answer cannot be understood
    │   └── Superseded           the remote upload is gone for good and must be opened anew
    ├── CallbackError            what came in is not a callback of that provider
    │   └── SignatureInvalid     it is not signed with this key, or is out of date
    ├── IntegrityError           what the provider stored is not what was read
    └── LedgerError              the record of uploads
        ├── UploadBusy           another process drives this very upload
        ├── NotResumable
        └── UnknownUpload

Whether a failure may be tried again is a property of the error (:attr:`VodError.retryable`), never a
guess of the caller. No credential is ever part of an error: messages are built from facts about the
request, and headers and bodies that carry secrets do not enter them.
"""

from __future__ import annotations

from typing import Any, ClassVar


class VodError(Exception):
    """The root of every error that vodkit raises on purpose.

    Attributes:
        message: What happened, in one sentence.
        provider: Name of the provider room, or ``None`` for local failures.
        code: The provider's own error code, as text, exactly as it came; of a value that is refused here, the
            code that the provider refuses it with.
        provider_message: The provider's own words for it, exactly as they came, or ``None``.
        status: HTTP status of the answer, or ``None`` where there was none.
        request_id: The provider's id for the failed request; quote it to their support.
        part: Key of the part that failed, or ``None``.
        retryable: Whether the same request may succeed later without anything being changed.
        retry_after: Seconds that the provider asked to wait, or ``None``.
        advice: One sentence that says what to do next; may be empty.
    """

    default_retryable: ClassVar[bool] = False
    default_advice: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        code: str | None = None,
        provider_message: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        part: str | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider
        self.code = code
        self.provider_message = provider_message
        self.status = status
        self.request_id = request_id
        self.part = part
        self.retryable = self.default_retryable if retryable is None else retryable
        self.retry_after = retry_after
        self.advice = self.default_advice if advice is None else advice

    def __str__(self) -> str:
        facts = [
            f"{name} {value}"
            for name, value in (
                ("code", self.code),
                ("HTTP", self.status),
                ("part", self.part),
                ("request", self.request_id),
            )
            if value is not None
        ]
        head = f"{self.provider}: {self.message}" if self.provider else self.message
        text = f"{head} ({', '.join(facts)})" if facts else head
        return f"{text}. {self.advice}" if self.advice else text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def as_dict(self) -> dict[str, Any]:
        """The error as JSON-ready data, for ``--json`` and logs."""
        return {
            "error": type(self).__name__,
            "message": self.message,
            "provider": self.provider,
            "code": self.code,
            "status": self.status,
            "request_id": self.request_id,
            "part": self.part,
            "retryable": self.retryable,
            "advice": self.advice,
        }


class ConfigError(VodError):
    """A profile, an option or an environment variable is missing or wrong."""


class UnknownProvider(ConfigError):
    """No provider room has this name."""


class MissingCredentials(ConfigError):
    """The provider needs keys that were not given."""


class UnsupportedOption(ConfigError):
    """The provider cannot honour an option; raised before a byte is sent."""


class SourceError(VodError):
    """What is to be uploaded cannot be."""


class SourceNotFound(SourceError):
    """There is nothing at this path or address."""


class SourceUnreadable(SourceError):
    """The source is there and cannot be read as a file."""


class EmptySource(SourceError):
    """The source holds no byte, and empty uploads were not allowed."""

    default_advice = "Pass allow_empty (--allow-empty) if an empty upload is meant"


class SourceChanged(SourceError):
    """The source changed while it was being sent; nothing was committed."""

    default_advice = "Upload it again when nothing writes to it any more"


class ManifestError(SourceError):
    """An HLS or DASH manifest is broken, or names files that may not be sent."""


class TransferError(VodError):
    """The exchange with the provider did not come to an end."""

    default_retryable = True


class ConnectFailed(TransferError):
    """No connection could be made."""

    default_advice = "Check the network, the proxy settings and the endpoint"


class ConnectionLost(TransferError):
    """The connection broke before the answer had arrived."""


class TimedOut(TransferError):
    """The provider did not answer in time."""


class Stalled(TransferError):
    """Bytes stopped moving for longer than the stall time-out."""


class Cancelled(TransferError):
    """The caller stopped the transfer; what was sent stays resumable."""

    default_retryable = False


class RemoteError(VodError):
    """The provider answered, and the answer is no."""


class AuthError(RemoteError):
    """The key is unknown or the signature does not verify."""

    default_advice = "Check the access key and its secret"


class CredentialExpired(AuthError):
    """A token or temporary key is past its life."""

    default_advice = "Get a new token, or pass a callable that returns fresh credentials"


class PermissionDenied(RemoteError):
    """The key is known and may not do this."""


class NotFound(RemoteError):
    """The provider has no such media, upload or space."""


class InvalidRequest(RemoteError):
    """The provider refuses a value."""


class Conflict(RemoteError):
    """The provider's state does not allow this now."""


class RateLimited(RemoteError):
    """Too many requests."""

    default_retryable = True


class QuotaExceeded(RemoteError):
    """The account's or the server's storage is full."""


class ServerError(RemoteError):
    """The provider failed."""

    default_retryable = True


class ProcessingFailed(RemoteError):
    """The media was stored, and what was to be made of it, or of its source, was not."""

    default_advice = "See whether the file plays on this machine; then upload it again, or process it anew"


class ProtocolError(RemoteError):
    """The answer cannot be understood."""


class Superseded(RemoteError):
    """The remote upload is gone for good; only a new one, under the same id of ours, can go on."""


class CallbackError(VodError):
    """What a receiver got is not a callback of that provider."""


class SignatureInvalid(CallbackError):
    """A callback is not signed with this key, was changed on its way, or is out of date."""

    default_advice = "Check the key, and verify the raw body as it came, before anything decodes it"


class IntegrityError(VodError):
    """What the provider stored is not what was read."""

    default_advice = "Upload the file again; if this repeats, check the network path and the disk"


class LedgerError(VodError):
    """The record of uploads cannot serve."""


class UploadBusy(LedgerError):
    """Another process is driving this very upload."""

    default_advice = "Wait for the other process, or stop it"


class NotResumable(LedgerError):
    """Resumability was required and cannot be had."""


class UnknownUpload(LedgerError):
    """The ledger has no upload of this id."""

    default_advice = "List them with: vodkit uploads list"
