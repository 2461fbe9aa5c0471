"""The request signature of COS: making and checking it (tencent.md §C.2). No I/O.

A request is described by what was signed, not by what was sent: the decoded path, the decoded query
parameters, and the headers as text.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from urllib.parse import quote, unquote

TOKEN = "x-cos-security-token"
"""Header, or query parameter of a pre-signed URL, that carries the token of temporary keys."""

MAX_SKEW = 900
"""Seconds that a window may begin in the server's future."""

_FIELDS = (
    "q-sign-algorithm",
    "q-ak",
    "q-sign-time",
    "q-key-time",
    "q-header-list",
    "q-url-param-list",
    "q-signature",
)

Pairs = Iterable[tuple[str, str]]


class Refused(Exception):
    """A request that COS refuses.

    Attributes:
        code: COS error code, such as ``SignatureDoesNotMatch`` (tencent.md §C.6).
        message: For the answer; names no secret.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Window:
    """The seconds since the epoch from which, and up to which, a signature holds."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.start};{self.end}"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says about its own signature.

    Attributes:
        key: Public id of the key.
        token: Session token of temporary keys, or ``""``.
        sign_time, key_time: The windows, as sent.
        headers, params: Lower-case, encoded names that were signed.
        signature: Lower-case hex.
    """

    key: str
    token: str = field(repr=False)
    sign_time: str
    key_time: str
    headers: tuple[str, ...]
    params: tuple[str, ...]
    signature: str = field(repr=False)


def encode(text: str) -> str:
    """Percent-encode everything but letters, digits and ``-_.~``."""
    return quote(text.encode("utf-8", "surrogateescape"), safe="-_.~")


def signing_key(secret: str, key_time: str) -> str:
    """The derived key, as the hex text that is itself used as a key."""
    return _hmac(secret, key_time)


def http_string(method: str, path: str, params: Pairs, headers: Pairs) -> str:
    """The canonical form of a request.

    Args:
        method: In any case.
        path: Decoded, with its leading ``/``.
        params: The query parameters to sign, decoded.
        headers: The headers to sign.
    """
    return f"{method.lower()}\n{path}\n{_join(params)}\n{_join(headers)}\n"


def signature(secret: str, canonical: str, sign_time: str, key_time: str | None = None) -> str:
    """The signature, as lower-case hex, of a canonical request."""
    digest = sha1(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    return _hmac(signing_key(secret, key_time or sign_time), f"sha1\n{sign_time}\n{digest}\n")


def sign(
    secret_id: str,
    secret_key: str,
    method: str,
    path: str,
    params: Pairs,
    headers: Pairs,
    window: Window,
) -> list[tuple[str, str]]:
    """Sign all of ``params`` and ``headers``; the fields, in the vendor's order.

    Joined by :func:`authorization` they are a header; appended to the query they pre-sign a URL.
    """
    params, headers = list(params), list(headers)
    time = str(window)
    values = (
        "sha1",
        secret_id,
        time,
        time,
        ";".join(_names(headers)),
        ";".join(_names(params)),
        signature(secret_key, http_string(method, path, params, headers), time),
    )
    return list(zip(_FIELDS, values, strict=True))


def authorization(fields: Pairs) -> str:
    """The value of the ``Authorization`` header."""
    return "&".join(f"{name}={value}" for name, value in fields)


def claim(headers: Mapping[str, str], params: Mapping[str, str]) -> Claim | None:
    """The signature that a request carries, in its header or its query; ``None`` if it is unsigned.

    Args:
        headers: Lower-case names.
        params: The decoded query.

    Raises:
        Refused: there is a signature, and it lacks a field or is of another kind.
    """
    header = headers.get("authorization", "")
    if header:
        given = dict(pair.partition("=")[::2] for pair in header.strip().split("&"))
    elif "q-signature" in params or "q-sign-algorithm" in params:
        given = dict(params)
    else:
        return None
    if given.get("q-sign-algorithm") != "sha1":
        raise Refused("InvalidArgument", "q-sign-algorithm must be sha1")
    missing = [name for name in ("q-ak", "q-sign-time", "q-key-time", "q-signature") if not given.get(name)]
    if missing:
        raise Refused("InvalidArgument", f"the signature lacks {missing[0]}")
    return Claim(
        key=given["q-ak"],
        token=headers.get(TOKEN) or params.get(TOKEN, ""),
        sign_time=given["q-sign-time"],
        key_time=given["q-key-time"],
        headers=_list(given.get("q-header-list", "")),
        params=_list(given.get("q-url-param-list", "")),
        signature=given["q-signature"].lower(),
    )


def verify(
    claim: Claim,
    secret: str,
    method: str,
    path: str,
    params: Mapping[str, str],
    headers: Mapping[str, str],
    *,
    now: float,
) -> None:
    """Check a signature over exactly the names that it lists.

    Whether the key is known, its token right and its life not over is the caller's to check.

    Args:
        claim: From :func:`claim`.
        secret: The key's secret.
        method, path, params: The request; path and query decoded.
        headers: Lower-case names. ``host`` may have been signed with or without its port.
        now: Seconds since the epoch.

    Raises:
        Refused: the window is over or has not begun, or the signature is of another request or secret.
    """
    windows = [_window(claim.sign_time), _window(claim.key_time)]
    if now > min(window.end for window in windows):
        raise Refused("AccessDenied", "Request has expired")
    if now < max(window.start for window in windows) - MAX_SKEW:
        raise Refused("RequestTimeTooSkewed", "the signature begins in the future; check the client's clock")
    by_name = {_name(name): (name, value) for name, value in params.items()}
    signed = _chosen(claim.params, by_name, "parameter")
    matched = False
    for candidate in _hosts(headers):
        named = {_name(name): (name, value) for name, value in {**headers, **candidate}.items()}
        canonical = http_string(method, path, signed, _chosen(claim.headers, named, "header"))
        expected = signature(secret, canonical, claim.sign_time, claim.key_time)
        matched |= hmac.compare_digest(expected.encode(), claim.signature.encode("utf-8", "replace"))
    if not matched:
        raise Refused("SignatureDoesNotMatch", "the signature is not that of this request and key")


def _hmac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), sha1).hexdigest()


def _name(name: str) -> str:
    return encode(name).lower()


def _names(pairs: Pairs) -> list[str]:
    return sorted(_name(name) for name, _ in pairs)


def _join(pairs: Pairs) -> str:
    encoded = sorted((_name(name), encode(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _list(text: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in text.split(";") if name)


def _window(text: str) -> Window:
    start, _, end = text.partition(";")
    if not (start.isascii() and start.isdigit() and end.isascii() and end.isdigit() and len(text) < 40):
        raise Refused("InvalidArgument", "q-sign-time and q-key-time must be <start>;<end> in seconds")
    return Window(int(start), int(end))


def _chosen(
    names: Sequence[str], available: Mapping[str, tuple[str, str]], what: str
) -> list[tuple[str, str]]:
    try:
        return [available[name] for name in names]
    except KeyError as missing:
        raise Refused(
            "SignatureDoesNotMatch", f"the request lacks the signed {what} {unquote(missing.args[0])!r}"
        ) from None


def _hosts(headers: Mapping[str, str]) -> list[dict[str, str]]:
    host = headers.get("host", "")
    bare, colon, port = host.rpartition(":")
    if colon and port.isdigit():
        return [{"host": host}, {"host": bare}]
    return [{"host": host}] if host else [{}]
