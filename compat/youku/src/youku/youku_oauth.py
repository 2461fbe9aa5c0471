"""Tokens."""

from __future__ import annotations

from typing import Any

from ._calls import Calls


class YoukuOauth(Calls):
    """Gets and renews access tokens. What it gets is the caller's alone: nothing of it is kept here.

    Args:
        client_id: Id of the application.
        client_secret: Its secret.
        redirect_uri: Where the browser comes back to.
    """

    def __init__(self, client_id: str, client_secret: str, redirect_uri: str) -> None:
        super().__init__(client_id)
        self.client_secret = client_secret
        self.redirect_uri = redirect_uri

    def authorize_url(self, state: str = "") -> str:
        """Where the user agrees; the browser comes back with ``code`` and ``state``."""
        return self._connect(self.client_id).authorize_url(self.redirect_uri, state)

    def get_token_by_code(self, code: Any) -> Any:
        """Exchange a code for tokens: the answer as it came."""
        fields = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
        }
        return self._ask("POST", "oauth2/token", fields, old=True)

    def refresh_token(self, refresh_token: Any) -> Any:
        """Exchange a refresh token for fresh tokens: the answer as it came."""
        fields = {
            "client_id": self.client_id,
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
        }
        return self._ask("POST", "oauth2/token.json", fields, old=False)

    def get_token_by_password(self, username: Any, password: Any) -> Any:
        """Tokens for a user's name and password, where the platform allows that: the answer as it came."""
        fields = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "grant_type": "password",
            "username": username,
            "password": password,
        }
        return self._ask("POST", "oauth2/token", fields, old=True)
