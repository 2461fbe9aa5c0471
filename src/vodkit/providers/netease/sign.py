"""Signatures of NetEase VOD: the API's CheckSum, the node's upload token, the callback's ``sign``.

Both ends are here, so that they cannot drift apart. No I/O.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

MAX_NONCE = 128
MAX_TIME_DIGITS = 20
TOKEN_WORD = "UPLOAD "


def checksum(secret: str, nonce: str, time: str) -> str:
    """Lower-case hex of SHA-1 over secret, nonce and time, joined as they are (netease.md §3.1)."""
    return hashlib.sha1(f"{secret}{nonce}{time}".encode()).hexdigest()


def headers(key: str, secret: str, nonce: str, time: int) -> dict[str, str]:
    """The headers that sign an API request; ``time`` in seconds since the epoch (netease.md §3.1)."""
    return {
        "AppKey": key,
        "Nonce": nonce,
        "CurTime": str(time),
        "CheckSum": checksum(secret, nonce, str(time)),
    }


class Verdict(Enum):
    """What became of a signature."""

    OK = "ok"
    MALFORMED = "a signature header is missing or malformed"
    WRONG = "the checksum does not match"


def verify(secret: str, headers: Mapping[str, str]) -> Verdict:
    """Check an API request's headers, given by lower-case name (netease.md §3.1, §3.3).

    Neither the clock nor the nonce's history is looked at: that is the account's policy.
    """
    nonce, time, given = headers.get("nonce", ""), headers.get("curtime", ""), headers.get("checksum", "")
    if not 1 <= len(nonce) <= MAX_NONCE or not (time.isascii() and time.isdigit()):
        return Verdict.MALFORMED
    if len(time) > MAX_TIME_DIGITS or not given:
        return Verdict.MALFORMED
    right = hmac.compare_digest(checksum(secret, nonce, time).encode(), given.lower().encode())
    return Verdict.OK if right else Verdict.WRONG


@dataclass(frozen=True, slots=True)
class Token:
    """An upload token taken apart; its signature is not yet checked.

    Attributes:
        access_key: Whose.
        signature: As it came.
        policy: The encoded policy, which the signature covers.
        bucket, object: What the token is for.
        expires: Seconds since the epoch.
    """

    access_key: str
    signature: str = field(repr=False)
    policy: str
    bucket: str
    object: str
    expires: int


def token(access_key: str, secret: str, bucket: str, object: str, expires: int, **more: Any) -> str:
    """The ``x-nos-token`` for one object until ``expires``, in seconds since the epoch (netease.md §6.6).

    Args:
        access_key, secret: The key pair of the bucket.
        bucket, object: What may be uploaded.
        expires: Seconds since the epoch.
        more: Further members of the policy (``CallbackUrl``, ``ObjectSizeMax`` ...), in this order.
    """
    members = {"Bucket": bucket, "Object": object, "Expires": expires, **more}
    compact = json.dumps(members, separators=(",", ":"), ensure_ascii=False)
    policy = base64.b64encode(compact.encode()).decode()
    return f"{TOKEN_WORD}{access_key}:{_token_signature(secret, policy)}:{policy}"


def _token_signature(secret: str, policy: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), policy.encode(), "sha256")).decode()


def parse_token(text: str) -> Token | None:
    """A token taken apart, or ``None`` for what is none."""
    if not text.startswith(TOKEN_WORD):
        return None
    access_key, _, rest = text.removeprefix(TOKEN_WORD).partition(":")
    signature, _, policy = rest.partition(":")
    try:
        members = json.loads(base64.b64decode(policy, validate=True))
        return Token(
            access_key,
            signature,
            policy,
            str(members["Bucket"]),
            str(members["Object"]),
            int(members["Expires"]),
        )
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def verify_token(token: Token, secret: str) -> bool:
    """Whether the token was made with this secret; its expiry is the caller's to check."""
    right = _token_signature(secret, token.policy)
    return hmac.compare_digest(right.encode(), token.signature.encode())


def callback_sign(body: bytes, key: str) -> str:
    """The ``sign`` header of a callback: lower-case hex MD5 of the raw body and the key (netease.md §7)."""
    return hashlib.md5(body + key.encode(), usedforsecurity=False).hexdigest()


def verify_callback(body: bytes, key: str, sign: str) -> bool:
    """Whether a callback's ``sign`` header is right."""
    return hmac.compare_digest(callback_sign(body, key).encode(), sign.lower().encode())
