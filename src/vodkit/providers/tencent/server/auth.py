"""Reading and authenticating a request of API 3.0, in either of its two schemes (tencent.md §A.1-§A.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vodkit.server.contract import Head

from .. import sign
from ..wire import BadField, codes, parse_form, parse_json_request, unflatten
from .answer import ApiError
from .credentials import BadToken, Credential, Credentials, UnknownKey

SERVICES = ("vod", "sts")
"""The services of API 3.0 that are served."""

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Call:
    """A request of the API, decoded but not yet authenticated.

    Attributes:
        service: ``vod`` or ``sts``.
        action, version: What is wanted.
        key, token: Who signs.
        params: The action's parameters.
        text: Whether their numbers came as text.
        client: The library that sent it, as it calls itself.
        verdict: Checks the signature against a secret at a time.
    """

    service: str
    action: str
    version: str
    key: str
    token: str = field(repr=False)
    params: Mapping[str, Any]
    text: bool
    verdict: Callable[[str, float], sign.Verdict]
    client: str = ""


def read(head: Head, body: bytes) -> Call:
    """Decode a request.

    Raises:
        ApiError: the request is of neither scheme, or cannot be decoded.
    """
    if head.method not in ("GET", "POST"):
        raise ApiError(codes.INVALID_PARAMETER, f"the method {head.method} is not supported; use POST or GET")
    authorization = head.headers.get("authorization", "")
    try:
        if authorization.startswith(sign.TC3):
            return _tc3(head, body, authorization)
        return _v1(head, body)
    except (BadField, ValueError) as problem:
        raise ApiError(codes.INVALID_PARAMETER, f"the request cannot be read: {problem}") from None


async def authenticate(call: Call, credentials: Credentials, now: float) -> Credential:
    """Who sent a request, once its signature is proven.

    The signature of an open account is not checked.

    Raises:
        ApiError: ``AuthFailure.*``.
    """
    try:
        credential = await credentials.resolve(call.key, call.token)
    except UnknownKey:
        raise ApiError(codes.SECRET_ID_NOT_FOUND, "the SecretId does not exist") from None
    except BadToken as problem:
        raise ApiError(codes.TOKEN_FAILURE, str(problem)) from None
    if credential.open:
        return credential
    verdict = call.verdict(credential.secret, now)
    if not verdict.ok:
        raise ApiError(verdict.value, _REASONS[verdict])
    return credential


_REASONS = {
    sign.Verdict.SIGNATURE: "the signature is not that of this request and key",
    sign.Verdict.EXPIRED: f"the timestamp is more than {sign.MAX_SKEW} seconds off; check the client's clock",
    sign.Verdict.INVALID: "the request is signed in a way that cannot be checked",
}


def _tc3(head: Head, body: bytes, authorization: str) -> Call:
    parsed = sign.parse_tc3(authorization)
    if parsed is None or parsed.service not in SERVICES:
        raise ApiError(codes.INVALID_AUTHORIZATION, "the Authorization header is malformed")

    def verdict(secret: str, now: float) -> sign.Verdict:
        return sign.verify_tc3(
            parsed,
            secret,
            method=head.method,
            query=head.query,
            headers=head.headers,
            authority=head.headers.get("host", head.authority),
            body=body,
            now=now,
        )

    is_text = head.method == "GET" or head.headers.get("content-type", "").startswith(_FORM)
    if head.method == "GET":
        params: Mapping[str, Any] = unflatten(parse_form(head.query))
    elif is_text:
        params = unflatten(parse_form(body.decode()))
    else:
        params = parse_json_request(body)
    return Call(
        service=parsed.service,
        action=_given(head.headers.get("x-tc-action"), "X-TC-Action"),
        version=_given(head.headers.get("x-tc-version"), "X-TC-Version"),
        key=parsed.secret_id,
        token=head.headers.get("x-tc-token", ""),
        params=params,
        text=is_text,
        verdict=verdict,
        client=head.headers.get("x-tc-requestclient", ""),
    )


def _v1(head: Head, body: bytes) -> Call:
    params = parse_form(head.query if head.method == "GET" else body.decode())
    action = _given(params.get("Action"), "Action")
    for name in ("Version", "SecretId", "Timestamp", "Nonce", "Signature"):
        _given(params.get(name), name)

    def verdict(secret: str, now: float) -> sign.Verdict:
        authority = head.headers.get("host", head.authority)
        return sign.verify_v1(secret, params, authority=authority, method=head.method, now=now)

    return Call(
        service="sts" if head.host.startswith("sts.") else "vod",
        action=action,
        version=params["Version"],
        key=params["SecretId"],
        token=params.get("Token", ""),
        params=unflatten(params),
        text=True,
        verdict=verdict,
    )


def _given(value: str | None, name: str) -> str:
    if not value:
        raise ApiError(codes.MISSING_PARAMETER, f"{name} is missing")
    return value
