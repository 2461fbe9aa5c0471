"""What every call returns: ``(ret, resp)``."""

from __future__ import annotations

import json
import re
from typing import Any

import vodkit
from vodkit.core.contract import Reply

GOOD = (200, 204, 206)
NETWORK_TROUBLE = -1
_UNKNOWN = "unknown error"
_RANGE = re.compile(r"bytes (\d+)-(\d+)/")

_STATUS: tuple[tuple[type[vodkit.VodError], int], ...] = (
    (vodkit.TransferError, NETWORK_TROUBLE),
    (vodkit.SourceChanged, 409),
    (vodkit.LedgerError, 409),
    (vodkit.Conflict, 409),
    (vodkit.ProtocolError, 502),
    (vodkit.IntegrityError, 502),
    (vodkit.NotFound, 404),
    (vodkit.AuthError, 403),
)
"""Statuses of failures that no answer of the service tells of. Only network trouble is -1, because callers go
on for as long as they see it; nothing that went wrong is ever 200."""
_REFUSED_HERE = 400

Result = tuple[dict[str, Any] | None, "ResponseInfo"]


class ResponseInfo:
    """What became of a call.

    Attributes:
        status_code: HTTP status; -1 when the network failed.
        error: ``None`` on success, else what the service said, or the text of the failure.
        ret_code: ``None`` on success, else the service's ``RetCode``, or -1.
        x_session_id: The service's id of a refused request, or ``None``.
        etag: As the header carries it, with quotes, or ``None``.
        content_type: Or ``None``.
        content_length: Text, or ``None``.
        content_range: First and last byte, or ``None``.
        content: The bytes of the answer; ``None`` where they went to a file, or did not come.
        exception: vodkit's own error, with advice, or ``None``.
    """

    def __init__(
        self, reply: Reply | None, error: vodkit.VodError | None = None, *, content: bool = True
    ) -> None:
        headers = reply.headers if reply else {}
        data = _document(reply)
        self.status_code = reply.status if reply else _status_of(error)
        self.x_session_id = headers.get("x-sessionid")
        self.etag = headers.get("etag")
        self.content_type = headers.get("content-type")
        self.content_length = headers.get("content-length")
        found = _RANGE.match(headers.get("content-range", ""))
        self.content_range = (int(found[1]), int(found[2])) if found else None
        self.content = reply.body if reply and content else None
        self.exception = error
        self.ret_code, self.error = _said(self.status_code, data, error)
        if error is not None and self.x_session_id is None:
            self.x_session_id = error.request_id

    def ok(self) -> bool:
        """Whether the call did what it was to do."""
        return self.status_code in GOOD and self.error is None

    def need_retry(self) -> bool:
        """Whether the network failed."""
        return self.status_code == NETWORK_TROUBLE

    def __str__(self) -> str:
        return ", ".join(f"{name}:{value}" for name, value in vars(self).items() if name != "content")

    def __repr__(self) -> str:
        return f"<ResponseInfo {self}>"


def answered(reply: Reply) -> Result:
    """The result of a call that the service answered, one way or the other."""
    resp = ResponseInfo(reply)
    return (_document(reply) if resp.status_code in GOOD else None), resp


def failed(error: vodkit.VodError, refusal: Reply | None) -> Result:
    """The result of a call that failed; ``refusal`` is the service's answer where that was the reason."""
    return None, ResponseInfo(refusal if refusal and refusal.status == error.status else None, error)


def _document(reply: Reply | None) -> dict[str, Any]:
    try:
        data = json.loads(reply.body) if reply and reply.body else {}
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _status_of(error: vodkit.VodError | None) -> int:
    if error is not None and error.status is not None and error.status not in GOOD:
        return error.status
    return next((status for kind, status in _STATUS if isinstance(error, kind)), _REFUSED_HERE)


def _said(status: int, data: dict[str, Any], error: vodkit.VodError | None) -> tuple[int | None, str | None]:
    """``ret_code`` and ``error``. Management calls are refused with status 200 and a ``RetCode``."""
    code = data.get("RetCode")
    if status in GOOD and not code and error is None:
        return None, None
    words = data.get("ErrMsg") or data.get("Message")
    said = str(words) if words else str(error) if error else _UNKNOWN
    return (code if isinstance(code, int) and code else -1), said
