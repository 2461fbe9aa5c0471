"""Where events are pushed to (tencent.md §B.10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vodkit.core.errors import UnsupportedOption

from ..errors import PROVIDER
from .media import TencentMedia
from .options import text

_SWITCHES = {
    "uploads": "UploadMediaCompleteEventSwitch",
    "deletions": "DeleteMediaCompleteEventSwitch",
    "persistence": "PersistenceCompleteEventSwitch",
}


class TencentCallbacks:
    """See :class:`vodkit.core.contract.CallbackStore`."""

    def __init__(self, media: TencentMedia) -> None:
        self._media = media

    def get(self) -> Mapping[str, Any]:
        """What is set now: ``url`` (``""`` for none), ``mode`` (``PUSH`` or ``PULL``), ``uploads``,
        ``deletions`` and ``persistence``."""
        found = self._media.call("DescribeEventConfig")
        switches = {name: found.get(field) == "ON" for name, field in _SWITCHES.items()}
        return {"url": str(found.get("NotificationUrl") or ""), "mode": found.get("Mode"), **switches}

    def set(self, url: str, **options: Any) -> None:
        """Push events to this address from now on; ``""`` ends that.

        Args:
            url: ``http`` or ``https``.
            **options: ``uploads``, ``deletions`` and ``persistence`` say whether these are told: the first
                two unless that is said, procedures always. ``sign_key`` is what events are signed with, at
                most 32 letters and digits.

        Raises:
            UnsupportedOption: there is no such option.
            InvalidRequest: the vendor takes no such address or key.
        """
        key = text(options, "sign_key")
        unknown = options.keys() - {"sign_key", *_SWITCHES}
        if unknown:
            raise UnsupportedOption(
                f"callbacks.set has no option {min(unknown)!r}",
                provider=PROVIDER,
                advice=f"It has: sign_key, {', '.join(_SWITCHES)}",
            )
        wanted = {"uploads": True, "deletions": True, **options} if url else options
        switches = {field: wanted[name] for name, field in _SWITCHES.items() if name in wanted}
        fields: dict[str, Any] = {field: "ON" if on else "OFF" for field, on in switches.items()}
        if key is not None:
            fields["SignKey"] = key
        self._media.call("ModifyEventConfig", Mode="PUSH" if url else "PULL", NotificationUrl=url, **fields)
