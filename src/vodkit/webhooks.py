"""For receivers of callbacks: what came, and whether it is genuine. Standard library only.

::

    from vodkit import webhooks

    callback = webhooks.verify("vodkit", request.headers, request.body, key="whsec_…")
    if callback.type == "media.uploaded":
        print(callback.media, callback.payload["data"]["url"])

``vodkit`` stands for the signed webhooks of a service of vodkit, which follow the Standard Webhooks
specification; the name of a provider for that vendor's own callbacks. A message may come more than once,
always with the same ``id``.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from .core import registry
from .core.callbacks import Callback, CallbackReader, Received
from .core.errors import CallbackError, SignatureInvalid, UnsupportedOption

__all__ = [
    "OWN",
    "TOLERANCE",
    "Callback",
    "CallbackError",
    "SignatureInvalid",
    "detect",
    "new_secret",
    "parse",
    "sign",
    "signed",
    "usual_key",
    "verify",
]

OWN = "vodkit"
"""The style of the service's own webhooks."""

TOLERANCE = 300.0
"""Seconds by which the time of a message may differ from the receiver's clock."""

_PREFIX = "whsec_"
_ID, _TIME, _SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


def parse(style: str, headers: Mapping[str, str], body: bytes, *, query: str = "") -> Callback:
    """What a callback says, without checking who sent it.

    Args:
        style: Name of a provider, or ``vodkit``.
        headers: Of the request.
        body: Of the request, raw.
        query: Of the request, raw.

    Raises:
        CallbackError: it is not a callback of this style.
        UnknownProvider: there is no such style.
        UnsupportedOption: the provider sends no callbacks.
    """
    return _reader(style, TOLERANCE).read(_received(headers, body, query))


def verify(
    style: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    key: str | Sequence[str],
    query: str = "",
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> Callback:
    """What a callback says, if it is genuine.

    Args:
        style: Name of a provider, or ``vodkit``.
        headers: Of the request.
        body: Of the request, raw: before any decoding, because the signature covers these bytes.
        key: What it must be signed with; several while keys are being changed.
        query: Of the request, raw.
        tolerance: Seconds by which the time of a message of ``vodkit`` may differ from ``now``. A vendor's
            wire has a rule of its own, or none: see docs/callbacks.md.
        now: Seconds since the epoch; the machine's clock if not given.

    Raises:
        TypeError: the body is decoded text.
        SignatureInvalid: it is not signed with the key, was changed, or is out of date.
        CallbackError: it is not a callback of this style.
        UnknownProvider: there is no such style.
        UnsupportedOption: the provider sends no callbacks, or does not sign them.
    """
    reader, received = _reader(style, tolerance), _received(headers, body, query)
    if not reader.signed:
        raise UnsupportedOption(
            "its callbacks are not signed, so nothing can be verified",
            provider=style,
            advice="Put a secret of your own into the callback's address, or use the service's own webhooks",
        )
    keys = [key] if isinstance(key, str) else list(key)
    if not any(keys):
        raise SignatureInvalid("there is no key to verify with", provider=style)
    moment = time.time() if now is None else now
    for position, each in enumerate(keys, 1):
        try:
            reader.verify(received, each, moment)
            break
        except SignatureInvalid:
            if position == len(keys):
                raise
    return replace(reader.read(received), verified=True)


def detect(headers: Mapping[str, str], body: bytes, *, query: str = "") -> str | None:
    """Whose callback a request looks like; ``None`` for nobody's."""
    received = _received(headers, body, query)
    styles = (OWN, *(name for name in registry.names() if registry.descriptor(name).callbacks))
    return next((style for style in styles if _reader(style, TOLERANCE).recognizes(received)), None)


def signed(style: str) -> bool:
    """Whether callbacks of a style are signed.

    Raises:
        UnknownProvider: there is no such style.
        UnsupportedOption: the provider sends no callbacks.
    """
    return _reader(style, TOLERANCE).signed


def usual_key(style: str) -> str:
    """What a vendor signs with until somebody sets a key; ``""`` if it does not sign then.

    Raises:
        UnknownProvider: there is no such style.
        UnsupportedOption: the provider sends no callbacks.
    """
    return _reader(style, TOLERANCE).usual_key


def new_secret() -> str:
    """A fresh secret for signing webhooks."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """The ``webhook-signature`` of a message.

    Args:
        secret: ``whsec_`` and the key in base64.
        id: The message's, the value of ``webhook-id``.
        timestamp: Of this try, seconds since the epoch, the value of ``webhook-timestamp``.
        body: Raw.

    Raises:
        ValueError: the secret is not of that form.
    """
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("a webhook's secret is whsec_ followed by base64")
    digest = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


class _Own:
    """Reads the service's own webhooks.

    Args:
        tolerance: Seconds.
    """

    signed = True
    usual_key = ""

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance

    def recognizes(self, received: Received) -> bool:
        """See :class:`CallbackReader`."""
        return _ID in received.headers and _SIGNATURE in received.headers

    def read(self, received: Received) -> Callback:
        """See :class:`CallbackReader`."""
        body = received.json(OWN)
        type, data = body.get("type"), body.get("data")
        if not isinstance(type, str) or not isinstance(data, dict):
            raise CallbackError("the body has no type and data", provider=OWN)
        provider, media = str(data.get("provider", "")), str(data.get("id", ""))
        return Callback(OWN, provider, type, received.headers.get(_ID, ""), media, body)

    def verify(self, received: Received, key: str, now: float) -> None:
        """See :class:`CallbackReader`."""
        id, text, given = (received.headers.get(name, "") for name in (_ID, _TIME, _SIGNATURE))
        plain = id.isascii() and given.isascii() and text.isascii()
        if not (id and given and plain and text.isdigit() and len(text) < 16):
            raise SignatureInvalid(f"{_ID}, {_TIME} or {_SIGNATURE} is missing or malformed", provider=OWN)
        try:
            expected = sign(key, id, int(text), received.body).encode()
        except ValueError as error:
            raise SignatureInvalid("the key is no webhook secret", provider=OWN, advice=str(error)) from error
        matched = False
        for each in given.split(" "):
            matched |= hmac.compare_digest(each.encode(), expected)
        if not matched:
            raise SignatureInvalid("the signature does not match", provider=OWN)
        if abs(now - int(text)) > self._tolerance:
            raise SignatureInvalid(
                f"the message is not of the last {self._tolerance:g} seconds",
                provider=OWN,
                advice="Check this machine's clock; an old message may also be one that somebody replays",
            )


def _reader(style: str, tolerance: float) -> CallbackReader:
    if style == OWN:
        return _Own(tolerance)
    reference = registry.descriptor(style).callbacks
    if reference is None:
        raise UnsupportedOption(
            "it sends no callbacks",
            provider=style,
            advice=f"A service of vodkit tells of its media by webhooks of its own: {OWN!r}",
        )
    reader: CallbackReader = registry.load(reference)()
    return reader


def _received(headers: Mapping[str, str], body: bytes, query: str) -> Received:
    given: object = body
    if isinstance(given, str):
        raise TypeError("the body must be the bytes as they came: decoded text may not be what was signed")
    return Received({name.lower(): value for name, value in headers.items()}, body, query)
