"""The headers that sign a call of the API."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

from vodkit.providers.netease import sign


class Auth:
    """A key pair, and what the last call was signed with.

    Attributes:
        AppKey, AppSecret: The pair.
        Nonce, CurTime, CheckSum: Those of the last call; ``CheckSum`` is there after the first one.
    """

    CheckSum: str

    def __init__(self, AppKey: str, AppSecret: str) -> None:
        self.AppKey = AppKey
        self.AppSecret = AppSecret
        self._renew()

    def _renew(self) -> None:
        self.Nonce = secrets.token_hex(64)
        self.CurTime = int(time.time())

    def checkSumBuilder(self) -> None:
        """Sign the next call, with a fresh nonce and time."""
        self._renew()
        self.CheckSum = sign.checksum(self.AppSecret, self.Nonce, str(self.CurTime))

    def getVcloudHeaders(self) -> dict[str, str]:
        """The headers of the call that :meth:`checkSumBuilder` signed."""
        return {
            "Content-Type": "application/json;charset=utf-8",
            "AppKey": self.AppKey,
            "Nonce": self.Nonce,
            "CurTime": str(self.CurTime),
            "CheckSum": self.CheckSum,
        }

    def note(self, headers: Mapping[str, str]) -> None:
        """Keep what a call was signed with."""
        self.Nonce, self.CurTime = headers["Nonce"], int(headers["CurTime"])
        self.CheckSum = headers["CheckSum"]
