"""vodkit's errors as the exception that callers of the vendor's package catch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import vodkit
from vodkit.providers.youku import wire

from .util import YoukuError

RENEWAL = (
    "Get another one with YoukuOauth.refresh_token, or set VODKIT_YOUKU_REFRESH_TOKEN to have it renewed"
    " in the middle of an upload"
)


@contextmanager
def vendor_errors() -> Iterator[None]:
    """Whatever vodkit raises inside leaves as the vendor's; the original is its cause, its advice a note."""
    try:
        yield
    except wire.Malformed as problem:
        raise YoukuError(None, "ProtocolError", str(problem), None) from problem
    except vodkit.VodError as error:
        exception = _vendors(error)
        advice = RENEWAL if isinstance(error, vodkit.CredentialExpired) else error.advice
        if advice:
            exception.add_note(advice)
        raise exception from error


def _vendors(error: vodkit.VodError) -> YoukuError:
    text = error.provider_message or error.message
    if isinstance(error, vodkit.IntegrityError):
        return YoukuError(wire.Codes.HASH, wire.TEXTS[wire.Codes.HASH][0], text, error.status)
    if error.code is not None and error.code.isdecimal():
        code = int(error.code)
        return YoukuError(code, wire.TEXTS.get(code, ("", ""))[0], text, error.status)
    return YoukuError(None, type(error).__name__, text, error.status)
