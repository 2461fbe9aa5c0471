"""What arrives at a receiver of callbacks, and how a room reads it. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import CallbackError

OTHER = "other"
"""The type of a callback that tells of something else than those in docs/callbacks.md."""

EVENT_ID = "x-vodkit-event"
"""Header in which the service sends an event's id in every style, lower case."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request that a receiver got.

    Attributes:
        headers: Lower-case names.
        body: Raw: signatures cover these very bytes.
        query: Raw, without ``?``.
    """

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    query: str = field(default="", repr=False)

    @property
    def event(self) -> str:
        """The id that a service of vodkit gives to a message in any style; ``""`` if there is none."""
        return self.headers.get(EVENT_ID, "")

    def json(self, provider: str) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            CallbackError: it is none.
        """
        try:
            data = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise CallbackError("the body is not JSON", provider=provider) from error
        if not isinstance(data, dict):
            raise CallbackError("the body is not a JSON object", provider=provider)
        return data


@dataclass(frozen=True, slots=True)
class Callback:
    """Something that a provider, or a service of vodkit, told a receiver.

    Attributes:
        style: Whose words and signature: the name of a provider, or ``vodkit``.
        provider: Whose media it is about.
        type: One of :data:`vodkit.core.events.TYPES`, or ``other``.
        id: Of the message, the same whenever it comes again; ``""`` where the vendor sends none.
        media: The provider's id of the media; ``""`` where the message names none.
        payload: The body as it was sent, read.
        verified: Whether the signature was checked, and right.
    """

    style: str
    provider: str
    type: str
    id: str
    media: str
    payload: Mapping[str, Any]
    verified: bool = False


class CallbackReader(Protocol):
    """How a room reads its vendor's callbacks: ``Descriptor.callbacks`` names a class of this kind."""

    signed: bool
    """Whether the vendor signs them."""

    usual_key: str
    """What the vendor signs with until somebody sets a key; ``""`` if it does not sign then."""

    def recognizes(self, received: Received) -> bool:
        """Whether a request looks like a callback of this vendor, and of no other."""
        ...

    def read(self, received: Received) -> Callback:
        """What it says.

        Raises:
            CallbackError: it is not a callback of this vendor.
        """
        ...

    def verify(self, received: Received, key: str, now: float) -> None:
        """Check the signature, in constant time, and the message's age as far as the vendor's wire tells it.

        Args:
            key: What the vendor signs with.
            now: Seconds since the epoch.

        Raises:
            SignatureInvalid: the key is another one, the message was changed, or it is out of date.
        """
        ...
