"""The client of NetEase VOD."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from vodkit.core.errors import ConfigError
from vodkit.engine.vod import Shared, Vod, engine_settings

from .. import CAPABILITIES, wire
from ..errors import PROVIDER
from .api import Api
from .entries import Entries
from .media import Found, NetEaseCallbacks, NetEaseMedia
from .provider import NetEaseProvider

__all__ = ["Entries", "Found", "NetEase", "NetEaseCallbacks", "NetEaseMedia"]


class NetEase(Vod):
    """A connection to NetEase VOD, or to a vodkit service that speaks its protocol.

    Args:
        app_key: AppKey of the application.
        app_secret: Its AppSecret.
        endpoint: Host of the API.
        scheme: ``https``, or ``http`` for hosts that have nothing else.
        lbs: Hosts that name the upload nodes, in the order to ask them; the vendor offers them by plain http,
            ``https://HOST`` asks for TLS.
        block_size: Bytes of a block where an upload wants no other, at most 4 MiB.
        **shared: What every provider takes (``service``, ``state_dir`` ...).

    Raises:
        MissingCredentials: a key is missing.
        ConfigError: a value cannot be.
    """

    def __init__(
        self,
        app_key: str,
        app_secret: str,
        *,
        endpoint: str = "vcloud.163.com",
        scheme: str = "https",
        lbs: Sequence[str] | None = None,
        block_size: int = wire.BLOCK_SIZE,
        **shared: Unpack[Shared],
    ) -> None:
        if scheme not in ("http", "https"):
            raise ConfigError(f"scheme is {scheme!r}", provider=PROVIDER, advice="Choose https or http")
        if not 1 <= block_size <= wire.BLOCK_SIZE:
            raise ConfigError(
                f"block_size is {block_size}", provider=PROVIDER, advice="Choose 1 byte to 4 MiB"
            )
        lookups = tuple(_base(host, "http") for host in lbs or wire.LBS_HOSTS)
        api = Api(app_key, app_secret, _base(endpoint, scheme), lookups, timeout=shared.get("timeout"))
        provider = NetEaseProvider(api, CAPABILITIES, block_size)
        super().__init__(provider, settings=engine_settings(**shared))
        self._store = provider.media(self._exchange)

    @property
    def types(self) -> Entries:
        """The categories of videos."""
        return Entries(self._store, "type", "typeDelete")

    @property
    def presets(self) -> Entries:
        """The transcoding templates."""
        return Entries(self._store, "preset", "presetDelete")

    @property
    def watermarks(self) -> Entries:
        """The watermarks."""
        return Entries(self._store, "watermark", "delete")

    def query(self, *objects: str) -> list[Found]:
        """The ids of uploaded objects; see :meth:`NetEaseMedia.query`."""
        return self._store.query(objects)

    def call(self, operation: str, **params: Any) -> dict[str, Any]:
        """Any call of the API by the vendor's names: ``vod.call("transcode", vids=[7], sdMp4=1)``.

        Returns the members of ``ret``. It is sent once: whether it may be repeated is the caller's to know.

        Raises:
            VodError: the exchange failed, or the API refused; classified by its code.
        """
        return self._store.call(operation, **params)


def _base(host: str, scheme: str) -> str:
    """A base address from a host, which may bring its own scheme."""
    return (host if "://" in host else f"{scheme}://{host}").rstrip("/")
