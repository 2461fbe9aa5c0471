"""The connection to Tencent, for whoever carries a key as the vendor's objects do."""

from __future__ import annotations

from typing import Any, Protocol

import vodkit


class Key(Protocol):
    """A client or credential of the vendor's shape."""

    secret_id: str
    secret_key: str
    token: str | None


def connect(key: Key, region: str, **options: Any) -> Any:
    """A :class:`vodkit.providers.tencent.Tencent` whose errors speak the vendor client's language.

    Where it leads, through which proxy and how patiently is said by ``VODKIT_*`` variables or a profile
    named ``tencent``.
    """
    return vodkit.connect(
        "tencent",
        secret_id=key.secret_id,
        secret_key=key.secret_key,
        token=key.token,
        region=region,
        language="zh-CN",
        **options,
    )
