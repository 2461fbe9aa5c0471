"""Signing with a key pair."""

from __future__ import annotations

from typing import Any

from vodkit.providers.ucloud import sign, wire

__all__ = ["Auth"]


class Auth:
    """A key pair, and what it signs.

    Raises:
        ValueError: a key is empty, or no text.
    """

    def __init__(self, public_key: str, private_key: str) -> None:
        self.set_keys(public_key, private_key)

    def __repr__(self) -> str:
        return f"<Auth {self.public_key}>"

    def set_keys(self, public_key: str, private_key: str) -> None:
        """Use another pair from now on."""
        if not all(isinstance(key, str) and key for key in (public_key, private_key)):
            raise ValueError("invalid API keys")
        self.public_key = public_key
        self.private_key = private_key

    def bucket_signature(self, params: dict[str, Any]) -> str:
        """The signature of a management call; adds ``PublicKey`` to ``params``, which the caller sends."""
        params["PublicKey"] = self.public_key
        return sign.management_signature(self.private_key, wire.parameters(params))

    def ufile_signature(self, data: str) -> str:
        """The signature of a text that was put together by the rules of the file API."""
        return sign.signature(self.private_key, data)

    def ufile_authorization(self, data: str) -> str:
        """The value of an ``Authorization`` header for such a text."""
        return f"UCloud {self.public_key}:{self.ufile_signature(data)}"
