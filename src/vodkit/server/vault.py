"""Sealing and signing with the service's own keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vodkit.core.errors import ConfigError

_NONCE = 12


class Vault:
    """AES-256-GCM for sealing, HMAC-SHA-256 for signing. Implements :class:`vodkit.server.contract.Vault`."""

    def __init__(self, seal_key: bytes, sign_key: bytes) -> None:
        self._cipher = AESGCM(seal_key)
        self._sign_key = sign_key

    def seal(self, data: bytes) -> str:
        """Encrypted, authenticated, URL-safe text; different each time."""
        nonce = secrets.token_bytes(_NONCE)
        return _text(nonce + self._cipher.encrypt(nonce, data, None))

    def unseal(self, text: str) -> bytes | None:
        """The inverse of :meth:`seal`; ``None`` for what this vault did not seal."""
        raw = _bytes(text)
        if raw is None or len(raw) < _NONCE:
            return None
        try:
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], None)
        except InvalidTag:
            return None

    def sign(self, purpose: str, text: str) -> str:
        """URL-safe signature of ``text``; signatures for different purposes have nothing in common."""
        key = hmac.digest(self._sign_key, purpose.encode(), hashlib.sha256)
        return _text(hmac.digest(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256))

    def verify(self, purpose: str, text: str, signature: str) -> bool:
        """Whether :meth:`sign` made ``signature``; takes the same time wherever they differ."""
        return hmac.compare_digest(self.sign(purpose, text).encode(), signature.encode("utf-8", "replace"))


def open_vault(path: Path) -> Vault:
    """The vault of a key file, which is made, for its owner only, when there is none.

    Raises:
        ConfigError: the file cannot be read as keys.
    """
    if not path.exists():
        _create(path)
    try:
        keys = json.loads(path.read_text())
        seal, sign = (base64.b64decode(keys[name], validate=True) for name in ("seal", "sign"))
        if len(seal) != 32 or len(sign) != 32:
            raise ValueError("wrong length")
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ConfigError(
            f"the service's keys in {path} cannot be read",
            advice="Restore the file from a backup; without it the stored secrets are lost",
        ) from problem
    return Vault(seal, sign)


def _create(path: Path) -> None:
    keys = {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in ("seal", "sign")}
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    write_private(fresh, json.dumps(keys) + "\n")
    try:
        os.link(fresh, path)
    except FileExistsError:
        # Another process made them first; theirs are as good.
        pass
    finally:
        fresh.unlink()
    sync_folder(path.parent)


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner may read, down to the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make a folder's entries durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
