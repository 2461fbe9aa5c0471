"""Signatures of UCloud: file API (header, URL, upload policy) and management API. Both ends. No I/O.

The vendor's SDKs disagree on what they sign, so :func:`verify` tries a short, closed list of forms
(ucloud.md §2.3) and accepts the first that matches.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

SCHEMES = ("UCloud", "AutoAI")
HEADER_PREFIX = {"UCloud": "x-ucloud-", "AutoAI": "x-autoai-"}
COPY_HEADERS = ("x-ufile-copy-source", "x-ufile-copy-source-range")
KEY_PARAMETERS = ("UCloudPublicKey", "AutoAIPublicKey")
_AUTHORIZATION = re.compile(
    r"(?P<scheme>UCloud|AutoAI)\s+(?P<key>.+):(?P<signature>[A-Za-z0-9+/]{27}=)(?::(?P<policy>[A-Za-z0-9_\-+/=]+))?"
)
_LINE_BREAK = re.compile(r"[ \t]*[\r\n]+[ \t]*")

Headers = Sequence[tuple[str, str]]
"""Names as they came, repeated ones repeated."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """The ``Authorization`` header taken apart (ucloud.md §2.1).

    Attributes:
        scheme: ``UCloud`` or ``AutoAI``.
        key: Public key.
        signature: Base64.
        policy: The encoded upload policy, or ``""``.
    """

    scheme: str
    key: str
    signature: str
    policy: str


def parse_authorization(text: str) -> Authorization | None:
    """The header taken apart, or ``None`` when it is malformed or of another scheme."""
    found = _AUTHORIZATION.fullmatch(text.strip())
    if found is None:
        return None
    return Authorization(found["scheme"], found["key"], found["signature"], found["policy"] or "")


def canonical_headers(headers: Headers, prefixes: Iterable[str], names: Iterable[str] = ()) -> str:
    """The headers with these prefixes or names: lower case, sorted, merged, ended by a line feed (§2.2)."""
    starts, exact = tuple(prefixes), frozenset(names)
    merged: dict[str, list[str]] = {}
    for name, value in headers:
        lower = name.lower()
        if lower.startswith(starts) or lower in exact:
            merged.setdefault(lower, []).append(_LINE_BREAK.sub(" ", value).strip())
    return "".join(f"{name}:{','.join(values)}\n" for name, values in sorted(merged.items()))


def string_to_sign(
    method: str,
    resource: str,
    *,
    md5: str = "",
    content_type: str = "",
    date: str = "",
    headers: str = "",
    policy: str = "",
) -> str:
    """What is signed (ucloud.md §2.1).

    Args:
        method: Upper case.
        resource: ``/bucket/key`` with the raw key.
        md5, content_type, date: The headers' exact values, ``""`` where not sent; for a URL, ``date`` is
            the expiry.
        headers: What :func:`canonical_headers` made.
        policy: The encoded upload policy.
    """
    return f"{method}\n{md5}\n{content_type}\n{date}\n{headers}{resource}{policy}"


def signature(private_key: str, text: str) -> str:
    """Base64 of HMAC-SHA1 (ucloud.md §2.1)."""
    return base64.b64encode(hmac.digest(private_key.encode(), text.encode(), "sha1")).decode()


def resource(bucket: str, key: str) -> str:
    """The resource of an object, or, with an empty key, of the bucket."""
    return f"/{bucket}/{key}"


def authorization(
    public_key: str,
    private_key: str,
    method: str,
    bucket: str,
    key: str,
    *,
    headers: Mapping[str, str] | None = None,
    content_type: str | None = None,
    policy: str = "",
    scheme: str = "UCloud",
) -> str:
    """The ``Authorization`` header of a file-API request (ucloud.md §2.1).

    Args:
        headers: The headers that go out.
        content_type: For a form upload, the type of its file part; else that of the headers is signed.
        policy: The encoded upload policy.
    """
    given = list((headers or {}).items())
    lower = {name.lower(): value for name, value in given}
    text = string_to_sign(
        method,
        resource(bucket, key),
        md5=lower.get("content-md5", ""),
        content_type=lower.get("content-type", "") if content_type is None else content_type,
        date=lower.get("date", ""),
        headers=canonical_headers(given, [HEADER_PREFIX["UCloud"]]),
        policy=policy,
    )
    tail = f":{policy}" if policy else ""
    return f"{scheme} {public_key}:{signature(private_key, text)}{tail}"


def url_signature(private_key: str, method: str, bucket: str, key: str, expires: str) -> str:
    """The ``Signature`` of a signed URL (ucloud.md §2.4); ``expires`` is ``""`` for a link without end."""
    return signature(private_key, string_to_sign(method, resource(bucket, key), date=expires))


def listing_tail(query: str) -> str:
    """What one vendor SDK appends to the resource of ``?listobjects`` (ucloud.md §2.3 b)."""
    values = dict(parse_qsl(query, keep_blank_values=True))
    names = ("delimiter", "marker", "max-keys", "prefix")
    return "\nlistobjects\n" + "\n".join(f"{name}:{values.get(name, '')}" for name in names)


def _resources(bucket: str, key: str, query: str) -> Iterator[str]:
    yield resource(bucket, key)
    names = [piece.partition("=")[0] for piece in query.split("&")]
    if not key and "listobjects" in names:
        yield resource(bucket, key) + listing_tail(query)
    if names == ["append", "position"]:
        yield f"{resource(bucket, key)}?{query}"


def _header_forms(headers: Headers, scheme: str) -> Iterator[str]:
    prefixes = [HEADER_PREFIX["UCloud"]] + ([HEADER_PREFIX["AutoAI"]] if scheme == "AutoAI" else [])
    forms = (
        canonical_headers(headers, prefixes),
        canonical_headers(headers, prefixes, COPY_HEADERS),
        canonical_headers(headers, [*prefixes, "x-ufile-"]),
    )
    yield from dict.fromkeys(forms)


def verify(
    given: Authorization,
    private_key: str,
    *,
    method: str,
    bucket: str,
    key: str,
    query: str,
    headers: Headers,
    content_type: str | None = None,
) -> bool:
    """Whether a request's signature is one of those that the vendor's SDKs make (ucloud.md §2.3).

    Args:
        given: The header, taken apart.
        private_key: The key pair's private half.
        method, bucket, key, query: The request; ``key`` percent-decoded, ``query`` raw.
        headers: All headers of the request.
        content_type: For a form upload, the type of its file part.
    """
    lower = {name.lower(): value for name, value in headers}
    matched = False
    for form in _header_forms(headers, given.scheme):
        for target in _resources(bucket, key, query):
            text = string_to_sign(
                method,
                target,
                md5=lower.get("content-md5", ""),
                content_type=lower.get("content-type", "") if content_type is None else content_type,
                date=lower.get("date", ""),
                headers=form,
                policy=given.policy,
            )
            matched |= hmac.compare_digest(signature(private_key, text).encode(), given.signature.encode())
    return matched


@dataclass(frozen=True, slots=True)
class UrlSignature:
    """A signed URL's query taken apart (ucloud.md §2.4).

    Attributes:
        key: Public key.
        expires: Absolute Unix seconds as text; ``""`` for a link without end.
        signature: Base64.
    """

    key: str
    expires: str
    signature: str


def parse_url_signature(query: str) -> UrlSignature | None:
    """The signature that a raw query carries, or ``None``.

    One SDK does not percent-encode the values, so what decodes to a blank was a ``+`` (ucloud.md §2.4).
    """
    values = dict(parse_qsl(query, keep_blank_values=True))
    key = next((values[name] for name in KEY_PARAMETERS if values.get(name)), None)
    if key is None or not values.get("Signature"):
        return None
    expires = values.get("Expires", "")
    return UrlSignature(
        key.replace(" ", "+"), "" if expires == "None" else expires, values["Signature"].replace(" ", "+")
    )


def verify_url(
    given: UrlSignature,
    private_key: str,
    method: str,
    bucket: str,
    key: str,
    *,
    headers: Mapping[str, str] | None = None,
) -> bool:
    """Whether a signed URL is right; its expiry is the caller's to check, and first (ucloud.md §2.4).

    A link that was signed for an MD5 or a type holds for requests with just these ``headers`` (lower case);
    one that was signed for none holds for any.
    """
    sent = headers or {}
    bound = string_to_sign(
        method,
        resource(bucket, key),
        md5=sent.get("content-md5", ""),
        content_type=sent.get("content-type", ""),
        date=given.expires,
    )
    matched = False
    for form in (
        url_signature(private_key, method, bucket, key, given.expires),
        signature(private_key, bound),
    ):
        matched |= hmac.compare_digest(form.encode(), given.signature.encode())
    return matched


def encode_policy(policy: Mapping[str, Any]) -> str:
    """An upload policy as it goes into the header (ucloud.md §2.5)."""
    return base64.urlsafe_b64encode(json.dumps(policy, separators=(",", ":")).encode()).decode()


def decode_policy(text: str) -> dict[str, Any] | None:
    """An upload policy, or ``None``. Either base64 alphabet, and backslashed quotes, as SDKs send (§2.5)."""
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    for candidate in (raw, raw.replace('\\"', '"')):
        try:
            data = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(data, dict):
            return data
    return None


def management_signature(private_key: str, parameters: Mapping[str, str]) -> str:
    """The ``Signature`` of a management call: SHA-1 over the sorted parameters and the key (ucloud.md §7.1).

    ``parameters`` are raw texts, ``PublicKey`` among them; ``Signature`` itself is left out.
    """
    joined = "".join(name + parameters[name] for name in sorted(parameters) if name != "Signature")
    return hashlib.sha1((joined + private_key).encode()).hexdigest()


def verify_management(private_key: str, parameters: Mapping[str, str]) -> bool:
    """Whether a management call's ``Signature`` is right."""
    right = management_signature(private_key, parameters)
    return hmac.compare_digest(right.encode(), parameters.get("Signature", "").lower().encode())
