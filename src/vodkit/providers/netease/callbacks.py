"""Callbacks of NetEase, as a receiver gets them (netease.md §7). No I/O."""

from __future__ import annotations

from vodkit.core.callbacks import OTHER, Callback, Received
from vodkit.core.errors import CallbackError, SignatureInvalid

from . import sign, wire

_PROVIDER = "netease"
_TYPES = {"upload": "media.uploaded", "transcode": "procedure.changed"}


class Callbacks:
    """Implements :class:`vodkit.core.callbacks.CallbackReader`. The wire tells no time: keep the ids seen."""

    signed = True
    usual_key = wire.SIGN_KEY

    def recognizes(self, received: Received) -> bool:
        """By the ``sign`` header and the media's number."""
        return "sign" in received.headers and (b'"vid"' in received.body or b'"imgId"' in received.body)

    def read(self, received: Received) -> Callback:
        """See :class:`vodkit.core.callbacks.CallbackReader`."""
        body = received.json(_PROVIDER)
        kind, media = body.get("type"), body.get("vid", body.get("imgId"))
        if not isinstance(kind, str) or not isinstance(media, int | str):
            raise CallbackError("the body has no type and vid", provider=_PROVIDER)
        id = str(body.get("nId") or received.event)
        return Callback(_PROVIDER, _PROVIDER, _TYPES.get(kind, OTHER), id, str(media), body)

    def verify(self, received: Received, key: str, now: float) -> None:
        """The ``sign`` header over the raw body; ``key`` is the ``signKey`` that was set, else ``vcloud``."""
        given = received.headers.get("sign", "")
        if not given:
            raise SignatureInvalid("the header sign is missing", provider=_PROVIDER)
        if not given.isascii() or not sign.verify_callback(received.body, key, given):
            raise SignatureInvalid("the signature does not match", provider=_PROVIDER)
