"""A wire that answers from a script and keeps what was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vodkit.core.contract import Reply

Answer = Callable[[str, str], Reply]


class Wire:
    """Implements :class:`vodkit.core.contract.Exchange`."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[tuple[str, str, Mapping[str, str]]] = []

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        timeout: float | None = None,
    ) -> Reply:
        if body is not None and not isinstance(body, bytes):
            for _ in body:
                pass
        self.asked.append((method, url, headers or {}))
        return self._answer(method, url)


def reply(status: int = 200, body: bytes = b"", **headers: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
