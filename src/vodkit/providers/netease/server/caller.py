"""Who calls the API, and what the handlers of its paths look like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vodkit.server.contract import Account, Service

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """One call of the API.

    Attributes:
        owner: The account that signed, or whose end user calls.
        request_id: Of the answer.
        now: Seconds since the epoch, one instant for the whole call.
    """

    service: Service
    owner: Account
    request_id: str
    now: float

    @property
    def account(self) -> str:
        """Id of the account."""
        return self.owner.id


Handler = Callable[[Caller, Params], Awaitable[Mapping[str, Any]]]
"""Answers one path: the members of ``ret``. Raises ``ApiError``."""
