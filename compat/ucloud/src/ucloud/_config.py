"""Settings that hold for every call of one half of the SDK."""

from __future__ import annotations

import platform
from typing import Any

BLOCKSIZE = 4 << 20

_MACHINE = f"{platform.system()}: {platform.machine()} : Python/{platform.python_version()}"
USER_AGENT = f"UCloud Python SDK 2.0.0 ({_MACHINE})"


class Defaults:
    """The settings of ``ucloud.uvideo`` or ``ucloud.ufile``; see :meth:`set_default`."""

    def __init__(self, upload_suffix: str, download_suffix: str) -> None:
        self._values: dict[str, Any] = {
            "connection_timeout": None,
            "expires": 300,
            "user_agent": USER_AGENT,
            "upload_suffix": upload_suffix,
            "download_suffix": download_suffix,
            "open_ssl": None,
        }

    def set_default(
        self,
        connection_timeout: float | None = None,
        expires: int | None = None,
        user_agent: str | None = None,
        uploadsuffix: str | None = None,
        downloadsuffix: str | None = None,
        open_ssl: bool | None = None,
    ) -> None:
        """Change settings; what is ``None``, ``0`` or empty stays as it is.

        Args:
            connection_timeout: Seconds to connect, to wait for an answer, and without a byte moving.
            expires: Seconds that signed download links live.
            user_agent: How requests introduce themselves.
            uploadsuffix: Host of uploads; with a leading dot, what follows the space in that host.
            downloadsuffix: What follows the space in the host of downloads.
            open_ssl: ``False`` speaks plain http, as the vendor's SDK does; ``True`` https. Unset, vodkit's
                setting ``https`` decides, which is on.

        Raises:
            ValueError: a suffix is no text.
        """
        for suffix in (uploadsuffix, downloadsuffix):
            if suffix is not None and not isinstance(suffix, str):
                raise ValueError("uploadsuffix and downloadsuffix are texts")
        given = {
            "connection_timeout": connection_timeout,
            "expires": expires,
            "user_agent": user_agent,
            "upload_suffix": uploadsuffix,
            "download_suffix": downloadsuffix,
        }
        self._values.update({name: value for name, value in given.items() if value})
        if open_ssl is not None:
            self._values["open_ssl"] = bool(open_ssl)

    def get_default(self, key: str) -> Any:
        """One setting. Raises ``KeyError`` for a name that is none."""
        return self._values[key]

    def connection(self) -> dict[str, Any]:
        """The settings as vodkit takes them; what is not set is left to its own configuration."""
        values = self._values
        upload, seconds = values["upload_suffix"], values["connection_timeout"]
        options: dict[str, Any] = {"download_suffix": values["download_suffix"]}
        if upload.startswith("."):
            options |= {"variant": "file", "upload_suffix": upload}
        else:
            options |= {"variant": "uvideo", "upload_host": upload}
        if seconds:
            options |= dict.fromkeys(("timeout", "connect_timeout", "stall_timeout"), float(seconds))
        if values["open_ssl"] is not None:
            options["https"] = values["open_ssl"]
        return options
