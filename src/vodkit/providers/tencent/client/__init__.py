"""The client of Tencent Cloud VOD."""

from __future__ import annotations

from typing import Any, Unpack

from vodkit.engine.vod import Shared, Vod, engine_settings

from .. import CAPABILITIES
from ..cos.wire import MIN_PART
from .api import Api
from .credentials import Credential, Credentials, Source
from .directory import Classes, MediaClass, SubApp, SubApps
from .media import TencentMedia
from .provider import TencentProvider

__all__ = ["Classes", "Credential", "MediaClass", "SubApp", "SubApps", "Tencent", "TencentMedia"]


class Tencent(Vod):
    """A connection to Tencent Cloud VOD, or to a vodkit service that speaks its protocol.

    Args:
        secret_id: SecretId of a cloud API key.
        secret_key: Its SecretKey.
        token: Session token, where the key is a temporary one.
        credentials: In place of the three: a callable that returns ``(secret_id, secret_key, token)``, called
            at first use and again whenever the provider says that a key is past its life.
        region: Region of the API that is called; where media are stored is ``storage_region`` of an upload.
        sub_app: Application (SubAppId) of every call.
        endpoint: Host of the API, ``vod.intl.tencentcloudapi.com`` for international accounts.
        language: Of the vendor's error messages, ``en-US`` or ``zh-CN``.
        min_part_size: Fewest bytes that ``part_size`` may ask for. The vendor's store refuses parts below
            1 MiB; with ``service`` any size may be asked for, and the service's own limit counts.
        **shared: What every provider takes (``service``, ``parallel``, ``state_dir`` ...).

    Raises:
        MissingCredentials: there is neither a key nor a callable.
        ConfigError: a value cannot be.
    """

    def __init__(
        self,
        secret_id: str | None = None,
        secret_key: str | None = None,
        token: str | None = None,
        *,
        credentials: Source | None = None,
        region: str = "ap-guangzhou",
        sub_app: int | None = None,
        endpoint: str = "vod.tencentcloudapi.com",
        language: str = "en-US",
        min_part_size: int | None = None,
        **shared: Unpack[Shared],
    ) -> None:
        fixed = None if credentials else Credential(secret_id or "", secret_key or "", token or "")
        api = Api(Credentials(credentials, fixed), endpoint, region, language)
        if min_part_size is None:
            min_part_size = 1 if shared.get("service") else MIN_PART
        provider = TencentProvider(api, CAPABILITIES, sub_app, min_part_size)
        super().__init__(provider, settings=engine_settings(**shared))
        self._store = provider.media(self._exchange)

    @property
    def classes(self) -> Classes:
        """The tree of classes that media are sorted into."""
        return Classes(self._store)

    @property
    def sub_apps(self) -> SubApps:
        """The account's applications."""
        return SubApps(self._store)

    def describe(self, *ids: str, filters: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """The vendor's own description of up to 20 media; see :meth:`TencentMedia.describe`."""
        return self._store.describe(ids, filters=filters)

    def call(self, action: str, **fields: Any) -> dict[str, Any]:
        """Any action of the API by the vendor's names: ``vod.call("DescribeTaskDetail", TaskId="...")``.

        Returns the answer's fields. It is sent once: whether it may be repeated is the caller's to know.

        Raises:
            VodError: the exchange failed, or the API refused; classified by its code.
        """
        return self._store.call(action, **fields)
