"""Keys of the cloud API."""

from __future__ import annotations


class Credential:
    """One key."""

    def __init__(self, secret_id: str, secret_key: str, token: str | None = None) -> None:
        self.secret_id = secret_id
        self.secret_key = secret_key
        self.token = token
