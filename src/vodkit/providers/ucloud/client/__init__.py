"""The client of UCloud UVideo and US3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from vodkit.core.errors import ConfigError, MissingCredentials
from vodkit.engine.vod import Shared, Vod, engine_settings

from .. import CAPABILITIES
from ..errors import PROVIDER
from ..sign import SCHEMES
from ..wire import API_HOST, is_bucket
from .bucket import Connection
from .media import UCloudMedia
from .provider import UCloudProvider
from .spaces import UCloudSpaces, read_actions

__all__ = ["UCloud", "UCloudMedia", "UCloudSpaces"]


class UCloud(Vod):
    """A connection to UCloud's UVideo or US3, or to a vodkit service that speaks its protocol.

    A media's id is ``space/key``. Parts are as long as the service says (4 MiB): ``part_size`` of an upload
    changes nothing.

    Args:
        public_key: Public key of an API key pair, or of a token.
        private_key: Its private key.
        space: Space (bucket) that is uploaded to and listed.
        upload_suffix: What follows the space in the host of uploads, with its leading dot.
        download_suffix: The same for downloads, queries and deletion.
        variant: ``file``, or ``uvideo``: uploads go to ``upload_host``, which is told the space in a header.
        upload_host: Host of the ``uvideo`` variant.
        word: Scheme word of the ``Authorization`` header, ``UCloud`` or ``AutoAI``.
        https: Speak https.
        link_life: Seconds that signed download links live.
        api: Host of the management API.
        actions: Names of management actions, where they are not the usual ones.
        name_parameter: What management calls call a space.
        region: Region of new spaces.
        project: ProjectId of management calls.
        **shared: What every provider takes (``service``, ``parallel``, ``state_dir`` ...).

    Raises:
        MissingCredentials: there is no key pair.
        ConfigError: a value cannot be.
    """

    def __init__(
        self,
        public_key: str,
        private_key: str,
        space: str,
        *,
        upload_suffix: str = ".cn-bj.ufileos.com",
        download_suffix: str = ".cn-bj.ufileos.com",
        variant: str = "file",
        upload_host: str = "uploadvideo.ucloud.cn",
        word: str = "UCloud",
        https: bool = True,
        link_life: int = 3600,
        api: str = API_HOST,
        actions: Mapping[str, str] | Iterable[str] | None = None,
        name_parameter: str = "BucketName",
        region: str = "cn-bj",
        project: str | None = None,
        **shared: Unpack[Shared],
    ) -> None:
        if not public_key or not private_key:
            raise MissingCredentials("public_key or private_key is empty", provider=PROVIDER)
        if ":" in public_key or not public_key.isprintable() or not public_key.isascii():
            raise _wrong("public_key is not one", "Copy it from the console; it has no colon")
        if not is_bucket(space):
            raise _wrong(f"{space!r} is not a space's name", "3 to 63 lower-case letters, digits, hyphens")
        for name, suffix in (("upload_suffix", upload_suffix), ("download_suffix", download_suffix)):
            if not suffix.startswith("."):
                raise _wrong(f"{name} is {suffix!r}", "Begin it with a dot, like .cn-bj.ufileos.com")
        if variant not in ("file", "uvideo"):
            raise _wrong(f"variant is {variant!r}", "It is file or uvideo")
        if word not in SCHEMES:
            raise _wrong(f"word is {word!r}", f"It is {' or '.join(SCHEMES)}")
        connection = Connection(
            public_key=public_key,
            private_key=private_key,
            word=word,
            scheme="https" if https else "http",
            upload_suffix=upload_suffix,
            download_suffix=download_suffix,
            upload_host=upload_host if variant == "uvideo" else "",
        )
        provider = UCloudProvider(
            capabilities=CAPABILITIES,
            connection=connection,
            space=space,
            link_life=link_life,
            api=api,
            actions=read_actions(actions),
            name_parameter=name_parameter,
            region=region,
            project=project or "",
        )
        super().__init__(provider, settings=engine_settings(**shared))
        self._store = provider.media(self._exchange)
        self._gateway = provider.gateway(self._exchange)

    @property
    def objects(self) -> UCloudMedia:
        """What the vendor can do with objects beyond ``media``: links, copy, rename, restore, classes."""
        return self._store

    def call(self, action: str, **fields: Any) -> dict[str, Any]:
        """Any management action by the vendor's names: ``vod.call("GetVideoSpaceStatus")``.

        Returns the answer's fields. It is sent once: whether it may be repeated is the caller's to know.

        Raises:
            VodError: the exchange failed, or the gateway refused; classified by its ``RetCode``.
        """
        return self._gateway.call(action, **fields)


def _wrong(message: str, advice: str) -> ConfigError:
    return ConfigError(message, provider=PROVIDER, advice=advice)
