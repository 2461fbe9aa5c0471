"""One connection for one call, which remembers what the service answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import vodkit
from vodkit.core.contract import Exchange, Reply, UploadOptions
from vodkit.core.part import Saved
from vodkit.core.source import Item
from vodkit.providers.ucloud.client.bucket import Bucket
from vodkit.providers.ucloud.client.provider import UCloudProvider
from vodkit.providers.ucloud.client.session import UCloudSession
from vodkit.providers.ucloud.client.spaces import Gateway

from ._config import Defaults
from ._response import GOOD, Result, answered, failed

_NO_SPACE = "unused"
_OURS = frozenset(
    ("authorization", "bucket", "content-length", "content-md5", "content-type", "expires", "host", "range")
)
"""Headers that requests bring themselves."""


class Line:
    """A connection to one space.

    Args:
        defaults: The settings.
        public_key, private_key: The pair.
        space: Its name; ``None`` for management calls.
        header: The caller's headers; a content type among them is for the caller of this to pass on.
        resume: State of an upload that the ledger may not know.
        multipart: Whether even small files go in parts.

    Attributes:
        vod: The connection.
        last: The newest answer, or ``None``.
        session: The newest upload, or ``None``.
        exchange: The wire.

    Raises:
        vodkit.ConfigError: a value cannot be.
    """

    def __init__(
        self,
        defaults: Defaults,
        public_key: str,
        private_key: str,
        space: str | None,
        header: Mapping[str, str],
        *,
        resume: Mapping[str, Any] | None = None,
        multipart: bool = False,
        **settings: Any,
    ) -> None:
        options = defaults.connection() | settings
        vod: Any = vodkit.connect(
            "ucloud", public_key=public_key, private_key=private_key, space=space or _NO_SPACE, **options
        )
        self._headers = {name: value for name, value in header.items() if name.lower() not in _OURS}
        self._headers.setdefault("User-Agent", defaults.get_default("user_agent"))
        self.vod = vod
        provider: UCloudProvider = vod.provider
        self._provider = replace(
            provider, connection=replace(provider.connection, headers=self._headers), multipart=multipart
        )
        vod.provider = self
        self._resume = resume
        self.exchange = self._noted(self.vod.transport.bind())
        self.last: Reply | None = None
        self._refusal: Reply | None = None
        self.session: UCloudSession | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.vod.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def begin(
        self, items: Sequence[Item], options: UploadOptions, saved: Saved | None, exchange: Exchange
    ) -> UCloudSession:
        """See :meth:`vodkit.core.contract.Provider.begin`. What the ledger saved wins over ``resume``."""
        if saved is None and self._resume is not None:
            saved, self._resume = Saved(self._resume), None
        self.session = self._provider.begin(items, options, saved, self._noted(exchange))
        return self.session

    def wait_at_most(self, seconds: float) -> None:
        """Seconds between two tries, at most."""
        self.vod.settings = replace(self.vod.settings, backoff_base=seconds, backoff_cap=seconds)

    @property
    def bucket(self) -> Bucket:
        """The calls about the space."""
        return Bucket(self._provider.connection, self._provider.space, self.exchange)

    @property
    def gateway(self) -> Gateway:
        """The management calls."""
        return self._provider.gateway(self.exchange)

    def result(self) -> Result:
        """What the newest answer comes to."""
        assert self.last is not None
        return answered(self.last)

    def failure(self, error: vodkit.VodError) -> Result:
        """What a failure comes to."""
        return failed(error, self._refusal)

    def _noted(self, exchange: Exchange) -> Exchange:
        def noted(method: str, url: str, **more: Any) -> Reply:
            more["headers"] = {**self._headers, **(more.get("headers") or {})}
            reply = exchange(method, url, **more)
            self.last = reply
            if reply.status not in GOOD:
                self._refusal = reply
            return reply

        return noted
