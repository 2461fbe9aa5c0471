"""Event notifications of Tencent, as a receiver gets them (tencent.md §B.10). No I/O."""

from __future__ import annotations

from typing import Any

from vodkit.core.callbacks import OTHER, Callback, Received
from vodkit.core.errors import CallbackError, SignatureInvalid

from . import sign

_PROVIDER = "tencent"
_TYPES = {
    "NewFileUpload": ("media.uploaded", "FileUploadEvent"),
    "FileDeleted": ("media.deleted", "FileDeleteEvent"),
    "ProcedureStateChanged": ("procedure.changed", "ProcedureStateChangeEvent"),
    "PullComplete": ("media.pulled", "PullCompleteEvent"),
}


class Callbacks:
    """Implements :class:`vodkit.core.callbacks.CallbackReader`.

    ``Sign`` covers the key and the moment until which it counts, not the rest of the body: receive at an
    ``https`` address.
    """

    signed = True
    usual_key = ""

    def recognizes(self, received: Received) -> bool:
        """By the member that every event has."""
        return b'"EventType"' in received.body

    def read(self, received: Received) -> Callback:
        """See :class:`vodkit.core.callbacks.CallbackReader`."""
        body = received.json(_PROVIDER)
        name = body.get("EventType")
        if not isinstance(name, str):
            raise CallbackError("the body has no EventType", provider=_PROVIDER)
        type, member = _TYPES.get(name, (OTHER, ""))
        return Callback(_PROVIDER, _PROVIDER, type, received.event, _media(body.get(member)), body)

    def verify(self, received: Received, key: str, now: float) -> None:
        """``Sign`` and ``T`` of the body; ``key`` is the ``SignKey`` that was set."""
        body = received.json(_PROVIDER)
        given, until = body.get("Sign"), body.get("T")
        if not (isinstance(given, str) and given.isascii() and isinstance(until, int | str)):
            raise SignatureInvalid("Sign and T are missing: no SignKey is set", provider=_PROVIDER)
        verdict = sign.verify_callback(key, given, str(until), now=now)
        if verdict is sign.Verdict.EXPIRED:
            raise SignatureInvalid("the signature has expired", provider=_PROVIDER)
        if verdict is not sign.Verdict.OK:
            raise SignatureInvalid("the signature does not match", provider=_PROVIDER)


def _media(event: Any) -> str:
    """FileId of an event; of a deletion the first one's."""
    if not isinstance(event, dict):
        return ""
    many = event.get("FileIdSet")
    found = many[0] if isinstance(many, list) and many else event.get("FileId")
    return found if isinstance(found, str) else ""
