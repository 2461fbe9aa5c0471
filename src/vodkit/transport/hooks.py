"""What observers learn of every exchange, without its secrets."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_SECRET_NAME = re.compile(
    r"auth|token|secret|sign|credential|password|checksum|cookie|(^|[-_])(key|nonce)($|[-_])|^q-ak$", re.I
)
_PARAMETER = re.compile(r"([?&;])([^=&;#]+)=([^&;#]*)")
_USERINFO = re.compile(r"^([a-z][a-z0-9+.-]*://)[^/@]*@", re.I)

log = logging.getLogger("vodkit.transport")


def redact(url: str) -> str:
    """The URL with the values of secret query parameters, and any user name and password, struck out."""

    def strike(found: re.Match[str]) -> str:
        separator, name, value = found.groups()
        return f"{separator}{name}={'***' if _SECRET_NAME.search(name) else value}"

    return _PARAMETER.sub(strike, _USERINFO.sub(r"\1***@", url))


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with secret values struck out."""
    return {name: "***" if _SECRET_NAME.search(name) else value for name, value in headers.items()}


@dataclass(frozen=True, slots=True)
class Event:
    """One exchange, as told to hooks.

    Attributes:
        phase: ``request`` before the first byte goes out, then ``response`` or ``error`` at the end.
        method: HTTP method.
        url: Redacted.
        headers: Redacted: of the request, or of the answer in phase ``response``.
        status: HTTP status; 0 before there is one.
        seconds: Since the request began.
        error: The failure in phase ``error``, else ``None``.
    """

    phase: str
    method: str
    url: str
    headers: Mapping[str, str]
    status: int = 0
    seconds: float = 0.0
    error: Exception | None = None


Hook = Callable[[Event], None]
"""Observes exchanges; what it raises in phase ``request`` takes their place (fault injection)."""


def log_exchange(event: Event) -> None:
    """The hook that writes debug logs."""
    if event.phase == "response":
        log.debug("%s %s -> %d in %.3f s", event.method, event.url, event.status, event.seconds)
    elif event.phase == "error":
        log.debug("%s %s failed after %.3f s: %s", event.method, event.url, event.seconds, event.error)
