"""Answers of the file API, and its refusals (ucloud.md §4, §5)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from vodkit.server.contract import Scope, Send

from .. import wire

JSON = "application/json"


class Refused(Exception):
    """A request that is not done.

    Attributes:
        status: HTTP status.
        code: ``RetCode``.
        text: ``ErrMsg``.
    """

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


class Reply(Protocol):
    """An answer that is ready to go."""

    async def send(self, scope: Scope, send: Send) -> None:
        """Send it."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer whose body fits in memory."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    async def send(self, scope: Scope, send: Send) -> None:
        """Send it; without a body it has a length of 0 all the same."""
        headers = dict(self.headers)
        if self.status not in (204, 304) and "content-length" not in headers:
            headers["content-length"] = str(len(self.body))
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        body = b"" if scope["method"] == "HEAD" else self.body
        await send({"type": "http.response.body", "body": body})


def json_answer(data: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    """A success with a JSON document."""
    return Answer(200, {"content-type": JSON, **(headers or {})}, wire.dumps(data))


def fault(refused: Refused) -> Answer:
    """A refusal. The type has no charset: the official Python client compares it literally (§5.3)."""
    headers = {"content-type": JSON, wire.SESSION_ID: str(uuid.uuid4())}
    return Answer(refused.status, headers, wire.error_body(refused.code, refused.text))
