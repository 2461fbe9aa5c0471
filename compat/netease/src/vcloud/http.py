"""Single requests, over vodkit's transport."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from vodkit import Cancel, VodError
from vodkit.core.contract import Reply
from vodkit.engine.calls import patiently

from . import config
from ._connect import connect

_session: Any = None
"""Always ``None``: no connection is shared between calls, threads or processes."""


def _init() -> None:
    """Nothing to prepare: every call opens its own connection."""


class Response:
    """An answer, with the names that callers of the vendor's SDK know from ``requests``.

    Attributes:
        status_code: HTTP status.
        headers: Names in lower case.
        content: The bytes.
    """

    def __init__(self, reply: Reply) -> None:
        self.status_code = reply.status
        self.headers = reply.headers
        self.content = reply.body

    @property
    def text(self) -> str:
        """The bytes as UTF-8."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The bytes as JSON. Raises ``ValueError`` for what is none."""
        return json.loads(self.content)


class ResponseInfo:
    """What became of a request.

    Attributes:
        response: The answer, or ``None``.
        exception: Why there is none.
        status_code: HTTP status; -1 without an answer.
        text_body: The answer as text, or ``None``.
        error: Text of the exception; there only when there is no answer.
    """

    def __init__(self, response: Any, exception: BaseException | None = None) -> None:
        self.response = response
        self.exception = exception
        if response is None:
            self.status_code = -1
            self.text_body = None
            self.error = str(exception)
        else:
            self.status_code = response.status_code
            self.text_body = response.text

    def ok(self) -> bool:
        """Whether the status is 200."""
        return bool(self.status_code == 200)

    def need_retry(self) -> bool:
        """Whether there was no answer, or a 5xx."""
        return self.response is None or 500 <= self.status_code < 600

    def connect_failed(self) -> bool:
        """Whether there was no answer."""
        return self.response is None

    def __str__(self) -> str:
        return ", ".join(f"{name}:{value}" for name, value in vars(self).items())


def _return_wrapper(resp: Any) -> tuple[dict[str, Any] | None, ResponseInfo]:
    """The object that a success carries, ``None`` for everything else, and what became of the request."""
    info = ResponseInfo(resp)
    try:
        data = resp.json() if info.ok() else None
    except ValueError:
        data = None
    return (data if isinstance(data, dict) else None), info


def _send(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float | None = None
) -> tuple[dict[str, Any] | None, ResponseInfo]:
    try:
        with connect() as vod:
            exchange = vod.transport.bind()
            reply = patiently(
                lambda: exchange(method, url, headers=headers, body=body, timeout=timeout),
                vod.settings,
                Cancel(),
            )
    except VodError as error:
        return None, ResponseInfo(None, error)
    return _return_wrapper(Response(reply))


def _get(
    url: str, body: Any = None, headers: Mapping[str, str] = {}
) -> tuple[dict[str, Any] | None, ResponseInfo]:
    return _send("GET", url, headers, None if body is None else json.dumps(body).encode())


def _post_json(
    url: str, body: Any = None, headers: Mapping[str, str] = {}
) -> tuple[dict[str, Any] | None, ResponseInfo]:
    return _send("POST", url, headers, json.dumps(body).encode(), config.CONNECTION_TIMEOUT)


def _post(
    url: str, headers: Mapping[str, str], stream: bytes | IO[bytes]
) -> tuple[dict[str, Any] | None, ResponseInfo]:
    return _send("POST", url, headers, stream if isinstance(stream, bytes) else stream.read())


_post_file = _post
