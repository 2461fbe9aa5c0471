"""What can happen to a media."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TYPES = ("media.uploaded", "media.deleted", "procedure.changed", "media.pulled")
"""What can happen; see docs/callbacks.md."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a media, recorded in the transaction that made it happen.

    Attributes:
        id: Stable and unique; the same in every delivery.
        type: One of :data:`TYPES`.
        provider: Name of the provider room.
        account: Id of the account of the service.
        media: Id of the media within the service.
        at: When, in seconds since the epoch.
        payload: Facts that the room turns into its vendor's own body.
    """

    id: str
    type: str
    provider: str
    account: str
    media: str
    at: float
    payload: Mapping[str, Any] = field(default_factory=dict)
