"""The style of an account's own webhooks: the same JSON for every provider, signed by Standard Webhooks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from vodkit import webhooks as signing
from vodkit.core.events import Event

from ..errors import Undeliverable
from ..nouns import Account
from ..processing import Address, Message
from . import facts, webhooks

if TYPE_CHECKING:
    from ..service import Service

DELAYS = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 28800.0)
"""Seconds from each try that failed to the next: about a day in all."""

_GONE = "media.deleted"


class OwnStyle:
    """Implements :class:`vodkit.server.processing.CallbackStyle`.

    Args:
        service: Knows the webhooks' secrets and where media play.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def message(self, conn: Connection, event: Event, address: Address, account: Account) -> Message:
        """See :meth:`processing.CallbackStyle.message`."""
        hook: Any = webhooks.one(conn, address.attrs["webhook"])
        if hook is None:
            raise Undeliverable("the webhook was removed")
        if hook.disabled:
            raise Undeliverable("the webhook is switched off")
        data = facts.told(
            address.attrs["facts"], event.provider, self._service.play_url, gone=event.type == _GONE
        )
        now = self._service.now()
        secrets = webhooks.secrets_of(hook, self._service.vault, now)
        if not secrets:
            raise Undeliverable("the webhook's secret was sealed with other keys")
        return signed(address.target, secrets, event.id, event.type, event.at, data, now)

    def accepted(self, status: int, body: bytes) -> bool:
        """Any 2xx."""
        return 200 <= status < 300

    def delay(self, attempts: int) -> float | None:
        """By :data:`DELAYS`."""
        return DELAYS[attempts - 1] if attempts <= len(DELAYS) else None


def signed(
    url: str, secrets: Sequence[str], id: str, type: str, at: float, data: dict[str, Any], now: float
) -> Message:
    """A message as it goes out at ``now``.

    Args:
        secrets: Several while one takes the place of another; the receiver may know either.
        at: When it happened, in seconds since the epoch.
        data: What is told.
    """
    told = {"type": type, "timestamp": facts.moment(at), "data": data}
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": " ".join(signing.sign(secret, id, int(now), body) for secret in secrets),
    }
    return Message(url, headers, body)
