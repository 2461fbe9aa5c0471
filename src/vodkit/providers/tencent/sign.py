"""Tencent Cloud signatures, both ends: TC3, v1, upload signatures, callbacks and key-protected playback.

Pure functions over text and bytes. Every ``verify_*`` compares in constant time and answers a
:class:`Verdict`, whose value is the vendor's own error code. tencent.md §A.3, §A.4, §B.10-§B.12.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, quote, urlsplit

TC3 = "TC3-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
MAX_SKEW = 300
"""Seconds that a request's timestamp may be away from the server's clock."""

PLAYBACK_GRACE = 300
"""Seconds for which a key-protected URL stays good after its expiry."""

_HMAC_SHA1, _HMAC_SHA256 = "HmacSHA1", "HmacSHA256"


class Verdict(StrEnum):
    """What a verification found; every value but ``OK`` is the vendor's error code."""

    OK = "OK"
    SIGNATURE = "AuthFailure.SignatureFailure"
    EXPIRED = "AuthFailure.SignatureExpire"
    INVALID = "AuthFailure.InvalidAuthorization"

    @property
    def ok(self) -> bool:
        """Whether the request may go on."""
        return self is Verdict.OK


def _hmac256(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _same(a: str, b: str) -> bool:
    return hmac.compare_digest(a.encode(), b.encode())


def host_forms(authority: str) -> tuple[str, ...]:
    """The values that clients sign for one ``Host``: as it was sent, and without its port."""
    bare = authority if authority.endswith("]") else authority.rpartition(":")[0] or authority
    return (authority,) if bare == authority else (authority, bare)


# --- TC3 ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tc3Authorization:
    """A parsed TC3 ``Authorization`` header.

    Attributes:
        secret_id: Who signs; may hold spaces.
        date: ``YYYY-MM-DD`` of the credential scope.
        service: Service of the credential scope, ``vod``.
        signed: Names of the signed headers, in their order.
        signature: Hex.
    """

    secret_id: str
    date: str
    service: str
    signed: tuple[str, ...]
    signature: str


_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256\s+Credential=(?P<id>[^/]+)/(?P<date>\d{4}-\d\d-\d\d)/(?P<service>[a-z0-9_-]+)/tc3_request,"
    r"\s*SignedHeaders=(?P<signed>[A-Za-z0-9;_-]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


def parse_tc3(authorization: str) -> Tc3Authorization | None:
    """Take an ``Authorization`` header apart; ``None`` if it is not a well-formed TC3 one."""
    found = _AUTHORIZATION.fullmatch(authorization.strip())
    if found is None:
        return None
    signed = tuple(name for name in found["signed"].lower().split(";") if name)
    return Tc3Authorization(found["id"], found["date"], found["service"], signed, found["signature"])


def _tc3_signature(
    secret_key: str,
    service: str,
    timestamp: int,
    method: str,
    query: str,
    headers: Iterable[tuple[str, str]],
    payload_hash: str,
) -> str:
    pairs = list(headers)
    canonical = "\n".join(
        (
            method,
            "/",
            query if method == "GET" else "",
            "".join(f"{name}:{value.strip()}\n" for name, value in pairs),
            ";".join(name for name, _ in pairs),
            payload_hash,
        )
    )
    date = utc_date(timestamp)
    scope = f"{date}/{service}/tc3_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{TC3}\n{timestamp}\n{scope}\n{hashed}"
    key = _hmac256(_hmac256(_hmac256(f"TC3{secret_key}".encode(), date), service), "tc3_request")
    return _hmac256(key, text).hex()


def utc_date(timestamp: int) -> str:
    """The UTC date of a Unix time, ``YYYY-MM-DD``."""
    return time.strftime("%Y-%m-%d", time.gmtime(timestamp))


def _payload_hash(method: str, payload: bytes | str) -> str:
    if payload == UNSIGNED_PAYLOAD:
        return hashlib.sha256(UNSIGNED_PAYLOAD.encode()).hexdigest()
    raw = payload.encode() if isinstance(payload, str) else payload
    return hashlib.sha256(b"" if method == "GET" else raw).hexdigest()


def sign_tc3(
    secret_id: str,
    secret_key: str,
    *,
    host: str,
    content_type: str,
    payload: bytes | str,
    timestamp: int,
    method: str = "POST",
    query: str = "",
    service: str = "vod",
    extra: Mapping[str, str] | None = None,
) -> str:
    """The ``Authorization`` header of one API request (tencent.md §A.3).

    Args:
        secret_id, secret_key: Who signs.
        host: Value of the ``Host`` header, with the port if it carries one.
        content_type: Value of ``Content-Type``.
        payload: Raw body, or :data:`UNSIGNED_PAYLOAD`; ignored for GET unless unsigned.
        timestamp: Unix seconds, the value of ``X-TC-Timestamp``.
        method: ``POST`` or ``GET``.
        query: Raw query string (GET).
        service: Service of the credential scope.
        extra: Further headers to sign, lower-case name to value; values are lower-cased as the vendor does.
    """
    headers = {"content-type": content_type, "host": host}
    headers.update({name: value.lower() for name, value in (extra or {}).items()})
    signature = _tc3_signature(
        secret_key, service, timestamp, method, query, headers.items(), _payload_hash(method, payload)
    )
    scope = f"{utc_date(timestamp)}/{service}/tc3_request"
    return f"{TC3} Credential={secret_id}/{scope}, SignedHeaders={';'.join(headers)}, Signature={signature}"


def verify_tc3(
    authorization: Tc3Authorization,
    secret_key: str,
    *,
    method: str,
    query: str,
    headers: Mapping[str, str],
    authority: str,
    body: bytes,
    now: float,
) -> Verdict:
    """Verify one TC3 request.

    Args:
        authorization: From :func:`parse_tc3`.
        secret_key: The secret of ``authorization.secret_id``.
        method, query, body: As they arrived, raw.
        headers: Lower-case names, values as they arrived.
        authority: The request's host, with the port if it had one; both forms are tried.
        now: The server's clock, Unix seconds.
    """
    timestamp_text = headers.get("x-tc-timestamp", "")
    if not {"content-type", "host"} <= set(authorization.signed) or not timestamp_text.isdecimal():
        return Verdict.INVALID
    if any(name != "host" and name not in headers for name in authorization.signed):
        return Verdict.INVALID
    timestamp = int(timestamp_text[:12])
    if abs(now - timestamp) > MAX_SKEW:
        return Verdict.EXPIRED
    if authorization.date != utc_date(timestamp):
        return Verdict.SIGNATURE
    unsigned = headers.get("x-tc-content-sha256") == UNSIGNED_PAYLOAD
    payload_hash = _payload_hash(method, UNSIGNED_PAYLOAD if unsigned else body)
    for host in host_forms(authority):
        values = [(name, host if name == "host" else headers[name]) for name in authorization.signed]
        folded = [(name, value.lower()) for name, value in values]
        for pairs in (values, folded) if folded != values else (values,):
            expected = _tc3_signature(
                secret_key, authorization.service, timestamp, method, query, pairs, payload_hash
            )
            if _same(expected, authorization.signature):
                return Verdict.OK
    return Verdict.SIGNATURE


# --- v1 ----------------------------------------------------------------------------------------------


def sign_v1(
    secret_key: str, params: Mapping[str, str], *, host: str, method: str = "POST", path: str = "/"
) -> str:
    """The ``Signature`` parameter of a v1 request (tencent.md §A.4).

    Args:
        secret_key: The signer's secret.
        params: All parameters, flattened, as raw text; a ``Signature`` among them is left out.
        host: The endpoint as the client was configured with it.
        method: ``POST`` or ``GET``.
        path: Request path.
    """
    algorithm = hashlib.sha256 if params.get("SignatureMethod") == _HMAC_SHA256 else hashlib.sha1
    pairs = "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "Signature")
    source = f"{method}{host}{path}?{pairs}"
    digest = hmac.new(secret_key.encode(), source.encode("utf-8", "surrogatepass"), algorithm).digest()
    return base64.b64encode(digest).decode()


def verify_v1(
    secret_key: str, params: Mapping[str, str], *, authority: str, method: str, now: float
) -> Verdict:
    """Verify one v1 request from its decoded parameters; the host is tried with and without its port."""
    given, timestamp = params.get("Signature", ""), params.get("Timestamp", "")
    if not given or not timestamp.isdecimal():
        return Verdict.INVALID
    if params.get("SignatureMethod", _HMAC_SHA1) not in (_HMAC_SHA1, _HMAC_SHA256):
        return Verdict.INVALID
    if abs(now - int(timestamp[:12])) > MAX_SKEW:
        return Verdict.EXPIRED
    matches = (
        _same(sign_v1(secret_key, params, host=h, method=method), given) for h in host_forms(authority)
    )
    return Verdict.OK if any(matches) else Verdict.SIGNATURE


# --- upload signatures of browsers -------------------------------------------------------------------


def sign_upload(secret_key: str, original: str) -> str:
    """The upload signature over ``original`` (tencent.md §B.11)."""
    raw = original.encode()
    return base64.b64encode(hmac.new(secret_key.encode(), raw, hashlib.sha1).digest() + raw).decode()


def upload_signature(
    secret_id: str, secret_key: str, *, now: int, life: int, random: int, **options: str | int
) -> str:
    """A signature that lets a browser upload for ``life`` seconds.

    Args:
        secret_id, secret_key: Who vouches.
        now: Unix seconds.
        life: Seconds until it expires.
        random: A number never used twice, 32 bits.
        **options: ``classId``, ``procedure``, ``sourceContext``, ``oneTimeValid``, ``vodSubAppId`` ...
    """
    fields: dict[str, str | int] = {
        "secretId": secret_id,
        "currentTimeStamp": now,
        "expireTime": now + life,
        "random": random,
        **options,
    }
    return sign_upload(
        secret_key, "&".join(f"{name}={quote(str(value), safe='')}" for name, value in fields.items())
    )


@dataclass(frozen=True, slots=True)
class UploadSignature:
    """A parsed upload signature: its fields by name, decoded, and what is needed to verify it."""

    fields: Mapping[str, str]
    original: str
    digest: bytes


def parse_upload_signature(text: str) -> UploadSignature | None:
    """Take an upload signature apart; ``None`` if it is not one."""
    try:
        raw = base64.b64decode(text, validate=True)
        original = raw[20:].decode()
    except (binascii.Error, ValueError):
        return None
    fields = {name: values[-1] for name, values in parse_qs(original, keep_blank_values=True).items()}
    return UploadSignature(fields, original, raw[:20]) if fields.get("secretId") else None


def verify_upload_signature(signature: UploadSignature, secret_key: str, *, now: float) -> Verdict:
    """Verify a browser's upload signature against the secret of its ``secretId``."""
    expires = signature.fields.get("expireTime", "")
    if not expires.isdecimal():
        return Verdict.INVALID
    expected = hmac.new(secret_key.encode(), signature.original.encode(), hashlib.sha1).digest()
    if not hmac.compare_digest(expected, signature.digest):
        return Verdict.SIGNATURE
    return Verdict.EXPIRED if now > int(expires[:12]) else Verdict.OK


# --- callbacks ---------------------------------------------------------------------------------------


def sign_callback(sign_key: str, expires: str) -> str:
    """The ``Sign`` of a pushed event, for its ``T`` (tencent.md §B.10)."""
    return hashlib.md5(f"{sign_key}{expires}".encode(), usedforsecurity=False).hexdigest()


def verify_callback(sign_key: str, sign: str, expires: str, *, now: float) -> Verdict:
    """Verify ``Sign`` and ``T`` of a pushed event."""
    if not expires.isdecimal():
        return Verdict.INVALID
    if not _same(sign_callback(sign_key, expires), sign):
        return Verdict.SIGNATURE
    return Verdict.EXPIRED if now > int(expires[:12]) else Verdict.OK


# --- playback ----------------------------------------------------------------------------------------

_PLAYBACK_SIGNED = ("t", "exper", "rlimit", "us", "whref", "bkref", "whreg", "bkreg")


def sign_playback(key: str, path: str, fields: Mapping[str, str]) -> str:
    """The ``sign`` of a key-protected URL (tencent.md §B.12).

    Args:
        key: The domain's key.
        path: URL path; what follows the last slash does not matter.
        fields: The query's fields by name (``t``, ``exper``, ``rlimit``, ``us`` ...), absent ones empty.
    """
    folder = path.rpartition("/")[0] + "/"
    text = key + folder + "".join(fields.get(name, "") for name in _PLAYBACK_SIGNED)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def playback_url(url: str, key: str, *, expires: int, **fields: str) -> str:
    """``url`` with its key protection added.

    Args:
        url: Address without a query.
        key: The domain's key, 8 to 20 letters and digits.
        expires: Unix seconds.
        **fields: ``exper`` (preview seconds), ``rlimit`` (number of addresses), ``us`` (a nonce) ...
    """
    signed = {"t": f"{expires:x}", **fields}
    given = "&".join(f"{name}={quote(signed[name], safe='')}" for name in _PLAYBACK_SIGNED if name in signed)
    return f"{url}?{given}&sign={sign_playback(key, urlsplit(url).path, signed)}"


def verify_playback(key: str, path: str, fields: Mapping[str, str], *, now: float) -> Verdict:
    """Verify a key-protected URL; any verdict but ``OK`` is answered by 403."""
    try:
        expires = int(fields.get("t", ""), 16)
    except ValueError:
        return Verdict.INVALID
    if not _same(sign_playback(key, path, fields), fields.get("sign", "")):
        return Verdict.SIGNATURE
    return Verdict.EXPIRED if now > expires + PLAYBACK_GRACE else Verdict.OK
