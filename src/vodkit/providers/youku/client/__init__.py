"""The client of the Youku open platform."""

from __future__ import annotations

from typing import Any, Unpack

from vodkit.engine.vod import Shared, Vod, engine_settings

from .. import CAPABILITIES
from .api import Api, Hosts
from .media import YoukuMedia
from .provider import YoukuProvider
from .tokens import Given, Source, Token, Tokens

__all__ = ["Token", "Youku", "YoukuMedia"]


class Youku(Vod):
    """A connection to the Youku open platform, or to a vodkit service that speaks its protocol.

    One of ``access_token``, ``refresh_token`` and ``tokens`` says who uploads; with ``service``,
    ``client_secret`` alone is enough. Renewed tokens are kept in the state folder, for its owner only, and
    used by later connections that are opened with the same settings.

    Args:
        client_id: Id of the application.
        client_secret: Its secret; the vendor asks for it when a code is exchanged.
        access_token: Of the user who uploads.
        refresh_token: For renewing it; each can be used once, and its successor is kept.
        tokens: In place of the two: a callable that returns an access token, called at first use and again
            whenever the platform says that the token is past its life.
        api: Host of the API.
        openapi: Host and base path of the older API, where the vendor left most of the calls.
        **shared: What every provider takes (``service``, ``parallel``, ``state_dir`` ...).

    Raises:
        MissingCredentials: nothing says who uploads.
        ConfigError: a value cannot be.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str | None = None,
        access_token: str | None = None,
        refresh_token: str | None = None,
        *,
        tokens: Source | None = None,
        api: str = "api.youku.com",
        openapi: str = "openapi.youku.com/v2",
        **shared: Unpack[Shared],
    ) -> None:
        settings = engine_settings(**shared)
        given = Given(client_id, client_secret or "", access_token or "", refresh_token or "", tokens)
        keeper = Tokens(given, settings.directory, [api, settings.service or ""], own=bool(settings.service))
        calls = Api(client_id, keeper, Hosts(api, openapi))
        provider = YoukuProvider(calls, CAPABILITIES)
        super().__init__(provider, settings=settings)
        self._api = calls
        self._store = provider.media(self._exchange)

    def authorize_url(self, redirect_uri: str, state: str = "") -> str:
        """Where the user agrees; the browser comes back to ``redirect_uri`` with ``code`` and ``state``."""
        return self._api.authorize_url(redirect_uri, state)

    def login(self, code: str, redirect_uri: str) -> Token:
        """Exchange a code for tokens, which this connection uses from now on and keeps for later ones.

        Raises:
            AuthError: the code is unknown, used or too old.
        """
        return self._api.login(self._exchange, code, redirect_uri)

    def refresh(self) -> Token:
        """Renew the access token now.

        Raises:
            AuthError: there is nothing to renew it with, or the platform refuses.
        """
        return self._api.refresh(self._exchange)

    def spec(self) -> dict[str, Any]:
        """The platform's limits: ``allowed_max_file_size`` in bytes and ``allowed_extensions``."""
        return self._store.spec()

    def call(self, path: str, *, post: bool = False, login: bool = False, **fields: Any) -> dict[str, Any]:
        """Any call of the older API: ``vod.call("videos/by_category", category="Music")``.

        Args:
            path: Without ``.json``.
            post: Send a form, as the calls that change something want it.
            login: Send the access token.
            fields: The call's parameters; those that are ``None`` are not sent.

        Raises:
            VodError: the exchange failed, or the platform refused.
        """
        return self._store.call(path, post=post, login=login, **fields)
