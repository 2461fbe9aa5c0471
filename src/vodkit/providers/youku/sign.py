"""OAuth values and their checks. Nothing on this wire is signed: who holds a token is who it names (§3)."""

from __future__ import annotations

import hashlib
import hmac
import secrets


def new_token() -> str:
    """A fresh access token, refresh token or code: 32 hex digits, 128 random bits."""
    return secrets.token_hex(16)


def new_upload_token() -> str:
    """A fresh upload token: 192 random bits in letters that no URL needs to escape: many clients do not."""
    return secrets.token_urlsafe(24)


def fingerprint(token: str) -> str:
    """What is kept of a token in its stead: its SHA-256, in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def same(first: str, second: str) -> bool:
    """Whether two secrets are the same; takes the same time wherever they differ."""
    return hmac.compare_digest(first.encode("utf-8", "replace"), second.encode("utf-8", "replace"))


def password_matches(given: str, password: str) -> bool:
    """Whether a password is right, in clear or, as the vendor's own sample sends it, as its MD5 in hex."""
    digest = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
    return same(given, password) or same(given.lower(), digest)
