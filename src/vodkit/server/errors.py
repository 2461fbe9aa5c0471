"""What can go wrong inside the service; each room puts it into its vendor's words.

::

    ServiceError
    ├── Truncated         the body ended early
    ├── TooLarge          the body is longer than allowed or announced
    ├── DigestMismatch    the bytes are not those that were announced
    ├── StorageFull       no room on the disk or in the database
    │   └── QuotaExceeded the account may not store that much
    ├── UploadGone        the upload is unknown, expired, completed or aborted
    ├── PartsInvalid      the list of parts to complete with does not fit
    │   └── PartMissing   it names a part that was not received
    ├── BadName           a key or a space that cannot be stored
    ├── AlreadyThere      a row of this identity exists
    ├── BlobGone          the bytes are not there any more
    ├── Undeliverable     no try can bring an event to its receiver
    ├── Postponed         an event is not to be sent before another one
    ├── TargetRefused     a callback or pull would go where the service does not connect (targets)
    ├── TargetFailed      a callback or pull got no whole answer (targets)
    └── HangUp            this request ends without an answer
"""

from __future__ import annotations


class ServiceError(Exception):
    """The root. Its text is for logs and holds no secret; clients see the room's own message."""


class Truncated(ServiceError):
    """The body ended before its announced length, or the client went away."""


class TooLarge(ServiceError):
    """The body is longer than allowed, or than announced."""


class DigestMismatch(ServiceError):
    """The bytes are not those that were announced.

    Attributes:
        name: The digest (``md5``, ``sha1``, ``crc32``, ``crc64``).
        expected: Hex, as announced.
        actual: Hex, of the bytes that came.
    """

    def __init__(self, name: str, expected: str, actual: str) -> None:
        super().__init__(f"the {name} of the body is {actual}, not {expected}")
        self.name = name
        self.expected = expected
        self.actual = actual


class StorageFull(ServiceError):
    """There is no room left on the disk or in the database; nothing was changed."""


class QuotaExceeded(StorageFull):
    """The account may not store that much; nothing was changed. Its text may be shown to the account.

    Attributes:
        quota: Bytes that the account may store.
        used: Bytes that it stores, or is sending.
        needed: Bytes that were asked for.
    """

    def __init__(self, quota: int, used: int, needed: int) -> None:
        super().__init__(
            f"the account's quota is {quota} bytes, of which {used} are used; {needed} more were asked for: "
            "make room, or have the quota raised"
        )
        self.quota, self.used, self.needed = quota, used, needed


class UploadGone(ServiceError):
    """The upload is unknown, expired, completed or aborted."""


class PartsInvalid(ServiceError):
    """An upload cannot be completed with the given list of parts."""


class PartMissing(PartsInvalid):
    """An upload cannot be completed: a part was not received.

    Attributes:
        number: The part's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"part {number} was not received")
        self.number = number


class BadName(ServiceError):
    """A key or a space that cannot be stored: it holds NUL or is not Unicode text."""


class AlreadyThere(ServiceError):
    """A row of this identity exists already."""


class BlobGone(ServiceError):
    """The bytes are not there any more."""


class Undeliverable(ServiceError):
    """No try can bring an event to its receiver; the text says why, for the owner of the media."""


class Postponed(ServiceError):
    """An event is not to be sent before another one to the same receiver has been dealt with.

    Attributes:
        seconds: When to look again.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"another event goes first; again in {seconds:g} seconds")
        self.seconds = seconds


class HangUp(ServiceError):
    """The connection ends without an answer, for clients that would take any answer for success."""
