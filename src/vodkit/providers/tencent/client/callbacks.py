"""Where the vendor pushes events to (tencent.md §B.7, §B.10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vodkit.core.errors import UnsupportedOption

from ..errors import PROVIDER
from .media import TencentMedia

_OPTIONS = {
    "sign_key": "SignKey",
    "uploads": "UploadMediaCompleteEventSwitch",
    "deletions": "DeleteMediaCompleteEventSwitch",
}


class TencentCallbacks:
    """See :class:`vodkit.core.contract.CallbackStore`."""

    def __init__(self, media: TencentMedia) -> None:
        self._media = media

    def get(self) -> Mapping[str, Any]:
        """``url``, and the vendor's own fields (``Mode``, the switches)."""
        answer = self._media.call("DescribeEventConfig")
        return {"url": answer.pop("NotificationUrl", None) or "", **answer}

    def set(self, url: str, **options: Any) -> None:
        """Push events to ``url``; ``""`` ends it.

        Args:
            url: Receiver.
            **options: ``sign_key`` (signs the events), ``uploads`` and ``deletions`` (whether to report them,
                both on unless given).

        Raises:
            UnsupportedOption: there is no such option.
        """
        for name in options:
            if name not in _OPTIONS:
                raise UnsupportedOption(
                    f"callbacks have no option {name!r}",
                    provider=PROVIDER,
                    advice=f"They have: {', '.join(_OPTIONS)}",
                )
        given = {"uploads": True, "deletions": True, **options}
        fields = {_OPTIONS[name]: _switch(value) for name, value in given.items() if value is not None}
        self._media.call("ModifyEventConfig", Mode="PUSH", NotificationUrl=url, **fields)


def _switch(value: Any) -> Any:
    return ("ON" if value else "OFF") if isinstance(value, bool) else value
