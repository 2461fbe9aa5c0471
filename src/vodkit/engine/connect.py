"""The dynamic door to every provider."""

from __future__ import annotations

from typing import Any

from vodkit.core import registry

from .aio import AsyncVod
from .profiles import choose
from .vod import Vod


def connect(name: str | None = None, /, **options: Any) -> Vod:
    """Connect to a provider.

    Args:
        name: A profile's or a provider's; ``None``: ``VODKIT_PROFILE``, ``VODKIT_PROVIDER``, the profile
            ``default``, or the only one there is.
        options: The provider's settings and the shared ones (:data:`vodkit.core.config.SHARED`); they win
            over the profile, which wins over ``VODKIT_<PROVIDER>_<SETTING>``.

    Raises:
        UnknownProvider, UnsupportedOption, MissingCredentials, ConfigError: nothing was sent; the message
            says what to do.
    """
    descriptor, arguments = choose(name, options)
    vod = registry.load(descriptor.client)(**arguments)
    assert isinstance(vod, Vod)
    return vod


def connect_async(name: str | None = None, /, **options: Any) -> AsyncVod:
    """As :func:`connect`, for asyncio; use the result as an async context manager."""
    return AsyncVod(connect(name, **options))
