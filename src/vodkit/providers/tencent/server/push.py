"""How events are pushed to an application (tencent.md §B.10)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from vodkit.core.callbacks import EVENT_ID
from vodkit.core.events import Event
from vodkit.server.contract import Account, Service
from vodkit.server.processing import Address, Message

from ..sign import sign_callback
from .events import config_of

SIGNED_FOR = 600
"""Seconds that the signature of a pushed event is good for."""

_SOON = (1.0, 5.0, 30.0, 300.0, 1800.0)
_LATER = 3600.0
_LONGEST = 24 * 3600.0
_MOST = len(_SOON) + int((_LONGEST - sum(_SOON)) // _LATER)


class Push:
    """Implements :class:`vodkit.server.processing.CallbackStyle`.

    Args:
        service: Its vault opens the applications' signing keys, its clock dates the signatures.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def message(self, conn: Connection, event: Event, address: Address, account: Account) -> Message:
        """The event, signed with the key that its application has now."""
        body: dict[str, Any] = _without_nulls(event.payload)
        sealed = config_of(conn, account.id, address.attrs["app"]).sign_key_sealed
        key = self._service.vault.unseal(sealed) if sealed else None
        if key:
            expires = str(int(self._service.now()) + SIGNED_FOR)
            body |= {"T": int(expires), "Sign": sign_callback(key.decode(), expires)}
        headers = {"Content-Type": "application/json", EVENT_ID: event.id}
        return Message(address.target, headers, json.dumps(body, ensure_ascii=False).encode())

    def accepted(self, status: int, body: bytes) -> bool:
        """Every 2xx takes the event."""
        return 200 <= status < 300

    def delay(self, attempts: int) -> float | None:
        """After 1, 5, 30, 300 and 1800 seconds, then every hour, for a day."""
        if attempts > _MOST:
            return None
        return _SOON[attempts - 1] if attempts <= len(_SOON) else _LATER


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
