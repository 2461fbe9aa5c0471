"""The room's client side as the engine sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vodkit.core.capabilities import Capabilities
from vodkit.core.contract import Exchange, UploadOptions
from vodkit.core.part import Saved
from vodkit.core.source import Item

from ..errors import PROVIDER
from ..wire import MAX_OBJECT
from . import options as wanted
from .bucket import Bucket, Connection
from .media import UCloudMedia
from .session import UCloudSession
from .spaces import Gateway, UCloudSpaces


@dataclass
class UCloudProvider:
    """See :class:`vodkit.core.contract.Provider`.

    Attributes:
        capabilities: What the room can do.
        connection: How spaces are reached.
        space: The connection's own.
        link_life: Seconds that signed links live.
        api: Host of the management gateway.
        actions: Names of its actions, where they differ from the usual ones.
        name_parameter: What a space is called there.
        region: Of new spaces.
        project: ProjectId of management calls, or ``""``.
        multipart: Whether even what fits one block goes in parts; the UVideo variant's always does.
    """

    capabilities: Capabilities
    connection: Connection
    space: str
    link_life: int
    api: str
    actions: dict[str, str]
    name_parameter: str
    region: str
    project: str
    multipart: bool = False
    name: str = PROVIDER
    needs: frozenset[str] = field(default_factory=frozenset)

    def account(self) -> str:
        """Where the spaces are, and the public key."""
        return f"{self.connection.upload_suffix}/{self.connection.public_key}"

    def destination(self, options: UploadOptions) -> str:
        """Space and wanted key."""
        values = options.values
        return f"{values.get('space') or self.space}/{values.get('key') or ''}"

    def check(self, items: Sequence[Item], options: UploadOptions) -> None:
        """Refuse what the vendor would refuse, before a byte is sent.

        Raises:
            InvalidRequest: an option or the size cannot be.
        """
        wanted.read(items[0], options.values, self.space)
        size = items[0].size
        if size is not None and size > MAX_OBJECT:
            raise wanted.refused(f"{items[0].name!r} is larger than the service takes", "Split it")

    def begin(
        self, items: Sequence[Item], options: UploadOptions, saved: Saved | None, exchange: Exchange
    ) -> UCloudSession:
        """See :meth:`vodkit.core.contract.Provider.begin`."""
        item = items[0]
        read = wanted.read(item, options.values, self.space)
        bucket = Bucket(self.connection, read.space, exchange)
        multipart = self.multipart or bool(self.connection.upload_host)
        return UCloudSession(
            bucket, item, read, options, saved, multipart=multipart, link_life=self.link_life
        )

    def media(self, exchange: Exchange) -> UCloudMedia:
        """The media calls, over this wire."""
        return UCloudMedia(self.connection, exchange, self.space, self.link_life)

    def gateway(self, exchange: Exchange) -> Gateway:
        """The management calls, over this wire."""
        return Gateway(self.connection, exchange, self.api, self.actions, self.name_parameter, self.project)

    def spaces(self, exchange: Exchange) -> UCloudSpaces:
        """The calls about spaces, over this wire."""
        return UCloudSpaces(self.gateway(exchange), self.region)
