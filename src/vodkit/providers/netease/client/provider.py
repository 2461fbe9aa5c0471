"""The room's client side as the engine sees it."""

from __future__ import annotations

from collections.abc import Sequence

from vodkit.core.capabilities import Capabilities
from vodkit.core.contract import Exchange, UploadOptions
from vodkit.core.part import Saved
from vodkit.core.source import Item

from .. import wire
from ..errors import PROVIDER
from .api import Api
from .media import NetEaseCallbacks, NetEaseMedia
from .options import init_fields, refused
from .session import NetEaseSession


class NetEaseProvider:
    """See :class:`vodkit.core.contract.Provider`.

    Args:
        api: How the vendor is reached.
        capabilities: What the room can do.
        block_size: Bytes of a block where the caller wants no other.
    """

    name = PROVIDER
    needs: frozenset[str] = frozenset()

    def __init__(self, api: Api, capabilities: Capabilities, block_size: int) -> None:
        self.capabilities = capabilities
        self.api = api
        self._block_size = block_size

    def account(self) -> str:
        """The API host and the AppKey."""
        return f"{self.api.base.partition('://')[2]}/{self.api.key}"

    def destination(self, options: UploadOptions) -> str:
        """Nowhere in particular: the vendor names bucket and object."""
        return ""

    def check(self, items: Sequence[Item], options: UploadOptions) -> None:
        """Refuse what the vendor would refuse, before a byte is sent.

        Raises:
            InvalidRequest: an option or the block size cannot be.
        """
        init_fields(items[0].name, options.values)
        if options.part_size is not None and options.part_size > wire.BLOCK_SIZE:
            raise refused(
                f"part_size is above {wire.BLOCK_SIZE} bytes", "NetEase takes blocks of at most 4 MiB"
            )

    def begin(
        self, items: Sequence[Item], options: UploadOptions, saved: Saved | None, exchange: Exchange
    ) -> NetEaseSession:
        """See :meth:`vodkit.core.contract.Provider.begin`."""
        fields = init_fields(items[0].name, options.values)
        return NetEaseSession(
            self.api, exchange, items[0], fields, options.part_size or self._block_size, saved
        )

    def media(self, exchange: Exchange) -> NetEaseMedia:
        """The media calls, over this wire."""
        return NetEaseMedia(self.api, exchange)

    def callbacks(self, exchange: Exchange) -> NetEaseCallbacks:
        """The calls about callbacks, over this wire."""
        return NetEaseCallbacks(self.api, exchange)
