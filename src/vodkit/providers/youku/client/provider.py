"""The room's client side as the engine sees it."""

from __future__ import annotations

from collections.abc import Sequence

from vodkit.core.capabilities import Capabilities
from vodkit.core.contract import Exchange, UploadOptions
from vodkit.core.part import Saved
from vodkit.core.source import Item

from ..errors import PROVIDER
from .api import Api
from .media import YoukuMedia
from .options import create_fields, refused
from .session import YoukuSession


class YoukuProvider:
    """See :class:`vodkit.core.contract.Provider`.

    Args:
        api: How the platform is reached.
        capabilities: What the room can do.
    """

    name = PROVIDER
    needs: frozenset[str] = frozenset({"size", "md5"})

    def __init__(self, api: Api, capabilities: Capabilities) -> None:
        self.api = api
        self.capabilities = capabilities

    def account(self) -> str:
        """The host and the application."""
        return f"{self.api.hosts.api}/{self.api.client_id}"

    def destination(self, options: UploadOptions) -> str:
        """``""``: a user's videos are all in one place."""
        return ""

    def check(self, items: Sequence[Item], options: UploadOptions) -> None:
        """Refuse what the platform would refuse, before a byte is sent.

        Raises:
            InvalidRequest: an option cannot be, or there is more than one file.
        """
        if len(items) != 1:
            raise refused("a video is one file", "Upload the files one by one")
        create_fields(items[0], options)

    def begin(
        self, items: Sequence[Item], options: UploadOptions, saved: Saved | None, exchange: Exchange
    ) -> YoukuSession:
        """See :meth:`vodkit.core.contract.Provider.begin`."""
        return YoukuSession(self.api, exchange, items[0], options, saved)

    def media(self, exchange: Exchange) -> YoukuMedia:
        """The media calls, over this wire."""
        return YoukuMedia(self.api, exchange)
