"""The connection to NetEase that the settings in :mod:`vcloud.config` ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import vodkit
from vodkit.engine.settings import default_state_dir

from . import config

_OPTIONS: Mapping[str, tuple[Any, str, Callable[[Any], Any]]] = {
    "VCLOUD_API_HOST": ("https://vcloud.163.com", "endpoint", str),
    "WANPROXY_HOST": ("http://wanproxy.127.net", "lbs", lambda host: [host]),
    "_BLOCK_SIZE": (4194304, "block_size", int),
    "CONNECTION_TIMEOUT": (30, "timeout", float),
    "CONNECTION_RETRIES": (3, "part_tries", lambda retries: 1 + max(1, int(retries))),
}
"""Names in :mod:`vcloud.config`: the value as shipped, vodkit's name, the value as vodkit takes it."""

_SHIPPED_FOLDER = str(default_state_dir())


def connect(key: str = "unused", secret: str = "unused") -> Any:
    """A :class:`vodkit.providers.netease.NetEase`; without a key, for requests that it does not sign.

    Only what was changed in :mod:`vcloud.config` is passed: ``VODKIT_*`` variables and a profile named
    ``netease`` say the rest.

    Raises:
        vodkit.ConfigError: a value cannot be.
    """
    options: dict[str, Any] = {}
    for name, (shipped, option, convert) in _OPTIONS.items():
        if (value := getattr(config, name)) != shipped:
            options[option] = convert(value)
    if config.TMP_FILE != _SHIPPED_FOLDER:
        options["state_dir"] = config.TMP_FILE
    return vodkit.connect("netease", app_key=key, app_secret=secret, **options)
