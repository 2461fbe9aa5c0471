"""The room's client side as the engine sees it."""

from __future__ import annotations

from collections.abc import Sequence

from vodkit.core.capabilities import Capabilities
from vodkit.core.contract import Exchange, UploadOptions
from vodkit.core.part import Saved
from vodkit.core.source import Item

from ..errors import PROVIDER
from ..wire.values import MANIFEST_TYPES
from .api import Api
from .callbacks import TencentCallbacks
from .grant import segment_name
from .media import TencentMedia
from .options import apply_fields, is_manifest, refused
from .plan import MAX_OBJECT
from .session import TencentSession


class TencentProvider:
    """See :class:`vodkit.core.contract.Provider`.

    Args:
        api: How the API is reached.
        capabilities: What the room can do.
        sub_app: Application of every call, or ``None``.
        min_part_size: Fewest bytes of a part that is not the last.
    """

    name = PROVIDER
    needs: frozenset[str] = frozenset()

    def __init__(self, api: Api, capabilities: Capabilities, sub_app: int | None, min_part_size: int) -> None:
        self.capabilities = capabilities
        self.api = api
        self.sub_app = sub_app
        self._min_part_size = min_part_size

    def account(self) -> str:
        """The endpoint and the permanent key's id; temporary keys change and so do not count."""
        return f"{self.api.endpoint}/{self.api.credentials.identity}"

    def destination(self, options: UploadOptions) -> str:
        """Application, storage region and wanted path."""
        values = options.values
        parts = (
            values.get("sub_app", self.sub_app),
            values.get("storage_region"),
            values.get("storage_path"),
        )
        return "/".join("" if part is None else str(part) for part in parts)

    def check(self, items: Sequence[Item], options: UploadOptions) -> None:
        """Refuse what the vendor would refuse, before a byte is sent.

        Raises:
            InvalidRequest: an option, a file type or a size cannot be.
            ManifestError: a segment is not below its manifest.
        """
        fields = apply_fields(items, options, self.sub_app)
        if options.part_size is not None and options.part_size < self._min_part_size:
            raise refused(
                f"part_size is below {self._min_part_size} bytes",
                "Use larger parts; only the last part of a file may be smaller",
            )
        for item in items:
            if item.size is not None and item.size > MAX_OBJECT:
                raise refused(f"{item.name!r} is larger than the store takes", "Split it")
            if item.role == "segment":
                segment_name(item.name)
        if is_manifest(fields) and items[0].extension.lower() not in MANIFEST_TYPES:
            raise refused(
                f"{items[0].name!r} is not named like a manifest, so what it names would stay behind",
                "Give it the extension m3u8 or mpd",
            )
        if not is_manifest(fields) and any(item.role == "segment" for item in items):
            raise refused("there are segments, and the media is no manifest", "Set media_type to m3u8 or mpd")

    def begin(
        self, items: Sequence[Item], options: UploadOptions, saved: Saved | None, exchange: Exchange
    ) -> TencentSession:
        """See :meth:`vodkit.core.contract.Provider.begin`."""
        return TencentSession(
            self.api, exchange, items, apply_fields(items, options, self.sub_app), options, saved
        )

    def callbacks(self, exchange: Exchange) -> TencentCallbacks:
        """The calls about callbacks, over this wire."""
        return TencentCallbacks(self.media(exchange))

    def media(self, exchange: Exchange) -> TencentMedia:
        """The media calls, over this wire."""
        return TencentMedia(self.api, exchange, self.sub_app)
